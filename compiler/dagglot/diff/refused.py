"""What the targets of the project refuse now, and did not before: such a change is not compiled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from dagglot import portability
from dagglot.diagnostics import changes
from dagglot.diagnostics.model import Span
from dagglot.diff.compare import Change, Kind
from dagglot.diff.rules.base import Verdict, says
from dagglot.features import Feature
from dagglot.frozen import dataclass
from dagglot.ir.model import Pipeline
from dagglot.jobs import Job


@dataclass(frozen=True, slots=True)
class Refusals:
    """The targets of each side. A pipeline that was not compiled for one before was not refused
    there either."""

    before: Sequence[Job] = ()
    after: Sequence[Job] = ()

    def told(
        self, before: Pipeline | None, after: Pipeline | None, *, changed: bool
    ) -> Iterator[tuple[Change, Verdict]]:
        """A change for each construct. Where neither the pipeline is ``changed`` nor the target,
        nothing is looked at."""
        if after is None:
            return
        known = {job.target.name: job for job in self.before}
        for job in self.after:
            old = known.get(job.target.name)
            if not changed and old is not None and _same(old, job):
                continue
            now = _refused(after, job)
            was = _refused(before, old) if now and before is not None and old is not None else {}
            for name, one in now.items():
                if name in was and (one.of_table or one.notes <= was[name].notes):
                    continue
                steps = ("targets", job.target.name, name)
                change = Change(
                    Kind.ADDED, steps, None, name, "Pipeline", "targets", (None, one.span)
                )
                title = f"{job.target.title} {job.version}"
                words = f"cannot be compiled for {title}: {'; '.join(sorted(one.notes))}"
                yield change, says(changes.TARGET_REFUSES, words)


NONE: Final = Refusals()


class _Refused(NamedTuple):
    """A construct of the target's table, or what else it refuses by one rule."""

    of_table: bool
    notes: frozenset[str]
    span: Span


def _same(one: Job, other: Job) -> bool:
    return one.version == other.version and dict(one.context.options) == dict(other.context.options)


def _refused(pipeline: Pipeline, job: Job) -> dict[str, _Refused]:
    found: dict[str, _Refused] = {}
    for one in portability.cell(pipeline, job).findings:
        if one.status is not portability.Status.REFUSED:
            continue
        note = one.verdict.note.removeprefix(f"{job.target.title} {job.version} ")
        old = found.get(one.name)
        notes = frozenset({note}) | (old.notes if old is not None else frozenset())
        span = old.span if old is not None else one.spans[0]
        found[one.name] = _Refused(one.name in _FEATURES, notes, span)
    return found


_FEATURES: Final = frozenset(feature.value for feature in Feature)
