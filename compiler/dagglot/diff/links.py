"""What sensors and triggers name of other pipelines, and what became of that.

Who renames a task, or takes a pipeline away, does not see who waits for it: there it is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dagglot.diagnostics import changes
from dagglot.diagnostics.suggest import nearest
from dagglot.diff.compare import Change, Kind
from dagglot.diff.pairs import Pair, pair_tasks
from dagglot.diff.rules.base import Risk, Sides, Verdict, says
from dagglot.ir.kinds import PipelineWait, SensorBody, TriggerPipelineBody
from dagglot.ir.links import Missing, missing
from dagglot.ir.model import Pipeline, Task


class Ends:
    """What links may lead to: all pipelines of both sides."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self.olds = {one.before.id: one.before for one in pairs if one.before is not None}
        self.news = {one.after.id: one.after for one in pairs if one.after is not None}
        self.became: Mapping[str, Pipeline] = {
            one.before.id: one.after
            for one in pairs
            if one.before is not None and one.after is not None
        }
        self.was = {new.id: self.olds[old] for old, new in self.became.items()}

    def broken(self, sides: Sides) -> Iterator[tuple[Change, Verdict]]:
        """The links of a pipeline that lead to nothing now, and did not before."""
        found = tuple(missing(sides.after, self.news))
        if not found:
            return
        names = pair_tasks(sides.before, sides.after).tasks
        olds = tuple(missing(sides.before, self.olds))
        known = {
            (one.what, names.get(one.task, one.task), self._now(one.pipeline), one.name)
            for one in olds
        }
        # what led to a pipeline that was looked at; the others may be of another file, or project
        nowhere = {one.task for one in olds if one.what == "pipeline"}
        led = {
            names.get(task.id, task.id)
            for task in sides.before.tasks
            if _is_link(task) and task.id not in nowhere
        }
        for one in found:
            if (one.what, one.task, one.pipeline, one.name) in known:
                continue
            if one.what == "pipeline" and one.pipeline not in self.olds and one.task not in led:
                continue
            yield self._change(one), self._verdict(one)

    def _now(self, pipeline: str) -> str:
        found = self.became.get(pipeline)
        return found.id if found is not None else pipeline

    def _change(self, one: Missing) -> Change:
        steps = ("tasks", one.task, *one.steps)
        owner = "PipelineWait" if one.waits else "TriggerPipelineBody"
        places = (one.span, one.span)
        return Change(Kind.CHANGED, steps, one.name, one.name, owner, one.steps[-1], places)

    def _verdict(self, one: Missing) -> Verdict:
        other, name = f"`{one.pipeline}`", f"`{one.name}`"
        old, verb = self.was.get(one.pipeline), "waits for" if one.waits else "starts"
        match one.what:
            case "pipeline" if one.pipeline in self.olds:
                words = f"{verb} {other}, which is gone{_as(self._now(one.pipeline), one)}"
            case "pipeline":  # it may be deployed from elsewhere
                near = nearest(one.name, self.news)
                words = f"{verb} {other}, which is no pipeline here"
                words += f": is `{near}` meant?" if near is not None else ""
                return says(changes.BROKEN_LINK, words, Risk.REVIEW)
            case "task" if old is not None and any(task.id == one.name for task in old.tasks):
                now = pair_tasks(old, self.news[one.pipeline]).tasks.get(one.name, one.name)
                words = f"waits for task {name} of {other}, which is gone{_as(now, one)}"
            case "task":
                words = f"waits for task {name} of {other}, which has no such task"
            case "param" if old is not None and any(it.name == one.name for it in old.params):
                words = f"gives {other} the param {name}, which is gone"
            case "param":
                words = f"gives {other} the param {name}, which it does not have"
            case _:
                words = f"starts {other} without the param {name}, which it requires"
        return says(changes.BROKEN_LINK, words)

    def follows(self, change: Change, sides: Sides) -> Verdict | None:
        """The verdict where another name is the new one of the same."""
        now: str | None = None
        match change.owner, change.field:
            case (("PipelineWait" | "TriggerPipelineBody"), "pipeline"):
                now = self._now(change.before)
            case "PipelineWait", "task" if change.before and change.after:
                task = sides.task(change)
                if task is not None and isinstance(task.body, SensorBody):
                    wait = task.body.wait_for
                    new = self.news.get(wait.pipeline) if isinstance(wait, PipelineWait) else None
                    old = self.was.get(new.id) if new is not None else None
                    if new is not None and old is not None:
                        now = pair_tasks(old, new).tasks.get(change.before)
        if now is None or now != change.after:
            return None
        return says(changes.WORK, f"`{change.before}` is called `{now}` now", Risk.SAFE)


def _is_link(task: Task) -> bool:
    match task.body:
        case TriggerPipelineBody() | SensorBody(wait_for=PipelineWait()):
            return True
    return False


def _as(now: str, one: Missing) -> str:
    return f" (renamed to `{now}`)" if now != one.name else ""
