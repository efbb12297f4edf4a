"""Small shapes that pipelines are put together from: each adds tasks below some that are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from .maker import Maker
from .model import ALWAYS, NO_LIST, Box, Plan, Step


def anything(make: Maker) -> None:
    above = make.some()
    make.work(above, make.rule(plain=0.4) if above else "all_success")


def skip_next_to_failure(make: Maker) -> None:
    """A join below one task that fails and one that skips, or nearly."""
    above = make.some(1) if make.chance(0.5) else ()
    fails = make.work(above, plan=Plan(fails=ALWAYS), kind="python")
    skips: list[str] = []
    if make.can("skip-on"):
        skips.append(make.work(above, plan=Plan(skips=True), kind="python"))
    elif make.can("when"):
        skips.append(make.work(above, kind="python", when="1 > 2"))
    good = [make.work(above)] if make.chance(0.5) else []
    join = make.work((fails, *skips, *good), make.rule(plain=0.3))
    if make.chance(0.5):
        make.work((join, *make.some(1)[:1]) if make.chance(0.5) else (join,), make.rule(plain=0.4))


def gate(make: Maker) -> str:
    above = make.some(2) if make.chance(0.7) else ()
    direct = make.chance(0.4)
    kind = "gate-direct" if direct else "gate-all-downstream"
    if not make.can(kind):
        direct = not direct
    rule = make.rule(plain=0.75) if above else "all_success"
    when = make.condition(above, make.mapped) if make.chance(0.05, "when") else ""
    if make.chance(0.5):
        condition = make.condition(above, make.mapped)
        step = Step(
            make.name("gate"), "gate", above, rule, when, condition=condition, direct=direct
        )
    else:
        plan = Plan(returns=make.chance(0.35), fails=make.one((0, 0, 0, 0, 0, 1, ALWAYS)))
        at = tuple(
            (index, replace(plan, returns=not plan.returns))
            for index in (0, 2)
            if make.mapped and make.chance(0.5)
        )
        retries = make.one((0, 1)) if plan.fails and make.can("retries-constant") else 0
        step = Step(
            make.name("gate"),
            "gate",
            above,
            rule,
            when,
            retries=retries,
            plan=plan,
            at=at,
            direct=direct,
        )
    return make.add(step)


def gated(make: Maker) -> None:
    """What stands below a gate, and below that, with rules that would run in spite of it."""
    below = gate(make)
    other = make.some(1) if make.chance(0.5) else ()
    first = make.work((below,), make.rule(plain=0.6))
    if make.chance(0.4):
        make.work((below, *other), make.rule(plain=0.3))
    second = make.work((first, *other), make.rule(plain=0.2))
    if make.chance(0.3):
        make.work((second, below), make.rule(plain=0.2))


def two_gates(make: Maker) -> None:
    first = gate(make)
    middle = make.work((first,), make.rule(plain=0.7))
    make.work((middle,), make.rule(plain=0.5))
    second = gate(make)
    make.work((second, middle), make.rule(plain=0.3))


def branch(make: Maker) -> None:
    """A branch, what it may choose, and a join."""
    above = make.some(2) if make.chance(0.6) else ()
    rule = make.rule(plain=0.8) if above else "all_success"
    place = len(make.steps)
    id = make.add(Step(make.name("pick"), "branch", above, rule))
    choices: list[str] = []
    last: list[str] = []
    for _ in range(make.one((1, 2, 2, 3, 3, 4))):
        after = (id, choices[-1]) if choices and make.chance(0.25) else (id,)
        one = make.work(after, make.rule(plain=0.85))
        choices.append(one)
        last.append(make.work((one,), make.rule(plain=0.7)) if make.chance(0.25) else one)
    if make.chance(0.2, "group") and not make.inside:
        choices.append(group(make, after=(id,)))
        last.append(choices[-1])
    made = make.steps[place]
    chosen = tuple(one for one in choices if make.chance(0.45))
    if make.chance(0.5):
        others = tuple(one for one in choices if make.chance(0.3))
        cases = [(make.condition(above, make.mapped), chosen or (choices[0],))]
        if make.chance(0.5):
            cases.append((make.condition(above, make.mapped), (make.one(choices),)))
        otherwise = others if make.chance(0.6) else ()
        made = replace(made, cases=tuple(cases), otherwise=otherwise)
    else:
        returns = ["nowhere"] if make.chance(0.06) else list(chosen)
        plan = Plan(returns=returns, fails=make.one((0, 0, 0, 0, 0, 0, 1, ALWAYS)))
        plan = replace(plan, fails=0) if returns == ["nowhere"] else plan
        at = tuple(
            (index, replace(plan, returns=[make.one(choices)], fails=0))
            for index in (0, 1)
            if make.mapped and make.chance(0.5)
        )
        retries = make.one((0, 1)) if plan.fails and make.can("retries-constant") else 0
        made = replace(made, plan=plan, at=at, retries=retries)
    make.steps[place] = made
    if make.chance(0.8):
        joins = ("none_failed_min_one_success", "none_failed", "one_success", "all_done")
        able = [one for one in joins if make.can("trigger-rule-" + one.replace("_", "-"))]
        rule = make.one(able) if able and make.chance(0.6) else make.rule(plain=0.3)
        join = make.work(tuple(last), rule)
        if make.chance(0.4):
            make.work((join, *make.some(1)) if make.chance(0.4) else (join,), make.rule(plain=0.5))


def routed(make: Maker) -> None:
    """What most users write: a gate or a branch, work below it, and a join of what was chosen."""
    above = make.some(1) if make.chance(0.5) else ()
    if not make.can("branch") or make.chance(0.3):
        decider = Step(make.name("gate"), "gate", above, plan=Plan(returns=make.chance(0.6)))
        first = make.work((make.add(decider),))
        make.work((first,))
        return
    id = make.name("pick")
    place = len(make.steps)
    make.add(Step(id, "branch", above))
    arms = [make.work((id,)) for _ in range(make.one((2, 2, 3)))]
    chosen = tuple(one for one in arms if make.chance(0.6))
    if make.chance(0.5):
        cases = ((make.condition(above, make.mapped), chosen or (arms[0],)),)
        made = replace(make.steps[place], cases=cases, otherwise=(arms[-1],))
    else:
        made = replace(make.steps[place], plan=Plan(returns=list(chosen)))
    make.steps[place] = made
    last = [make.work((one,)) if make.chance(0.4) else one for one in arms]
    joins = "none_failed_min_one_success"
    able = make.can("trigger-rule-none-failed-min-one-success")
    # reads would ask what was chosen
    kind = make.one([one for one in ("python", "noop") if make.can(one)])
    make.work(tuple(last), joins if able else "all_success", kind=kind, reads=())


def fan_out(make: Maker) -> None:
    """A task per element, and rules below that see its instances."""
    if make.mapped:
        return anything(make)
    above = make.some(2) if make.chance(0.5) else ()
    mapped = make.drain(above, rule=make.rule(plain=0.8) if above else "all_success")
    for _ in range(make.one((1, 1, 2))):
        others = make.some(1) if make.chance(0.4) else ()
        make.work(tuple(dict.fromkeys((mapped, *others))), make.rule(plain=0.25))
    if make.chance(0.15):
        step = next(one for one in make.steps if one.id == mapped)
        if not step.plan.echoes:
            make.work(
                (mapped,),
                make.rule(plain=0.6),
                kind="python",
                each=f"default(tasks.{mapped}.output, [])",
            )
    return None


def group(make: Maker, after: tuple[str, ...] | None = None, each: Any = NO_LIST) -> str:
    """A group with shapes in it."""
    outside, mapped = make.inside, make.mapped
    if after is None:
        after = make.some(2) if make.chance(0.6) else ()
    make.inside = make.name("group")
    make.mapped = mapped or each != NO_LIST
    id, begun = make.inside, len(make.steps)
    for _ in range(make.one((1, 1, 2))):
        inner = (anything, anything, skip_next_to_failure, gated, branch, nested)
        needs = {"gated": ("gate-direct",), "branch": ("branch",)}
        chosen = make.one([one for one in inner if make.can(*needs.get(one.__name__, ()))])
        chosen(make)
    if not any(step.teardown_of == () for step in make.steps[begun:]):
        make.work()
    make.inside, make.mapped = outside, mapped
    make.boxes.append(Box(id, tuple(dict.fromkeys(after)), each))
    return id


def nested(make: Maker) -> None:
    """A group in a group, or a plain one; two deep at most."""
    if make.inside.count(".") >= 1:
        return anything(make)
    group(make)
    return None


def grouped(make: Maker) -> None:
    id = group(make)
    make.work((id, *make.some(1)) if make.chance(0.4) else (id,), make.rule(plain=0.4))


def mapped_group(make: Maker) -> None:
    """A group per element, with gates and branches inside, and rules below it."""
    above = make.some(1) if make.chance(0.4) else ()
    each, source = make.list(above)
    after = tuple(dict.fromkeys((*above, source))) if source else above
    id = group(make, after, each)
    for _ in range(make.one((0, 1, 1, 2))):
        inner = [step.id for step in make.steps if step.id.startswith(f"{id}.")]
        below = (id,) if make.chance(0.6) else (make.one(inner),)
        others = make.some(1) if make.chance(0.3) else ()
        make.work(tuple(dict.fromkeys((*below, *others))), make.rule(plain=0.3))


def torn_down(make: Maker) -> None:
    """A set-up, work that may fail or be gated, and the teardown."""
    closes = make.chance(0.3, "gate-all-downstream") and gate(make)
    setup = make.work((closes,) if closes else make.some(1))
    last = make.work((setup,), make.rule(plain=0.7))
    if make.chance(0.4, "gate-all-downstream"):
        last = make.add(
            Step(make.name("gate"), "gate", (last,), plan=Plan(returns=make.chance(0.3)))
        )
        last = make.work((last,), make.rule(plain=0.6))
    more = make.some(1) if make.chance(0.3) else ()
    kind = make.one(("python", "python", "shell", "noop"))
    after = tuple(dict.fromkeys((last, *more))) if make.chance(0.9) else ()
    of = (setup,) if make.chance(0.8) else tuple(dict.fromkeys((setup, last)))
    others = [step.id for step in make.steps if step.teardown_of]
    if others and not make.inside and make.chance(0.2):
        after = (*after, others[-1])  # only a teardown may wait for one
    make.work(after, kind=kind, plan=make.plan(kind, good=0.7), teardown_of=of)


Needs = tuple[str, ...]
MOTIFS: Final[tuple[tuple[Callable[[Maker], None], int, Needs], ...]] = (
    (anything, 30, ()),
    (skip_next_to_failure, 12, ()),
    (gated, 14, ("gate-all-downstream",)),
    (two_gates, 5, ("gate-all-downstream", "gate-direct")),
    (branch, 14, ("branch",)),
    (routed, 0, ("gate-all-downstream",)),
    (fan_out, 14, ("for-each",)),
    (grouped, 6, ("group",)),
    (mapped_group, 8, ("group", "group-for-each")),
    (torn_down, 8, ("teardown",)),
)
CALM_WEIGHTS: Final[Mapping[Callable[[Maker], Any], int]] = {
    routed: 12,
    **dict.fromkeys((skip_next_to_failure, gated, branch), 3),
    two_gates: 1,
}
"""In a calm pipeline: little that looks for trouble."""
