"""Two sets of pipelines, paired, compared and judged: the answer that every report is made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Final

from dagglot.diagnostics import changes
from dagglot.diagnostics.model import Span
from dagglot.diff.aftermath import NOWHERE, Deployed, On
from dagglot.diff.compare import Change, Kind, compare
from dagglot.diff.delta import Graph, graph
from dagglot.diff.derived import Derived
from dagglot.diff.first_runs import FirstRuns, first_runs
from dagglot.diff.indirect import Links, Reached
from dagglot.diff.links import Ends
from dagglot.diff.pairs import Pair, pair_pipelines
from dagglot.diff.refused import NONE, Refusals
from dagglot.diff.rules import judge as judge_change
from dagglot.diff.rules import things
from dagglot.diff.rules.base import Risk, Sides, Verdict, says
from dagglot.diff.show import Plain, shown
from dagglot.frozen import dataclass
from dagglot.ir.declared import own
from dagglot.ir.model import Pipeline
from dagglot.passes.sql_timeouts import as_written
from dagglot.waivers import Waiver


@dataclass(frozen=True, slots=True)
class Judged:
    """A change, what it means, and what it is known by across commits."""

    change: Change
    verdict: Verdict
    before: Plain
    after: Plain
    fingerprint: str
    waiver: Waiver | None = None
    """Why it is accepted, and no longer counts."""
    feature: str | None = None
    places: tuple[Span, ...] = ()
    """Of a construct that is asked for in several places: all of them."""
    on: tuple[On, ...] = ()
    """What it is where the pipeline is deployed."""

    @property
    def risk(self) -> Risk:
        return self.verdict.risk


@dataclass(frozen=True, slots=True)
class PipelineDiff:
    """What became of one pipeline; its changes begin with the worst. ``reached`` are the others
    that depend on it, where something is for review."""

    id: str
    kind: Kind
    changes: tuple[Judged, ...]
    graph: Graph | None = None
    reached: tuple[Reached, ...] = ()
    spans: tuple[Span | None, Span | None] = (None, None)
    """Where its id stood, and stands."""
    runs: FirstRuns | None = None
    """None where the schedule did not change."""
    equal: tuple[str, ...] = ()
    """Of a move: the constructs that it asks for, and that mean the same on both."""

    @property
    def risk(self) -> Risk | None:
        """The highest risk of its changes that are not accepted; None where all are."""
        counted = (one.risk for one in self.changes if one.waiver is None)
        return max(counted, key=lambda risk: risk.weight, default=None)


@dataclass(frozen=True, slots=True)
class Diff:
    """The pipelines that changed, the worst first, and the ids of those that did not."""

    pipelines: tuple[PipelineDiff, ...]
    same: tuple[str, ...]
    since: datetime
    project: PipelineDiff | None = None
    """What changed of the project file, for all of them; None where nothing did."""

    @property
    def parts(self) -> tuple[PipelineDiff, ...]:
        """All that changed: the project file, then the pipelines."""
        return (self.project, *self.pipelines) if self.project is not None else self.pipelines

    @property
    def unchanged(self) -> int:
        """How many did not change."""
        return len(self.same)

    @property
    def risk(self) -> Risk | None:
        """The highest risk of all; None where nothing changed, or all of it is accepted."""
        risks = [one.risk for one in self.parts if one.risk is not None]
        return max(risks, key=lambda risk: risk.weight, default=None)

    @property
    def counts(self) -> Mapping[Risk, int]:
        """How many changes there are of each risk, but for what is accepted."""
        every = [one for one in self._every() if one.waiver is None]
        return {risk: sum(1 for one in every if one.risk is risk) for risk in Risk}

    @property
    def accepted(self) -> int:
        """How many changes are accepted."""
        return sum(1 for one in self._every() if one.waiver is not None)

    def _every(self) -> Iterator[Judged]:
        return chain.from_iterable(one.changes for one in self.parts)


Texts = Mapping[str, str]
"""The text of the document of each pipeline, by its id."""


def judge(
    before: Sequence[Pipeline],
    after: Sequence[Pipeline],
    since: datetime,
    texts: tuple[Texts, Texts] = ({}, {}),
    deployed: Deployed = NOWHERE,
    refusals: Refusals = NONE,
) -> Diff:
    """What changed. ``since`` is the instant from which fire times are looked at; ``refusals`` is
    what the targets of the project refuse now."""
    found: list[PipelineDiff] = []
    unchanged: list[str] = []
    links: Links | None = None
    pairs = pair_pipelines(before, after)
    ends = Ends(pairs)
    for pair in pairs:
        sides = Sides(*_both(pair), after, since)
        made = tuple(
            _judged(change, verdict, sides, deployed)
            for change, verdict in _changes(pair, sides, ends)
        )
        refused = refusals.told(pair.before, pair.after, changed=bool(made))
        made += tuple(_judged(change, verdict, sides, deployed) for change, verdict in refused)
        if not made and texts[0].get(sides.before.id) != texts[1].get(sides.after.id):
            change = Change(Kind.CHANGED, ("text",), None, None, "Pipeline", "text")
            verdict = says(changes.TEXT, "the text is another one, and means the same")
            made = (_judged(change, verdict, sides, deployed),)
        if not made:
            unchanged.append(sides.after.id)
            continue
        made = tuple(sorted(made, key=lambda one: -one.risk.weight))
        kind, delta = _kind(pair), None
        if kind in (Kind.CHANGED, Kind.MOVED):
            risks = ((one.change, one.risk) for one in made)
            delta = graph(sides.before, sides.after, risks)
        reached: tuple[Reached, ...] = ()
        if kind is not Kind.ADDED and any(map(_reaches, made)):
            links = links or Links(after)
            reached = links.reached(sides.before, sides.after)
        spans = (_name_of(pair.before), _name_of(pair.after))
        told = [one.change for one in made]
        runs = first_runs(pair.before, pair.after, told, since)
        found.append(PipelineDiff(sides.after.id, kind, made, delta, reached, spans, runs))
    return Diff(ordered(found), tuple(sorted(unchanged)), since)


def ordered(found: Sequence[PipelineDiff]) -> tuple[PipelineDiff, ...]:
    """The worst first; what is accepted altogether last."""
    return tuple(sorted(found, key=lambda one: (-one.risk.weight if one.risk else 0, one.id)))


def _name_of(pipeline: Pipeline | None) -> Span | None:
    return pipeline.at("pipeline") if pipeline is not None else None


_FOR_US: Final = (
    changes.ALERT_REMOVED,
    changes.ALERT_ADDED,
    changes.ALERT_CHANGED,
    changes.TARGET_REFUSES,
)
"""Who is told when it fails, or that it is not compiled: nothing that another pipeline could
notice."""


def _reaches(one: Judged) -> bool:
    """Whether a change may be felt by those who use what the pipeline makes."""
    return one.risk.weight > Risk.SAFE.weight and one.verdict.rule not in _FOR_US


def _both(pair: Pair) -> tuple[Pipeline, Pipeline]:
    """The two sides; of what is new or gone the same twice."""
    before, after = pair.before or pair.after, pair.after or pair.before
    assert before is not None and after is not None  # noqa: S101 - a pair has one at least
    return as_written(own(before)), as_written(own(after))


def _kind(pair: Pair) -> Kind:
    if pair.before is None or pair.after is None:
        return Kind.ADDED if pair.before is None else Kind.REMOVED
    return Kind.CHANGED if pair.before.id == pair.after.id else Kind.MOVED


def _changes(pair: Pair, sides: Sides, ends: Ends) -> Iterator[tuple[Change, Verdict]]:
    kind = _kind(pair)
    if kind is not Kind.CHANGED:
        places = tuple(one.span if one is not None else None for one in pair[:2])
        change = Change(
            kind, ("pipeline",), pair.before, pair.after, "Pipeline", "id", (places[0], places[1])
        )
        yield change, things.pipeline(change, sides, said=pair.said)
    if pair.before is not None and pair.after is not None:
        broken = {change.steps: (change, said) for change, said in ends.broken(sides)}
        found = compare(sides.before, sides.after)
        derived = Derived(sides.before, sides.after, (pair.before, pair.after)) if found else None
        for change in found:
            if derived is not None and derived.has(change):
                continue
            _, said = broken.pop(change.steps, (None, None))
            yield change, said or ends.follows(change, sides) or judge_change(change, sides)
        yield from broken.values()
    yield from things.unfollowed(pair, sides)


def _judged(change: Change, verdict: Verdict, sides: Sides, deployed: Deployed) -> Judged:
    before, after = shown(change)
    said = [verdict.rule.code, sides.after.id, change.path, before, after]
    told = deployed.told(verdict, sides)
    verdict = replace(verdict, risk=deployed.weighed(verdict.risk, told))
    return Judged(change, verdict, before, after, fingerprint(said), on=told)


def fingerprint(said: Sequence[Plain]) -> str:
    """What a change is known by: a hash of what is said of it."""
    data = json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()[:12]
