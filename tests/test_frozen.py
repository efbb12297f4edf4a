"""`dagglot.frozen.dataclass` makes what the standard decorator makes, only sooner."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import typing
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field
from typing import Any, ClassVar

import pytest

from dagglot import frozen


class Plain:
    """A class with every sort of field."""

    kind: ClassVar[str] = "plain"
    name: str
    number: int = 1
    words: list[str] = field(default_factory=list)
    place: str = field(default="", compare=False, repr=False)
    late: bool = field(default=False, kw_only=True)

    @property
    def twice(self) -> int:
        return self.number * 2


class Empty:
    """A class without a field."""


def _decorated(decorator: Callable[..., Any], cls: type, **options: bool) -> Any:
    copied = type(cls.__name__, (), {k: v for k, v in vars(cls).items() if k != "__dict__"})
    return decorator(frozen=True, slots=True, **options)(copied)


OURS = _decorated(frozen.dataclass, Plain)
THEIRS = _decorated(dataclasses.dataclass, Plain)
Picklable = _decorated(frozen.dataclass, Plain)
Picklable.__qualname__ = "Picklable"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("a",), {}),
        (("a", 2, ["x"]), {"place": "here", "late": True}),
        ((), {"name": "a", "words": []}),
    ],
)
def test_same_values_text_and_state(words: tuple[Any, ...], named: dict[str, Any]) -> None:
    ours, theirs = OURS(*words, **named), THEIRS(*words, **named)
    assert repr(ours) == repr(theirs)
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert ours.twice == theirs.twice
    assert ours.kind == "plain"
    assert not hasattr(ours, "__dict__")
    assert typing.get_type_hints(OURS) == typing.get_type_hints(THEIRS)


@pytest.mark.parametrize(("words", "named"), [((), {}), (("a", 1, [], "", True), {})])
def test_wrong_arguments(words: tuple[Any, ...], named: dict[str, Any]) -> None:
    for cls in (OURS, THEIRS):
        with pytest.raises(TypeError):
            cls(*words, **named)


def test_equality_and_hash_see_only_what_is_compared() -> None:
    one, other = OURS("a", 1, (), "here"), OURS("a", 1, (), "there")
    assert one == other
    assert hash(one) == hash(other)
    assert one != OURS("a", 2, ())
    assert one != _decorated(frozen.dataclass, Plain)("a", 1, ())
    assert _decorated(frozen.dataclass, Empty)() != OURS("a")


def test_lists_are_made_anew() -> None:
    assert OURS("a").words is not OURS("a").words


def test_nothing_can_be_assigned_or_deleted() -> None:
    one = OURS("a")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        one.name = "b"
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del one.name


def test_replace_match_and_copies() -> None:
    one = Picklable("a", 3, ["x"], late=True)
    assert dataclasses.replace(one, number=4) == Picklable("a", 4, ["x"], late=True)
    match one:
        case Picklable(name, number):
            assert (name, number) == ("a", 3)
    assert copy.deepcopy(one) == one
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301


def test_keyword_only_and_no_field() -> None:
    cls = _decorated(frozen.dataclass, Plain, kw_only=True)
    assert cls(name="a").number == 1
    with pytest.raises(TypeError):
        cls("a")
    empty = _decorated(frozen.dataclass, Empty)
    assert empty() == empty()
    assert repr(empty()) == "Empty()"
    assert hash(empty()) == hash(empty())


def test_others_are_refused() -> None:
    with pytest.raises(TypeError):
        frozen.dataclass(frozen=True, slots=False)  # type: ignore[call-overload]
