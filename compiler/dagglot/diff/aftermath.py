"""What a change leaves behind where the pipeline is deployed already, target by target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from dagglot.diagnostics import changes
from dagglot.diff.rules.base import Risk, Sides, Verdict
from dagglot.frozen import dataclass
from dagglot.ir.model import Pipeline
from dagglot.targets.base import Aftermath, Event

_EVENTS: Final[Mapping[str, Event]] = {
    changes.PIPELINE_REMOVED.code: Event.REMOVED,
    changes.PIPELINE_RENAMED.code: Event.RENAMED,
    changes.PIPELINE_MOVED.code: Event.RENAMED,
    changes.TASK_RENAMED.code: Event.TASK_RENAMED,
    changes.TASK_MOVED.code: Event.TASK_RENAMED,
    changes.SCHEDULE_REMOVED.code: Event.STOPPED,
}


class On(NamedTuple):
    """What a change is on one target, and what to do there."""

    target: str
    risk: Risk
    note: str
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deployed:
    """The targets that pipelines may be deployed to. ``certain``: the project names them, so that
    what is worse on one of them counts."""

    targets: Mapping[str, Callable[[Event, Pipeline, Pipeline], Aftermath | None]]
    certain: bool

    def told(self, verdict: Verdict, sides: Sides) -> tuple[On, ...]:
        """What there is to know of a change, besides what it means everywhere."""
        event = _EVENTS.get(verdict.rule.code)
        if event is None:
            return ()
        if event in (Event.TASK_RENAMED, Event.RENAMED) and verdict.risk is Risk.COSMETIC:
            return ()  # a check goes with its task; what nothing became of leaves nothing
        found = []
        for name, of in self.targets.items():
            made = of(event, sides.before, sides.after)
            if made is not None:
                risk = Risk(made.risk) if made.risk else verdict.risk
                worse = risk if risk.weight > verdict.risk.weight else verdict.risk
                found.append(On(name, worse, made.note, made.commands))
        return tuple(found)

    def weighed(self, risk: Risk, told: tuple[On, ...]) -> Risk:
        """The risk of a change where it is deployed."""
        if not self.certain:
            return risk
        return max((risk, *(one.risk for one in told)), key=lambda one: one.weight)


NOWHERE: Final = Deployed({}, certain=False)
