"""What changes when pipelines move: to another orchestrator, or to another version of one.

The documents stay as they are. What differs is what two capability tables say of the same
construct, and when two schedulers start runs. What a document leaves out means the same everywhere,
so that only what it says can differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from heapq import merge
from itertools import groupby, islice, takewhile
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from dagglot import capabilities, features
from dagglot.diagnostics import changes
from dagglot.diagnostics.model import Span
from dagglot.diff.compare import Change, Kind
from dagglot.diff.judge import Diff, Judged, PipelineDiff, fingerprint, ordered
from dagglot.diff.rules.base import FireTime, Risk, Verdict, says
from dagglot.diff.rules.instants import SPAN, starts_itself
from dagglot.diff.show import moment
from dagglot.features import Feature
from dagglot.ir.model import Pipeline, Task
from dagglot.jobs import Job
from dagglot.semantics import firetimes
from dagglot.targets.base import Support, native
from dagglot.targets.base import Verdict as Row

_SHOWN: Final = 3
_MOST: Final = 2_500
"""Fire times in a row that are compared; of a schedule that has more, the days on which the clocks
are changed too."""
_AROUND: Final = timedelta(days=2)
_OPTIONS: Final = (Feature.TARGET_OPTIONS, Feature.TASK_OPTIONS)


class _Found(NamedTuple):
    """What a target makes of a feature: everywhere the same, but for what is accepted."""

    row: Row
    spans: tuple[Span, ...]
    accepted: bool


def judge(
    pipelines: Sequence[Pipeline],
    before: Job,
    after: Job,
    since: datetime,
    accept: Mapping[str, Any] | None = None,
) -> Diff:
    """What changes of each pipeline from one target, or version, to another."""
    found, same = [], []
    times = _Times(before, after, since)
    for pipeline in pipelines:
        if before.name == after.name:
            made: tuple[Judged, ...] = ()
        else:
            made = tuple(_changes(pipeline, before, after, times, accept))
        if not made:
            same.append(pipeline.id)
            continue
        worst_first = tuple(sorted(made, key=lambda one: -one.risk.weight))
        listed = {one.feature for one in made}
        names = (before.target.name, after.target.name)
        used = {use.feature for name in names for use in features.used(pipeline, name)}
        equal = (one.value for one in sorted(used, key=_order) if one.value not in listed)
        spans = (pipeline.at("pipeline"),) * 2
        part = PipelineDiff(pipeline.id, Kind.CHANGED, worst_first, spans=spans, equal=tuple(equal))
        found.append(part)
    return Diff(ordered(found), tuple(sorted(same)), since)


def _changes(
    pipeline: Pipeline,
    before: Job,
    after: Job,
    times: _Times,
    accept: Mapping[str, Any] | None,
) -> Iterator[Judged]:
    olds, news = (_found(pipeline, job, accept) for job in (before, after))
    refused = False
    for feature in sorted(olds.keys() | news.keys(), key=_order):
        old, new = olds.get(feature, _NOTHING), news.get(feature, _NOTHING)
        refused = refused or new.row.support is Support.UNSUPPORTED
        verdict = _verdict(old, new, before, after)
        if verdict is not None:
            spans = new.spans or old.spans
            words = (old.row.support.value, new.row.support.value)
            yield _judged(pipeline, feature.value, words, verdict, spans, feature)
    yield from _told_to_one(pipeline, before, after)
    if not refused:
        for one in after.target.refusals(pipeline, after.context):
            if one.is_error:
                refused = True
                verdict = says(changes.MOVE_REFUSED, f"{after.target.title}: {one.message}")
                spans = (one.span,) if one.span is not None else ()
                yield _judged(pipeline, one.rule.name, (None, "unsupported"), verdict, spans, None)
    if not any(map(_is_refused_schedule, (*olds.items(), *news.items()))):
        yield from times.judged(pipeline)
    if not refused:
        yield from _needs(pipeline, before, after)


def _is_refused_schedule(found: tuple[Feature, _Found]) -> bool:
    feature, one = found
    return one.row.support is Support.UNSUPPORTED and feature.value.startswith("schedule-")


_NOTHING: Final = _Found(native(), (), False)
_order: Final = {feature: number for number, feature in enumerate(Feature)}.__getitem__


def _found(pipeline: Pipeline, job: Job, accept: Mapping[str, Any] | None) -> dict[Feature, _Found]:
    """What a target has no construct of its own for. The times at which clocks change are compared
    with those of the other target, and not with what the schedule says."""
    found: dict[Feature, _Found] = {}
    for one in capabilities.judge(pipeline, job.target, job.version, accept):
        feature = one.use.feature
        if feature is Feature.SCHEDULE_CLOCK_CHANGES:
            continue
        spans = found[feature].spans if feature in found else ()
        found[feature] = _Found(one.verdict, (*spans, one.use.span), one.accepted)
    return found


def _verdict(old: _Found, new: _Found, before: Job, after: Job) -> Verdict | None:
    """What two verdicts on one construct mean; None where it runs the same, by the same means."""
    one, other = before.target.title, after.target.title
    if one == other:
        one, other = f"{one} {before.version}", f"{other} {after.version}"
    was, now = old.row, new.row
    match was.support, now.support:
        case _, Support.UNSUPPORTED:
            both = f", and so does {one}" if was.support is Support.UNSUPPORTED else ""
            return says(changes.MOVE_REFUSED, f"{other} refuses it{both}: {now.note}")
        case Support.UNSUPPORTED, Support.NATIVE | Support.EMULATED:
            return says(changes.MOVE_POSSIBLE, f"{one} refuses it, {other} does not")
        case Support.LOSSY, Support.LOSSY if was.note == now.note:
            return None
        case Support.LOSSY, Support.LOSSY:
            words = f"{other}: {now.note}. {one}: {was.note}"
            return says(changes.MOVE_DIFFERS, *_accepted(words, new))
        case _, Support.LOSSY:
            return says(changes.MOVE_DIFFERS, *_accepted(_said_of(other, now), new))
        case Support.LOSSY, _:
            words = f"{other} does what is written, where on {one}: {was.note}"
            return says(changes.MOVE_DIFFERS, words)
        case _, Support.EMULATED if was != now:
            return says(changes.MOVE_EMULATED, _said_of(other, now))
        case _:
            return None


def _said_of(title: str, row: Row) -> str:
    """The reason of a table, which most often says of whom it speaks."""
    named = title.partition(" ")[0] in row.note.partition(":")[0]
    return row.note if named else f"{title}: {row.note}"


def _accepted(words: str, new: _Found) -> tuple[str, Risk | None]:
    return (f"accepted: {words}", Risk.SAFE) if new.accepted else (words, None)


def _told_to_one(pipeline: Pipeline, before: Job, after: Job) -> Iterator[Judged]:
    """What a document says to one orchestrator alone, and code of its own for each."""
    one, other = before.target, after.target
    if one.name == other.name:
        return
    spans: dict[tuple[Feature, bool, bool], list[Span]] = {}
    holders: tuple[Pipeline | Task, ...] = (pipeline, *pipeline.tasks)
    for holder in holders:
        said = bool(holder.options.get(one.name)), bool(holder.options.get(other.name))
        if any(said):
            feature = Feature.TARGET_OPTIONS if holder is pipeline else Feature.TASK_OPTIONS
            spans.setdefault((feature, *said), []).append(holder.at("targets"))
    for (feature, was, now), places in spans.items():
        if was and now:
            words = f"{other.title} is told something else than {one.title}: compare the two"
            verdict = says(changes.MOVE_DIFFERS, words, Risk.UNDECIDABLE)
        elif was:
            words = f"what is said to {one.title} alone is said to {other.title} by nobody"
            verdict = says(changes.MOVE_DIFFERS, words)
        else:
            words = f"said to {other.title} alone: what it means only {other.title} knows"
            verdict = says(changes.MOVE_DIFFERS, words, Risk.UNDECIDABLE)
        values = ("native" if was else None, "native" if now else None)
        yield _judged(pipeline, feature.value, values, verdict, places, feature)
    calls = [task for task in pipeline.tasks if _has_calls(task, one.name, other.name)]
    if calls:
        words = f"{other.title} runs code of its own for it: only you can tell if it does the same"
        verdict = says(changes.MOVE_DIFFERS, words, Risk.UNDECIDABLE)
        places = [task.at("type") for task in calls]
        yield _judged(
            pipeline, Feature.NATIVE.value, ("native", "native"), verdict, places, Feature.NATIVE
        )


def _has_calls(task: Task, *names: str) -> bool:
    return all(name in getattr(task.body, "calls", ()) for name in names)


def _needs(pipeline: Pipeline, before: Job, after: Job) -> Iterator[Judged]:
    """What must be there before it is deployed, where it is another orchestrator's store."""
    if before.target.name == after.target.name:
        return
    needs = after.target.needs(pipeline, after.context)
    if needs:
        names: dict[str, list[str]] = {}
        for need in needs:
            names.setdefault(need.kind, []).append(f"`{need.name}`")
        words = "; ".join(f"{kind} {', '.join(some)}" for kind, some in names.items())
        verdict = says(changes.MOVE_NEEDS, f"must be in {after.target.title}: {words}")
        value = ", ".join(f"{need.kind} {need.name}" for need in needs)
        yield _judged(pipeline, "needs", (None, value), verdict, (), None)


def _judged(
    pipeline: Pipeline,
    path: str,
    values: tuple[str | None, str | None],
    verdict: Verdict,
    spans: Iterable[Span],
    feature: Feature | None,
) -> Judged:
    places = tuple(dict.fromkeys(spans)) or (pipeline.span,)
    change = Change(
        Kind.CHANGED, (path,), *values, owner="Pipeline", field="id", spans=(places[0], places[0])
    )
    known_by = fingerprint([verdict.rule.code, pipeline.id, path, *values])
    name = feature.value if feature is not None else None
    return Judged(change, verdict, *values, known_by, feature=name, places=places)


# --- fire times ---------------------------------------------------------------------------------


class _Times:
    """The fire times of two targets; of schedules that many pipelines have, looked at once."""

    def __init__(self, before: Job, after: Job, since: datetime) -> None:
        self.jobs = (before, after)
        self.since = since
        self.known: dict[tuple[object, ...], tuple[tuple[datetime, bool, bool], ...]] = {}

    def judged(self, pipeline: Pipeline) -> Iterator[Judged]:
        """The first fire times that differ."""
        schedule = pipeline.schedule
        if not starts_itself(schedule):
            return
        key = (
            *(schedule.cron, schedule.every, schedule.timezone, schedule.start, schedule.end),
            schedule.catchup,
        )
        if key not in self.known:
            self.known[key] = tuple(islice(self.different(pipeline), _SHOWN))
        found = self.known[key]
        if not found:
            return
        zone = ZoneInfo(schedule.timezone)
        titles = [job.target.title for job in self.jobs]
        if titles[0] == titles[1]:
            titles = [job.name for job in self.jobs]
        told = ", ".join(
            f"{moment(at.astimezone(zone))} only on {titles[0] if was else titles[1]}"
            for at, was, _ in found
        )
        times = tuple(FireTime(at.astimezone(zone), was, now) for at, was, now in found)
        verdict = says(changes.MOVE_FIRE_TIMES, f"other instants: {told}", None, times)
        where = "every" if schedule.every is not None else "cron"
        yield _judged(
            pipeline,
            f"schedule.{where}",
            (None, None),
            verdict,
            [schedule.at(where)],
            Feature.SCHEDULE_CLOCK_CHANGES,
        )

    def different(self, pipeline: Pipeline) -> Iterator[tuple[datetime, bool, bool]]:
        """The instants of one alone, of as many days as a diff looks at."""
        since, until = self.since, self.since + SPAN
        last = since
        for at in self._between(pipeline, since, until, _MOST):
            if at[1] is not at[2]:
                yield at
            last = at[0]
        zone = pipeline.schedule.timezone
        for change in firetimes.clock_changes(zone, since.year, 3):
            begin, end = change.at - _AROUND, change.at + _AROUND
            if last < begin and end < until:
                found = self._between(pipeline, begin, end, _MOST)
                yield from (at for at in found if at[1] is not at[2])

    def _between(
        self, pipeline: Pipeline, since: datetime, until: datetime, most: int
    ) -> Iterator[tuple[datetime, bool, bool]]:
        def told(number: int) -> Iterator[tuple[datetime, int]]:
            job = self.jobs[number]
            found = job.target.fire_times(pipeline, job.context, since)
            # from the first an orchestrator counts: it is no difference of a day in the middle
            inside = takewhile(lambda at: at < until, found)
            return ((at, number) for at in inside if at > since)

        both = groupby(merge(told(0), told(1)), key=lambda pair: pair[0])
        for at, group in islice(both, most):
            sides = {side for _, side in group}
            yield at, 0 in sides, 1 in sides
