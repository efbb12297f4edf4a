"""Runs for partitions of the past: which there are, and the orchestrator's own way to make them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from dagglot import capabilities
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.frozen import dataclass
from dagglot.ir.model import Partitions, Pipeline
from dagglot.ir.reader import parse_moment
from dagglot.jobs import Job
from dagglot.runner import Where, ask
from dagglot.runtimes import probe
from dagglot.semantics.partitions import (
    Partition,
    between,
    help_for,
    last_complete,
    nominal_time,
    of_key,
    windows,
)
from dagglot.targets.base import Backfill, BackfillRun, Mechanism

_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """As it was typed: from one partition to another, or static ``keys``."""

    first: str | None = None
    last: str | None = None
    keys: tuple[str, ...] = ()
    max_active: int | None = None
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """The runs of a backfill, how a target makes them, and which partitions there are by now."""

    pipeline: Pipeline
    target: str
    runs: tuple[BackfillRun, ...]
    mechanism: Mechanism
    existing: str


@dataclass(frozen=True, slots=True)
class Done:
    """What became of each run: ``made``, ``again`` where one had failed, else what it is like."""

    states: dict[str, str] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()


def plan(
    pipeline: Pipeline, job: Job, asked: Asked, now: datetime
) -> tuple[Planned | None, list[Diagnostic]]:
    """The backfill, or why there can be none."""
    partitions = pipeline.partitions
    if partitions is None:
        message = f"`{pipeline.id}` has no partitions, and a backfill is made of runs for them"
        help = "declare them: `partitions: {by: day}`"
        return None, [codes.BACKFILL_REFUSED.at(pipeline.span, message=message, help=help)]
    found = list(_refused(pipeline, job))
    chosen = _chosen(partitions, asked, now)
    if isinstance(chosen, Diagnostic):
        return None, [*found, chosen]
    if found:
        return None, found
    runs = [BackfillRun(one.key, nominal_time(pipeline.schedule, one)) for one in chosen]
    ordered = tuple(reversed(runs) if asked.reverse else runs)
    mechanism = job.target.backfill(
        pipeline, job.context, Backfill(ordered, asked.max_active, asked.reverse)
    )
    if mechanism.refusal:
        return None, [codes.BACKFILL_REFUSED.at(partitions.span, message=mechanism.refusal)]
    there = _there(partitions, now)
    return Planned(pipeline, job.name, ordered, mechanism, there), []


def _refused(pipeline: Pipeline, job: Job) -> list[Diagnostic]:
    """Why the target takes no such pipeline at all."""
    judged = capabilities.judge(pipeline, job.target, job.version)
    found = capabilities.findings(pipeline, job.target, job.version, judged)
    errors = [one for one in found if one.is_error]
    return errors + [one for one in job.target.refusals(pipeline, job.context) if one.is_error]


# --- which partitions -----------------------------------------------------------------------------


def _chosen(
    partitions: Partitions, asked: Asked, now: datetime
) -> tuple[Partition, ...] | Diagnostic:
    if partitions.keys:
        return _of_keys(partitions, asked)
    if asked.keys:
        message = "`--keys` are for static partitions; of time there are `--from` and `--to`"
        return codes.BACKFILL_REFUSED.at(partitions.span, message=message)
    if asked.first is None:
        message = "where is it to begin?"
        help = f"give `--from`: {_there(partitions, now)}"
        return codes.BACKFILL_REFUSED.at(partitions.span, message=message, help=help)
    first = _moment(partitions, asked.first, end=False)
    complete = last_complete(partitions, now)
    last = complete.start if complete else None
    if asked.last is not None:
        last = _moment(partitions, asked.last, end=True)
    for text, moment in ((asked.first, first), (asked.last, last)):
        if moment is None and text is not None:
            near = help_for(partitions, text)
            return _wrong(partitions, f"there is no partition `{text}`", near)
    there = _there(partitions, now)
    beginning = next(windows(partitions), None)
    if complete is None or first is None or last is None or beginning is None:
        return _wrong(partitions, "no partition is complete yet", there)
    if last < first:
        return _wrong(partitions, "`--from` lies after `--to`", None)
    if beginning.start is not None and first < beginning.start:
        return _wrong(partitions, f"`{asked.first}` lies before the first partition", there)
    found = between(partitions, first, last)
    if not found:
        return _wrong(partitions, "no partition starts in that span of time", there)
    if found[-1].end is None or complete.end is None or found[-1].end > complete.end:
        message = f"`{found[-1].key}` is not complete yet"
        if partitions.end is not None and now > partitions.end:
            message = f"`{asked.last}` lies after the last partition"
        return _wrong(partitions, message, there)
    later = asked.last is not None and of_key(partitions, asked.last) is None
    if later and partitions.end is not None and last > partitions.end:
        return _wrong(partitions, f"`{asked.last}` lies after the last partition", there)
    return found


def _of_keys(partitions: Partitions, asked: Asked) -> tuple[Partition, ...] | Diagnostic:
    if asked.first is not None or asked.last is not None:
        message = "static partitions have no order: name them with `--keys`"
        return _wrong(partitions, message, _keys(partitions))
    if not asked.keys:
        return _wrong(partitions, "which of the partitions?", f"give `--keys`: {_keys(partitions)}")
    for key in asked.keys:
        if key not in partitions.keys:
            message = f"there is no partition `{key}`"
            return _wrong(partitions, message, help_for(partitions, key) or _keys(partitions))
    return tuple(Partition(key) for key in dict.fromkeys(asked.keys))


def _wrong(partitions: Partitions, message: str, help: str | None) -> Diagnostic:
    return codes.BACKFILL_REFUSED.at(partitions.span, message=message, help=help)


def _moment(partitions: Partitions, text: str, *, end: bool) -> datetime | None:
    """Where the window of a key starts; else a day or a time: a last day counts as a whole."""
    named = of_key(partitions, text)
    if named is not None:
        return named.start
    return parse_moment(text, ZoneInfo(partitions.timezone), end=end)


def _there(partitions: Partitions, now: datetime) -> str:
    """The partitions that there are by now, in words."""
    if partitions.keys:
        return _keys(partitions)
    first, last = next(windows(partitions), None), last_complete(partitions, now)
    if first is None or last is None:
        return "there are none so far"
    return f"there are `{first.key}` to `{last.key}`"


def _keys(partitions: Partitions) -> str:
    shown = ", ".join(f"`{key}`" for key in partitions.keys[:_SHOWN])
    more = len(partitions.keys) - _SHOWN
    return f"there are {shown}" + (f" and {more} more" if more > 0 else "")


# --- doing it -------------------------------------------------------------------------------------


def execute(planned: Planned, job: Job, where: Where, progress: Any) -> Done:
    """Make the runs in the orchestrator of the user's own settings."""
    found: list[Diagnostic] = []
    request = {**planned.mechanism.request, "root": str(_folder(job))}
    answer = ask(
        job, "backfill", lambda _: request, ([], None), where, found, progress, probe.settings()
    )
    if answer is None:
        return Done({}, tuple(found))
    if answer.get("unasked"):
        title = f"{job.target.title} {answer.get('version', job.version)}"
        reason = f"{title} could not be asked for the runs: {answer['unasked']}"
        found.append(codes.BACKFILL_REFUSED.at(None, message=reason))
    states = {one["partition"]: one["state"] for one in answer.get("runs", ())}
    return Done(states, tuple(found))


def _folder(job: Job) -> Path:
    return job.out.resolve()


def as_json(planned: Planned, done: Done | None) -> dict[str, Any]:
    states = done.states if done is not None else {}
    return {
        "dagglot_backfill": 1,
        "pipeline": planned.pipeline.id,
        "target": planned.target,
        "runs": [
            {
                "partition": run.partition,
                "time": None if run.time is None else run.time.isoformat(),
                "state": states.get(run.partition),
            }
            for run in planned.runs
        ],
        "lines": list(planned.mechanism.lines),
        "notes": list(planned.mechanism.notes),
        "executed": done is not None,
    }


def keys_of(words: Sequence[str]) -> tuple[str, ...]:
    """``--keys eu,us``, also given several times; blanks around a key are none of it."""
    return tuple(key.strip() for word in words for key in word.split(",") if key.strip())
