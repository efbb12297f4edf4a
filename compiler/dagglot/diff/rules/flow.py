"""In which order tasks run, whether they do, and what they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from dagglot.diagnostics import changes
from dagglot.diff.compare import Change
from dagglot.diff.rules.base import Risk, Sides, Verdict, gone, says, some
from dagglot.expressions.tree import SecretRef, references
from dagglot.ir import graph
from dagglot.ir.kinds import (
    ApprovalBody,
    BranchBody,
    GateBody,
    NativeBody,
    NotifyBody,
    SensorBody,
    TriggerPipelineBody,
)
from dagglot.ir.model import Pipeline


def edge(change: Change, sides: Sides) -> Verdict:
    """`depends_on`."""
    task, other = change.task or "", change.steps[-1]
    before, after = _edges(sides.before), _edges(sides.after)
    if gone(change):
        if other not in after:
            words = f"`{other}` is gone, and is not waited for"
            return says(changes.EDGE_REMOVED, words, Risk.REVIEW)
        if _reaches(after, task, other):
            words = (
                f"still runs after `{other}`, by others that do, and no longer asks how it ended"
            )
            return says(changes.EDGE_REMOVED, words, Risk.REVIEW)
        return says(changes.EDGE_REMOVED, f"may run before `{other}` has ended")
    was, now = _longest(before), _longest(after)
    longer = f"; the longest path is {now} tasks, was {was}" if now != was else ""
    return says(changes.EDGE_ADDED, f"waits for `{other}` too{longer}")


def trigger_rule(change: Change, sides: Sides) -> Verdict:
    """`trigger_rule`."""
    task = sides.task(change)
    if task is not None and task.teardown_of:
        return says(changes.TRIGGER_RULE, "a teardown has a rule of its own", Risk.COSMETIC)
    if task is not None and not task.depends_on:
        return says(changes.TRIGGER_RULE, "it waits for nothing, so runs always", Risk.COSMETIC)
    words = f"runs on `{change.after.value}`, no longer on `{change.before.value}`"
    return says(changes.TRIGGER_RULE, words)


def condition(change: Change, sides: Sides) -> Verdict:
    """`when`, `for_each`, and what gates and branches ask."""
    words = {
        "when": "another condition says whether it runs",
        "condition": "another condition decides",
        "cases": "other branches can be chosen",
        "to": "another task is chosen",
        "otherwise": "another task is chosen when no condition holds",
        "items": "it is mapped over other elements",
        "for_each": "runs once" if gone(change) else "runs once for each element",
        "skips": "what a closed gate skips is something else",
    }[change.field]
    return _secret(change) or says(changes.CONDITION, words)


def outcome(change: Change, sides: Sides) -> Verdict:
    """What counts as failed, skipped or good."""
    match change.field, change.after:
        case "allow_failure", True:
            return says(changes.OUTCOME, "the run is a success although this task failed")
        case "allow_failure", _:
            return says(changes.OUTCOME, "its failure fails the run", Risk.REVIEW)
        case "fail_run_on", "leaf":
            return says(changes.OUTCOME, "only failures of the last tasks fail the run")
        case "fail_run_on", _:
            return says(changes.OUTCOME, "every failed task fails the run", Risk.REVIEW)
        case (("on_timeout" | "on_reject"), "skip"):
            return says(changes.OUTCOME, "ends as skipped where it failed")
        case (("on_timeout" | "on_reject"), _):
            return says(changes.OUTCOME, "fails where it was skipped", Risk.REVIEW)
        case "strict", False:
            return says(changes.OUTCOME, "a command of the script that fails does not end it")
        case _:
            return says(changes.OUTCOME, "other results count as good, or as skipped", Risk.REVIEW)


def teardown(change: Change, sides: Sides) -> Verdict:
    """`teardown_of`."""
    verb = "no longer cleans up" if gone(change) else "cleans up"
    return says(changes.TEARDOWN, f"{verb} after `{change.steps[-1]}`")


def past(change: Change, sides: Sides) -> Verdict:
    """`depends_on_past`."""
    if change.after:
        return says(changes.PAST, "waits until it succeeded in the run before")
    return says(changes.PAST, "does not wait for the run before any more")


def work(change: Change, sides: Sides) -> Verdict:
    """What a task does, and is given."""
    return _secret(change) or says(changes.WORK, _what(change, sides))


def _what(change: Change, sides: Sides) -> str:
    if (linked := _LINKS.get((change.owner, change.field))) is not None:
        return linked
    task = sides.task(change)
    below = _below(sides.after, task.id) if task is not None else ()
    return "does something else" + (f", and {some(below)} after it" if below else "")


def kind(change: Change, sides: Sides) -> Verdict:
    """A task of another kind: what the old one did for others is done no more."""
    words = "is another kind of task"
    match change.before:
        case NotifyBody(alerts=alerts) if not isinstance(change.after, NativeBody):
            return says(
                changes.ALERT_REMOVED, f"{words}: {some(alerts)} {_is_not(alerts)} any more"
            )
        case GateBody():
            return says(changes.CONDITION, f"{words}: it skips nothing below it any more")
        case BranchBody():
            return says(changes.CONDITION, f"{words}: it chooses no more, and all below it may run")
        case SensorBody():
            words += ", and does not wait any more"
        case ApprovalBody():
            words += ", and asks nobody any more"
        case TriggerPipelineBody(pipeline=name):
            words += f", and does not start `{name}` any more"
    match change.after:
        case GateBody() | BranchBody():
            return says(changes.CONDITION, f"{words}: it may skip what is below it")
    return _secret(change) or says(changes.WORK, words)


def _is_not(names: Sequence[str]) -> str:
    return "is not told" if len(names) == 1 else "are not told"


_LINKS: Final = {
    ("PipelineWait", "pipeline"): "waits for another pipeline",
    ("PipelineWait", "task"): "waits for another task of that pipeline, or for its whole run",
    ("TriggerPipelineBody", "pipeline"): "starts another pipeline",
}


def _below(pipeline: Pipeline, id: str) -> Sequence[str]:
    return [one.id for one in pipeline.tasks if id in one.upstream]


def _secret(change: Change) -> Verdict | None:
    """The verdict where the secrets that are asked for are others; by name."""
    before, after = (
        {leaf.name for leaf in references(value) if isinstance(leaf, SecretRef)}
        for value in (change.before, change.after)
    )
    if before == after:
        return None
    words = [f"asks for the secret {some(sorted(after - before))}"] if after - before else []
    if before - after:
        words.append(f"no longer asks for the secret {some(sorted(before - after))}")
    return says(changes.SECRET, ", ".join(words))


def place(change: Change, sides: Sides) -> Verdict:
    """Pools, priorities, resources."""
    words = {
        "pool": "takes no slot of a pool" if gone(change) else "takes slots of a pool",
        "name": "takes slots of another pool",
        "slots": "takes another number of slots",
        "priority": "is before or behind others when slots are scarce",
    }.get(change.field, "asks for other resources")
    return says(changes.PLACE, words)


def described(change: Change, sides: Sides) -> Verdict:
    """What is said of a thing."""
    if change.field == "idempotent":
        return says(changes.DESCRIPTION, "another promise; no run changes")
    return says(changes.DESCRIPTION, "no run changes")


def tested(change: Change, sides: Sides) -> Verdict:
    """Scenarios, and warnings that are accepted."""
    return says(changes.TESTS, "no run changes")


def undecidable(change: Change, sides: Sides) -> Verdict:
    """What is handed over as it is."""
    return _secret(change) or says(
        changes.UNDECIDABLE, "handed over as it is: what it means only that orchestrator knows"
    )


def connection(change: Change, sides: Sides) -> Verdict:
    """Which system is talked to, and how."""
    if change.field == "connections":
        word = "is needed no more" if gone(change) else "is needed"
        return says(changes.CONNECTION, f"the connection {word}")
    return _secret(change) or says(changes.CONNECTION, "talks to another system, or in another way")


# --- the graph ----------------------------------------------------------------------------------


def _edges(pipeline: Pipeline) -> dict[str, tuple[str, ...]]:
    known = {task.id for task in pipeline.tasks}
    return {task.id: tuple(one for one in task.upstream if one in known) for task in pipeline.tasks}


def _reaches(edges: Mapping[str, Sequence[str]], start: str, goal: str) -> bool:
    """Whether a task waits for another, maybe by others."""
    left, seen = [start], {start}
    while left:
        for one in edges.get(left.pop(), ()):
            if one == goal:
                return True
            if one not in seen:
                seen.add(one)
                left.append(one)
    return False


def _longest(edges: Mapping[str, Sequence[str]]) -> int:
    """The number of tasks on the longest path."""
    depth: dict[str, int] = {}
    for id in graph.topological(edges):
        depth[id] = 1 + max((depth[one] for one in edges[id]), default=0)
    return max(depth.values(), default=0)
