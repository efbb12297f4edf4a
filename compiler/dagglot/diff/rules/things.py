"""Pipelines, tasks and groups that come, go, or have another name."""

from __future__ import annotations

from collections.abc import Iterator

from dagglot.diagnostics import changes
from dagglot.diff.compare import Change, Kind
from dagglot.diff.pairs import Pair, meant, pair_tasks
from dagglot.diff.rules.base import Risk, Sides, Verdict, came, gone, says, some
from dagglot.diff.rules.data import checked, users
from dagglot.diff.rules.instants import owed, starts_itself
from dagglot.ir.kinds import CheckBody
from dagglot.ir.model import Pipeline, Task


def pipeline(change: Change, sides: Sides, *, said: bool = False) -> Verdict:
    """A whole pipeline; ``said``: its new name is meant, by `moved:`."""
    if gone(change):
        made = [name for task in sides.before.tasks for name in task.produces]
        affected = sorted({one for name in made for one in users(name, sides)})
        words = "is not there any more"
        words += f"; its assets are used by {some(affected)}" if affected else ""
        return says(changes.PIPELINE_REMOVED, words)
    if came(change):
        if _catches_up(sides.after):
            words = f"is new, and catches up with {owed(sides.after, sides.since)}"
            return says(changes.PIPELINE_ADDED, words, Risk.REVIEW)
        return says(changes.PIPELINE_ADDED, "is new")
    words = f"was `{sides.before.id}`: its history stays there"
    again = _catches_up(sides.after)
    if again:
        words += f", and {owed(sides.after, sides.since)} since `start` are run once more"
    if said:
        return says(changes.PIPELINE_MOVED, words, Risk.BREAKING if again else None)
    return says(changes.PIPELINE_RENAMED, words)


def _catches_up(pipeline: Pipeline) -> bool:
    return pipeline.schedule.catchup and starts_itself(pipeline.schedule)


def task(change: Change, sides: Sides) -> Verdict:
    """A whole task."""
    node = change.after if change.after is not None else change.before
    if isinstance(node.body, CheckBody) and change.kind is not Kind.MOVED:
        return checked(change, sides)
    if change.kind is Kind.MOVED and _with_its_task(change, sides):
        words = f"was `{change.before.id}`, and follows its task"
        return says(changes.TASK_MOVED, words, Risk.COSMETIC)
    if change.kind is Kind.MOVED:
        words = f"was `{change.before.id}`: its history is hidden under the old id"
        groups = pair_tasks(sides.before, sides.after).groups
        said = change.before.id in meant(change.after, groups) or _with_its_group(change, sides)
        return says(changes.TASK_MOVED if said else changes.TASK_RENAMED, words)
    if gone(change):
        affected = sorted({one for name in node.produces for one in users(name, sides)})
        words = "is not run any more, and its history is hidden"
        words += f"; its assets are used by {some(affected)}" if affected else ""
        return says(changes.TASK_REMOVED, words)
    below = [one.id for one in sides.after.tasks if node.id in one.upstream]
    if below:
        return says(changes.TASK_ADDED, f"is new, and is waited for by {some(below)}", Risk.REVIEW)
    if node.produces:
        words = f"is new, and updates {some(node.produces)}"
        return says(changes.TASK_ADDED, words, Risk.REVIEW)
    return says(changes.TASK_ADDED, "is new, and nothing waits for it")


def unfollowed(pair: Pair, sides: Sides) -> Iterator[tuple[Change, Verdict]]:
    """What `moved:` says and nothing came of, but for what the base says already."""
    old, new = pair.before, pair.after
    if new is None:
        return
    known = (None, old.moved_from) if old is not None else (None,)
    if new.moved_from not in known and not pair.said:
        words = f"there was no pipeline `{new.moved_from}` that is gone: nothing is followed"
        yield _moved(new, ()), says(changes.PIPELINE_MOVED, words, Risk.COSMETIC)
    if old is None or all(one.moved_from is None for one in new.tasks):
        return
    names, groups = pair_tasks(old, new)
    was = {after: before for before, after in names.items()}
    olds = {one.id: one for one in old.tasks}
    for task in new.tasks:
        if task.moved_from is None or was.get(task.id) in meant(task, groups):
            continue
        if task.id in olds and olds[task.id].moved_from == task.moved_from:
            continue
        words = f"there was no task `{task.moved_from}` that is gone: nothing is followed"
        yield _moved(task, ("tasks", task.id)), says(changes.TASK_MOVED, words, Risk.COSMETIC)


def _moved(thing: Pipeline | Task, steps: tuple[str, ...]) -> Change:
    places = (None, thing.at("moved"))
    owner = type(thing).__name__
    return Change(
        Kind.ADDED, (*steps, "moved"), None, thing.moved_from, owner, "moved_from", places
    )


def _with_its_task(change: Change, sides: Sides) -> bool:
    """Whether a check has another id because its task has."""
    old, new = change.before.body, change.after.body
    if not (isinstance(old, CheckBody) and isinstance(new, CheckBody)):
        return False
    return (
        old.name == new.name and pair_tasks(sides.before, sides.after).tasks.get(old.of) == new.of
    )


def _with_its_group(change: Change, sides: Sides) -> bool:
    """Whether a task has another id because `moved:` stands at its group."""
    groups = list(sides.after.groups)
    for group in groups:
        groups.extend(group.groups)
    said = {group.id for group in groups if group.moved_from is not None}
    return change.after.group in said and change.after.name == change.before.name


def group(change: Change, sides: Sides) -> Verdict:
    """A whole group, and what it waits for."""
    if change.kind is Kind.MOVED:
        return says(changes.GROUPS, f"was `{change.before.id}`")
    if change.field == "depends_on":
        return says(changes.GROUPS, "its tasks wait, and are told of by themselves")
    return says(changes.GROUPS, "is shown no more" if gone(change) else "is shown as one")
