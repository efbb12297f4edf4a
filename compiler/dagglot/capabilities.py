"""What a target makes of a pipeline: the uses of features against its table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from dagglot import features
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.diagnostics.suggest import did_you_mean
from dagglot.features import Feature, Use
from dagglot.frozen import dataclass
from dagglot.ir.model import Pipeline, Schedule
from dagglot.targets.base import Context, Support, Target, Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """A use of a feature and what the target makes of it."""

    use: Use
    verdict: Verdict
    accepted: bool


def judge(
    pipeline: Pipeline,
    target: Target,
    version: str,
    project_accept: Mapping[str, Any] | None = None,
) -> tuple[Judgement, ...]:
    """Every use of what is not simply the target's own construct, with its verdict."""
    table = target.capabilities(version)
    accepted = {*pipeline.accept.get(target.name, ()), *_listed(project_accept, target.name)}
    needed = (
        Use(use.feature, use.span)  # where several tasks have it of one default, it is one use
        for use in features.used(pipeline, target.name)
        if table[use.feature].support is not Support.NATIVE
    )
    found = []
    for use in dict.fromkeys(needed):
        verdict = table[use.feature]
        if use.feature in _CLOCK_CHANGES:
            edges = use.feature is Feature.PARTITIONS_CLOCK_CHANGES
            told = _clock_changes(_of_edges(pipeline) if edges else pipeline, target, version)
            if not told:
                continue
            verdict = replace(verdict, note=f"{verdict.note}: {told}")
        found.append(Judgement(use, verdict, use.feature.value in accepted))
    return tuple(found)


_CLOCK_CHANGES: Final = (Feature.SCHEDULE_CLOCK_CHANGES, Feature.PARTITIONS_CLOCK_CHANGES)


def _of_edges(pipeline: Pipeline) -> Pipeline:
    """As if it ran whenever one of its partitions ends: of a target whose partitions are not those
    of the language, they change as its schedules do."""
    partitions = pipeline.partitions
    if partitions is None:
        return pipeline
    zone, start, end = partitions.timezone, partitions.start, partitions.end
    edges = Schedule(cron=partitions.cron, timezone=zone, start=start, end=end)
    return replace(pipeline, schedule=edges, partitions=None)


def _clock_changes(pipeline: Pipeline, target: Target, version: str) -> str:
    """The first fire times that differ, in words; nothing where this schedule has none."""
    from dagglot.targets import clock_changes

    schedule, context = pipeline.schedule, Context(version)
    found = clock_changes.differences(
        schedule, lambda since: target.fire_times(pipeline, context, since)
    )
    return clock_changes.told(found, schedule.timezone)


def _listed(accept: Mapping[str, Any] | None, target: str) -> tuple[str, ...]:
    value = (accept or {}).get(target, ())
    return (value,) if isinstance(value, str) else tuple(value)


def findings(
    pipeline: Pipeline, target: Target, version: str, judgements: tuple[Judgement, ...]
) -> Iterator[Diagnostic]:
    """An error for what is unsupported, a warning for what is lossy and was not accepted."""
    title = f"{target.title} {version}"
    lossy: set[str] = set()
    for judgement in judgements:
        feature, verdict = judgement.use.feature, judgement.verdict
        fields: dict[str, Any] = {
            "target": title,
            "feature": f"`{feature.value}`",
            "reason": verdict.note,
        }
        if verdict.support is Support.UNSUPPORTED:
            yield codes.UNSUPPORTED.at(judgement.use.span, **fields)
        elif verdict.support is Support.LOSSY:
            lossy.add(feature.value)
            if not judgement.accepted:
                help = f"accept it with `accept: {{{target.name}: [{feature.value}]}}`"
                yield codes.LOSSY.at(judgement.use.span, help=help, **fields)
    for name in pipeline.accept.get(target.name, ()):
        if name not in lossy:
            known = [feature.value for feature in Feature]
            yield codes.NOT_ACCEPTED_HERE.at(
                pipeline.at("accept"),
                feature=name,
                target=title,
                help=None if name in known else did_you_mean(name, known),
            )
