"""`@dataclass(frozen=True, slots=True)` at a fifth of its price.

The standard decorator compiles the text of six methods for every class, and up to Python 3.12 each
by itself: half a millisecond a class, and a short command would spend a third of its time on them.
Here the six are shared functions, but for ``__init__``, which is compiled when the first instance
is made. All else is the standard library's: `fields`, `replace`, `match`, slots, keyword-only
fields.
"""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, fields
from dataclasses import dataclass as _standard
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

if TYPE_CHECKING:  # type checkers know the standard one well, and this is to be the same
    from collections.abc import Callable
    from dataclasses import dataclass as dataclass
else:

    def dataclass(
        *, frozen: bool, slots: bool, kw_only: bool = False
    ) -> Callable[[type[Any]], type[Any]]:
        """See the module; other dataclasses than frozen ones with slots are the standard's."""
        if not (frozen and slots):
            raise TypeError("use the standard library's for what is not frozen, or has no slots")
        return lambda cls: _with_methods(_with_slots(cls, kw_only))


def _with_slots(cls: type[Any], kw_only: bool) -> type[Any]:
    """What the standard decorator makes when it is to make no method."""
    types = cls.__annotations__
    # it would search the text of each type three times for the words that make it no field
    cls.__annotations__ = {
        name: text if "Var" in str(text) or "KW_ONLY" in str(text) else object
        for name, text in types.items()
    }
    made = _standard(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
    made.__annotations__ = types
    return made


def _with_methods(cls: type[Any]) -> type[Any]:
    own = fields(cls)
    compared = _getter([one.name for one in own if one.compare])
    shown = [one.name for one in own if one.repr]

    def __init__(self: Any, *args: Any, **named: Any) -> None:  # noqa: N807
        cls.__init__ = _initializer(cls)
        cls.__init__(self, *args, **named)

    def __eq__(self: Any, other: object) -> Any:  # noqa: N807
        if other is self:
            return True
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compared(self) == compared(other)

    def __hash__(self: Any) -> int:  # noqa: N807
        return hash(compared(self))

    def __repr__(self: Any) -> str:  # noqa: N807
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{self.__class__.__qualname__}({values})"

    for method in (__init__, __eq__, __hash__, __repr__, *_SHARED):
        setattr(cls, method.__name__, method)
    return cls


def _getter(names: list[str]) -> Callable[[Any], object]:
    return attrgetter(*names) if names else lambda _: ()


def _initializer(cls: type[Any]) -> Callable[..., None]:
    """The method ``__init__`` as one would write it by hand, were the fields not frozen."""
    scope: dict[str, Any] = {"MISSING": MISSING}
    positional: list[str] = []
    named: list[str] = []
    body: list[str] = []
    defaults: dict[str, object] = {}
    for one in fields(cls):
        name = value = one.name
        (named if one.kw_only else positional).append(name)
        if one.default is not MISSING:
            defaults[name] = one.default
        elif one.default_factory is not MISSING:
            defaults[name] = MISSING
            scope[f"make_{name}"] = one.default_factory
            value = f"make_{name}() if {name} is MISSING else {name}"
        # the setter of a slot does not ask `__setattr__`, which would refuse
        scope[f"set_{name}"] = getattr(cls, name).__set__
        body.append(f"  set_{name}(self, {value})")
    star = ["*"] if named else []
    head = f"def __init__({', '.join(['self', *positional, *star, *named])}):"
    exec("\n".join([head, *(body or ["  pass"])]), scope)  # noqa: S102 - names of our own fields
    made = scope["__init__"]
    # not in the text, which is then sooner compiled
    made.__defaults__ = tuple(defaults[name] for name in positional if name in defaults)
    made.__kwdefaults__ = {name: defaults[name] for name in named if name in defaults}
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return cast("Callable[..., None]", made)


def __setattr__(_: object, name: str, value: object) -> NoReturn:  # noqa: ARG001, N807
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def __delattr__(_: object, name: str) -> NoReturn:  # noqa: N807
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def __getstate__(self: Any) -> list[object]:  # noqa: N807
    """What `copy` and `pickle` keep."""
    return [getattr(self, one.name) for one in fields(self)]


def __setstate__(self: Any, state: list[object]) -> None:  # noqa: N807
    for one, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)


_SHARED: Final = (__setattr__, __delattr__, __getstate__, __setstate__)
"""The methods that do not depend on the class."""
