"""Which pipelines, tasks and groups of two versions are the same one.

By id; by `moved:`, which says so; else by likeness: what went and what came with most of its
content the same was renamed. Ties go to the first in the order of the documents, so that the answer
depends on nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import cache
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from dagglot.expressions.tree import KINDS, TaskOutput, Text
from dagglot.expressions.unparse import is_expression, unparse
from dagglot.ir.model import Dependency, Group, Pipeline, Task

LIKE: Final = 0.6
"""The share of content that two of different names must have in common to be one."""

_Thing = TypeVar("_Thing", Pipeline, Task)
_Leaf: TypeAlias = tuple[object, ...]


class Pair(NamedTuple):
    """A pipeline before and after; None where there was or is none. ``said``: by `moved:`."""

    before: Pipeline | None
    after: Pipeline | None
    said: bool = False


class Renames(NamedTuple):
    """Old ids to new ones."""

    tasks: Mapping[str, str]
    groups: Mapping[str, str]


def pair_pipelines(before: Sequence[Pipeline], after: Sequence[Pipeline]) -> tuple[Pair, ...]:
    """Every pipeline in one pair: first what is there now, in its order, then what is gone."""
    olds = {one.id: one for one in before}
    news = {one.id: one for one in after}
    names = _moved(olds, news, lambda one: (one.moved_from,))
    said = set(names)
    names |= _alike(olds, news, names)
    was = {new: old for old, new in names.items()}
    made = []
    for one in after:
        old = one.id if one.id in olds else was.get(one.id)
        made.append(Pair(olds.get(old or ""), one, old in said))
    gone = (one for one in before if one.id not in news and one.id not in names)
    return (*made, *(Pair(one, None) for one in gone))


def pair_tasks(before: Pipeline, after: Pipeline) -> Renames:
    """The tasks and groups that have another id now. A task follows its group."""
    old_groups = {one.id: one for one in flat(before.groups)}
    new_groups = {one.id: one for one in flat(after.groups)}
    groups = {
        group.moved_from: id
        for id, group in new_groups.items()
        if group.moved_from is not None
        and group.moved_from in old_groups
        and group.moved_from not in new_groups
    }
    olds = {one.id: one for one in before.tasks}
    news = {one.id: one for one in after.tasks}
    names = _moved(olds, news, lambda one: _earlier(one, groups))
    names |= _alike(olds, news, names)
    for old, new in names.items():  # a group whose tasks all went to a new one was renamed
        one, other = olds[old].group, news[new].group
        if one in old_groups and one not in new_groups and other not in old_groups and other:
            groups.setdefault(one, other)
    for id, task in olds.items():  # and so were the others of it
        new = f"{groups.get(task.group, '')}.{task.name}"
        free = id not in news and id not in names
        if free and new in news and new not in olds and new not in names.values():
            names[id] = new
    return Renames(names, groups)


def _moved(
    olds: Mapping[str, _Thing],
    news: Mapping[str, _Thing],
    earlier: Callable[[_Thing], Sequence[str | None]],
) -> dict[str, str]:
    found: dict[str, str] = {}
    for id, one in news.items():
        if id in olds:
            continue
        for old in earlier(one):
            if old is not None and old in olds and old not in news and old not in found:
                found[old] = id
                break
    return found


def meant(task: Task, groups: Mapping[str, str]) -> tuple[str, ...]:
    """The ids that the `moved:` of a task may mean: as it says it, in its group, or in that group's
    old name."""
    own = task.moved_from
    if own is None:
        return ()
    places = (own, f"{task.group}.{own}") if task.group else (own,)
    return (*places, *(f"{old}.{own}" for old, new in groups.items() if new == task.group))


def _earlier(task: Task, groups: Mapping[str, str]) -> tuple[str, ...]:
    """The ids that a task may have had: those that it says, else its name in a group's old name."""
    if task.moved_from is not None:
        return meant(task, groups)
    return tuple(f"{old}.{task.name}" for old, new in groups.items() if new == task.group)


def _alike(
    olds: Mapping[str, _Thing], news: Mapping[str, _Thing], known: Mapping[str, str]
) -> dict[str, str]:
    """What has another name, and is otherwise much the same."""
    gone = [id for id in olds if id not in news and id not in known]
    taken = set(known.values())
    come = [id for id in news if id not in olds and id not in taken]
    if not gone or not come:
        return {}
    left = {id: frozenset(_content(olds[id])) for id in gone}
    right = {id: frozenset(_content(news[id])) for id in come}
    scored = [
        (-_likeness(left[old], right[new]), number, index, old, new)
        for number, old in enumerate(gone)
        for index, new in enumerate(come)
    ]
    found: dict[str, str] = {}
    for score, _, _, old, new in sorted(scored):
        if -score >= LIKE and old not in found and new not in found.values():
            found[old] = new
    return found


def _likeness(one: frozenset[_Leaf], other: frozenset[_Leaf]) -> float:
    """The share of leaves in common; of two tasks most of what they do must be the same too, for
    what `defaults` say is the same everywhere."""
    bodies = [frozenset(leaf for leaf in part if leaf[0] == "body") for part in (one, other)]
    if 2 * len(bodies[0] & bodies[1]) <= len(bodies[0] | bodies[1]) > 0:
        return 0.0
    return len(one & other) / len(one | other) if one and other else 0.0


def _content(thing: Any, path: tuple[str, ...] = ()) -> Iterator[_Leaf]:
    """What a pipeline or task says, leaf by leaf, but for its own name and what says nothing."""
    if is_expression(thing):
        yield (*path, unparse(thing))
    elif hasattr(thing, "__dataclass_fields__"):
        if path[-1:] == ("body",):
            yield (*path, type(thing).__name__)
        kind: Any = type(thing)
        for name, default in _fields(kind):
            item = getattr(thing, name)
            if item is not default and item != default:
                yield from _content(item, (*path, name))
    elif isinstance(thing, Mapping):
        for key, item in thing.items():
            yield from _content(item, (*path, str(key)))
    elif isinstance(thing, tuple):
        for item in thing:
            yield from _content(item, (*path, _known_by(item)))
    else:
        yield (*path, repr(thing))


def _known_by(item: Any) -> str:
    return str(getattr(item, "id", None) or getattr(item, "name", None) or "")


@cache
def _fields(kind: Any) -> tuple[tuple[str, Any], ...]:
    own = ("id", "group", "moved_from") if kind in (Pipeline, Task, Group) else ()
    return tuple(
        (one.name, one.default) for one in fields(kind) if one.compare and one.name not in own
    )


# --- new names in an old pipeline ---------------------------------------------------------------

_IDS: Final = frozenset({"to", "otherwise", "choices", "teardown_of", "members", "of"})
"""Fields that hold ids of tasks, or of groups."""


def renamed(pipeline: Pipeline, names: Renames) -> Pipeline:
    """The pipeline with new ids wherever the old ones are meant."""
    if not names.tasks and not names.groups:
        return pipeline
    made = _renamed(pipeline, {**names.groups, **names.tasks}, "")
    assert isinstance(made, Pipeline)  # noqa: S101 - a node keeps its class
    return made


def _renamed(value: Any, names: Mapping[str, str], field: str) -> Any:
    if type(value) in (str, bool, int, float, type(None)):
        return names.get(value, value) if field in _IDS and isinstance(value, str) else value
    if isinstance(value, tuple):
        return tuple(_renamed(item, names, field) for item in value)
    if isinstance(value, Mapping):
        keep = field != "choices"
        return {
            key if keep else names.get(key, key): _renamed(item, names, field)
            for key, item in value.items()
        }
    if isinstance(value, Dependency | TaskOutput):
        return replace(value, task=names.get(value.task, value.task))
    if isinstance(value, Text) or type(value) in KINDS or _is_model(value):
        changed = {
            one.name: _renamed(getattr(value, one.name), names, one.name)
            for one in fields(value)
            if one.name not in ("span", "places", "keys", "type")
        }
        if isinstance(value, Task | Group):
            changed["id"] = names.get(value.id, value.id)
        return replace(value, **changed)
    return value


def _is_model(value: Any) -> bool:
    return type(value).__module__ in ("dagglot.ir.model", "dagglot.ir.kinds") and hasattr(
        value, "__dataclass_fields__"
    )


def flat(groups: Sequence[Group]) -> Iterator[Group]:
    """The groups, and those inside of them."""
    for group in groups:
        yield group
        yield from flat(group.groups)
