"""A pipeline and how its bodies behave, as the generator makes it: flat, ids as full paths."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Final

ALWAYS: Final = -1
NO_LIST: Final = "(none)"
"""The ``each`` of what has no ``for_each``; a null is a list that is none."""
READ: Final = re.compile(r"tasks\.([A-Za-z0-9_.]+)\.output")


@dataclass(frozen=True)
class Plan:
    """How one body behaves. ``sleeps``: its failing attempts outlast their timeout."""

    fails: int = 0
    skips: bool = False
    sleeps: bool = False
    returns: Any = None
    echoes: bool = False
    """It returns what it reads, about which a scenario says nothing."""


@dataclass(frozen=True)
class Step:
    """One task. ``when``, ``condition``, ``reads`` and a text as ``each`` are expressions."""

    id: str
    kind: str
    after: tuple[str, ...] = ()
    rule: str = "all_success"
    when: str = ""
    each: Any = NO_LIST
    parallel: int = 0
    """``max_parallel`` of its ``for_each``; 0 is none."""
    retries: int = 0
    timeout: bool = False
    plan: Plan = field(default_factory=Plan)
    at: tuple[tuple[int, Plan], ...] = ()
    """What single elements do instead."""
    reads: tuple[str, ...] = ()
    condition: str = ""
    """A gate's; without one it calls."""
    direct: bool = False
    cases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    otherwise: tuple[str, ...] = ()
    allow_failure: bool = False
    teardown_of: tuple[str, ...] = ()

    @property
    def works(self) -> bool:
        return self.kind in ("python", "shell")


@dataclass(frozen=True)
class Box:
    """A group; its tasks are those whose ids begin with its own."""

    id: str
    after: tuple[str, ...] = ()
    each: Any = NO_LIST


@dataclass(frozen=True)
class Param:
    name: str
    default: Any
    given: Any = NO_LIST


@dataclass(frozen=True)
class Made:
    """A random pipeline with its scenario, and what reproduces it."""

    id: str
    steps: tuple[Step, ...]
    boxes: tuple[Box, ...] = ()
    params: tuple[Param, ...] = ()
    leaf: bool = False

    def step(self, id: str) -> Step:
        return next(step for step in self.steps if step.id == id)

    def mapped_box(self, id: str) -> Box | None:
        """The box with ``for_each`` around a task."""
        boxes = (box for box in self.boxes if box.each != NO_LIST)
        return next((box for box in boxes if id.startswith(f"{box.id}.")), None)

    def is_mapped(self, step: Step) -> bool:
        return step.each != NO_LIST or self.mapped_box(step.id) is not None

    def params_given(self) -> dict[str, Any]:
        return {param.name: param.given for param in self.params if param.given != NO_LIST}


def without(made: Made, gone: str) -> Made:
    """A pipeline without a task or a group, and without everything that names it."""

    def stays(id: str) -> bool:
        return id != gone and not id.startswith(f"{gone}.")

    def kept(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(id for id in ids if stays(id))

    def reads(text: str) -> bool:
        return all(stays(id) for id in READ.findall(text))

    steps = []
    for step in made.steps:
        if not stays(step.id) or (step.teardown_of and not kept(step.teardown_of)):
            continue
        each = step.each if not isinstance(step.each, str) or reads(step.each) else [1, 2]
        cases = tuple((text, kept(to)) for text, to in step.cases if reads(text) and kept(to))
        steps.append(
            replace(
                step,
                after=kept(step.after),
                teardown_of=kept(step.teardown_of),
                each=each,
                when=step.when if reads(step.when) else "",
                reads=tuple(text for text in step.reads if reads(text)),
                condition=step.condition if reads(step.condition) else "1 > 2",
                cases=cases,
                otherwise=kept(step.otherwise),
                plan=_choosing(step, step.plan, kept),
                at=tuple((index, _choosing(step, plan, kept)) for index, plan in step.at),
            )
        )
    boxes = []
    for box in made.boxes:
        holds = any(step.id.startswith(f"{box.id}.") and not step.teardown_of for step in steps)
        if stays(box.id) and holds:
            each = box.each if not isinstance(box.each, str) or reads(box.each) else [1, 2]
            boxes.append(replace(box, after=kept(box.after), each=each))
    result = replace(made, steps=tuple(steps), boxes=tuple(boxes))
    # a group without tasks, a teardown without a set-up: gone too, with what names them
    left = {one.id for one in (*boxes, *steps)}
    for one in (*made.boxes, *made.steps):
        if stays(one.id) and one.id not in left:
            result = without(result, one.id)
    return result


def _choosing(step: Step, plan: Plan, kept: Any) -> Plan:
    if step.kind != "branch" or not isinstance(plan.returns, list) or plan.returns == ["nowhere"]:
        return plan
    return replace(plan, returns=list(kept(tuple(plan.returns))))
