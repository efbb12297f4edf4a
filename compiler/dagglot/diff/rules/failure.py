"""What happens when something goes wrong: retries, timeouts, who is told."""

from __future__ import annotations

from datetime import timedelta

from dagglot.diagnostics import changes
from dagglot.diff.compare import Change
from dagglot.diff.rules.base import Risk, Sides, Verdict, counted, gone, says
from dagglot.diff.rules.flow import work
from dagglot.expressions.functions import duration_text
from dagglot.ir.model import Backoff

_GROWTH = tuple(Backoff)


def retries(change: Change, sides: Sides) -> Verdict:
    """How often, and after which waits."""
    task = sides.task(change)
    before, after = change.before, change.after
    if change.field != "count" and task is not None and not task.retries.count:
        return says(changes.RETRIES_RAISED, "it is not retried", Risk.COSMETIC)
    match change.field:
        case "count" if after < before:
            words = "is not retried" if not after else f"is retried at most {_times(after)}"
            return says(changes.RETRIES_LOWERED, f"{words}, was {_times(before)}")
        case "count":
            words = f"is retried up to {_times(after)}"
            if task is not None and task.idempotent is False:
                words += ", and says `idempotent: false`"
                return says(changes.RETRIES_RAISED, words, Risk.REVIEW)
            return says(changes.RETRIES_RAISED, words)
        case "backoff":
            shorter = _GROWTH.index(after) < _GROWTH.index(before)
        case "jitter":
            words = "waits before retries are spread in another way"
            return says(changes.RETRIES_RAISED, words)
        case _:  # without `max_delay` a wait may grow without an end
            shorter = after is not None and (before is None or after < before)
    if shorter:
        return says(
            changes.RETRIES_LOWERED, "less time between attempts for what broke to come back"
        )
    return says(changes.RETRIES_RAISED, "more time between attempts")


def _times(number: int) -> str:
    return counted(number, "time")


def timeout(change: Change, sides: Sides) -> Verdict:
    """How long something may take; None is without an end."""
    before, after = _limits(change, sides)
    if before == after:
        words = f"is stopped after {duration_text(after)}, as before" if after else "has no limit"
        return says(changes.TIMEOUT_RAISED, words, Risk.COSMETIC)
    if after is not None and (before is None or after < before):
        was = f"was {duration_text(before)}" if before is not None else "had no limit"
        return says(changes.TIMEOUT_LOWERED, f"is stopped after {duration_text(after)}, {was}")
    may = f"for {duration_text(after)}" if after is not None else "without a limit"
    return says(changes.TIMEOUT_RAISED, f"may run {may}")


def _limits(change: Change, sides: Sides) -> tuple[timedelta | None, timedelta | None]:
    """Both timeouts; of a task that is another kind now, those that hold: a sensor's, which is a
    key of its kind, for what was none."""
    before: timedelta | None = change.before
    after: timedelta | None = change.after
    if change.owner == "Task":
        old, new = sides.old_task(change), sides.task(change)
        before = getattr(old.body, "timeout", before) if old is not None else before
        after = getattr(new.body, "timeout", after) if new is not None else after
    return before, after


def told(change: Change, sides: Sides) -> Verdict:
    """Who is told: `on_failure`, `on_success`, `on_retry`, the alerts of deadlines and `notify`."""
    who = change.steps[-1]
    what = {
        "on_failure": "when it fails",
        "on_success": "when it succeeds",
        "on_retry": "when it is retried",
        "deadline": "when a run is late",
    }.get(change.field, "when a run is late" if change.owner == "Deadline" else "by this task")
    if change.field == "deadline":
        who = ", ".join((change.after or change.before).alerts)
    if gone(change):
        mild = change.field in ("on_success", "on_retry")
        words = f"`{who}` is not told any more {what}"
        return says(changes.ALERT_REMOVED, words, Risk.REVIEW if mild else None)
    return says(changes.ALERT_ADDED, f"`{who}` is told {what}")


def alert(change: Change, sides: Sides) -> Verdict:
    """An alert's declaration, or what is told with it."""
    if change.field == "alerts":
        word = "declared no more" if gone(change) else "declared"
        return says(changes.ALERT_CHANGED, f"{word}: who tells it is told there", Risk.COSMETIC)
    if change.owner == "Deadline":
        return says(changes.ALERT_CHANGED, "a late run is told of at another time")
    found = work(change, sides)  # a secret of it is told as one
    if found.rule is changes.SECRET:
        return found
    return says(changes.ALERT_CHANGED, "it goes elsewhere, or says something else")
