"""The smallest pipeline that still shows a divergence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from .model import NO_LIST, Made, Plan, Step, without

Change: TypeAlias = Callable[[Made], Made]
Diverges: TypeAlias = Callable[[Sequence[Made]], Sequence[bool]]
"""Which of some pipelines still show it: asked once a round, so that one process can run all.
Pipelines that the compiler refuses do not."""

MOST_ROUNDS: Final = 30
MOST_AT_ONCE: Final = 60


def shrink(made: Made, diverges: Diverges, progress: Callable[[str], None] = print) -> Made:
    """Apply changes that make a pipeline smaller as long as it diverges."""
    for number in range(1, MOST_ROUNDS + 1):
        changes = [change for change in _changes(made) if change(made) != made][:MOST_AT_ONCE]
        if not changes:
            break
        good = [
            change
            for change, still in zip(changes, _ask(made, changes, diverges), strict=True)
            if still
        ]
        if not good:
            break
        made = _together(made, good, diverges)
        progress(f"round {number}: {len(made.steps)} tasks, size {size(made)}")
    return made


def _ask(made: Made, changes: Sequence[Change], diverges: Diverges) -> Sequence[bool]:
    named = [
        replace(change(made), id=f"{made.id}_{number}") for number, change in enumerate(changes)
    ]
    return diverges(named)


def _together(made: Made, good: list[Change], diverges: Diverges) -> Made:
    """As many of the changes that are good alone as go together."""
    while len(good) > 1:
        halves = [good[: len(good) // 2], good[len(good) // 2 :]]
        tried = [good, *halves] if len(good) > 2 else [good]
        answers = _ask(made, [_composed(one) for one in tried], diverges)
        right = [one for one, still in zip(tried, answers, strict=True) if still]
        if right:
            return _composed(max(right, key=len))(made)
        good = good[: len(good) // 2]
    return good[0](made)


def _composed(changes: Sequence[Change]) -> Change:
    def change(made: Made) -> Made:
        for one in changes:
            made = one(made)
        return made

    return change


def size(made: Made) -> int:
    """What shrinking makes smaller."""
    return (
        sum(5 + len(step.after) + len(repr(step)) // 40 for step in made.steps)
        + 5 * len(made.boxes)
        + len(made.params)
    )


# --- what may be left out -------------------------------------------------------------------------


def _changes(made: Made) -> Iterator[Change]:
    """Larger ones first."""
    ids = [step.id for step in made.steps]
    if len(ids) > 3:
        for part in (4, 2):
            width = max(1, len(ids) // part)
            for start in range(0, len(ids), width):
                yield _dropping(ids[start : start + width])
    for box in made.boxes:
        yield _dropping([box.id])
    for id in ids:
        yield _dropping([id])
    if made.leaf:
        yield lambda made: replace(made, leaf=False)
    for box in made.boxes:
        yield from (_box_without_edge(box.id, edge) for edge in box.after)
        if box.each != NO_LIST:
            yield _box_list(box.id, NO_LIST)
            yield _box_list(box.id, [1])
    for step in made.steps:
        yield from _of_step(step)
    for param in made.params:
        yield _without_param(param.name)


def _dropping(ids: Sequence[str]) -> Change:
    return _composed([lambda made, id=id: without(made, id) for id in ids])  # type: ignore[misc]


def _of_step(step: Step) -> Iterator[Change]:
    for edge in step.after:
        yield _set(step.id, "after", tuple(one for one in step.after if one != edge))
    simple = Step(step.id, step.kind)
    for name in (
        "rule", "when", "each", "parallel", "retries", "timeout", "at", "reads", "direct",
        "otherwise", "allow_failure", "cases",
    ):  # fmt: skip
        if getattr(step, name) != getattr(simple, name):
            yield _set(step.id, name, getattr(simple, name))
    for index, _ in step.at:
        yield _set(step.id, "at", tuple(one for one in step.at if one[0] != index))
    for read in step.reads:
        yield _set(step.id, "reads", tuple(one for one in step.reads if one != read))
    if step.condition and step.condition not in ("1 > 2", "1 < 2"):
        yield _set(step.id, "condition", "1 > 2")
        yield _set(step.id, "condition", "1 < 2")
    if isinstance(step.each, str) and step.each != NO_LIST:
        yield _set(step.id, "each", [1])
    if isinstance(step.each, list) and len(step.each) > 1:
        yield _set(step.id, "each", step.each[:1])
    if step.works:
        yield _replacing(
            step.id,
            replace(
                simple,
                kind="noop",
                after=step.after,
                rule=step.rule,
                each=step.each,
                teardown_of=step.teardown_of,
            ),
        )
        if step.plan != Plan():
            yield _set(step.id, "plan", Plan())
            yield _set(step.id, "plan", replace(step.plan, returns=None, echoes=False))
    if step.plan.sleeps:
        yield _set(step.id, "plan", replace(step.plan, sleeps=False))


def _set(id: str, name: str, value: object) -> Change:
    def change(made: Made) -> Made:
        steps = tuple(
            replace(step, **{name: value}) if step.id == id else step for step in made.steps
        )
        return replace(made, steps=steps)

    return change


def _replacing(id: str, new: Step) -> Change:
    def change(made: Made) -> Made:
        steps = tuple(new if step.id == id else step for step in made.steps)
        return replace(made, steps=steps)

    return change


def _box_without_edge(id: str, edge: str) -> Change:
    def change(made: Made) -> Made:
        boxes = tuple(
            replace(box, after=tuple(one for one in box.after if one != edge))
            if box.id == id
            else box
            for box in made.boxes
        )
        return replace(made, boxes=boxes)

    return change


def _box_list(id: str, each: object) -> Change:
    def change(made: Made) -> Made:
        boxes = tuple(replace(box, each=each) if box.id == id else box for box in made.boxes)
        return replace(made, boxes=boxes)

    return change


def _without_param(name: str) -> Change:
    def change(made: Made) -> Made:
        return replace(made, params=tuple(one for one in made.params if one.name != name))

    return change
