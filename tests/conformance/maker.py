"""A random pipeline in the making: its choices, its bodies, its tasks."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final

from .model import ALWAYS, NO_LIST, Box, Made, Param, Plan, Step

RULES: Final = (
    "all_failed",
    "all_done",
    "all_done_min_one_success",
    "all_skipped",
    "one_failed",
    "one_success",
    "one_done",
    "none_failed",
    "none_failed_min_one_success",
    "none_skipped",
)
LISTS: Final = (["a", "b"], ["a", "b", "c"], ["b"], [1, 2, 3], [{"n": 1}, {"n": 5}])
NO_LISTS: Final[tuple[Any, ...]] = ("a", None, 3, {"n": 1}, True)


class Maker:
    """A pipeline in the making; ``inside`` is the group that is open, a path or nothing."""

    def __init__(self, rng: random.Random, supported: Collection[str]) -> None:
        self.rng = rng
        self.supported = supported
        self.steps: list[Step] = []
        self.boxes: list[Box] = []
        self.params: dict[str, Param] = {}
        self.inside = ""
        self.number = 0
        self.mapped = False
        """Whether the open group, or one around it, has ``for_each``."""

    # --- choices --------------------------------------------------------------------------------

    def can(self, *features: str) -> bool:
        return all(feature in self.supported for feature in features)

    def chance(self, probability: float, *features: str) -> bool:
        """By chance, where the target can do it; draws in any case, so that targets stay close."""
        return self.rng.random() < probability and self.can(*features)

    def one(self, values: Any) -> Any:
        return self.rng.choice(list(values))

    def rule(self, plain: float = 0.0) -> str:
        """Any rule; drawn in any case, so that what one target lacks changes no other task."""
        plainly, rule = self.rng.random() < plain, str(self.one(RULES))
        able = self.can("trigger-rule-" + rule.replace("_", "-"))
        return rule if able and not plainly else "all_success"

    def name(self, word: str) -> str:
        self.number += 1
        return f"{self.inside}.{word}{self.number}" if self.inside else f"{word}{self.number}"

    # --- what there is --------------------------------------------------------------------------

    def known(self) -> list[str]:
        """What a new task may stand below: siblings, and what is outside the open group."""
        open_groups = {self.inside[: len(self.inside) - cut] for cut in range(len(self.inside))}
        closed = [
            box.id
            for box in self.boxes
            if box.id not in open_groups and not (self.inside and box.id == self.inside)
        ]
        return [step.id for step in self.steps if not step.teardown_of] + closed

    def siblings(self) -> list[str]:
        prefix = f"{self.inside}." if self.inside else ""
        return [id for id in self.known() if id.startswith(prefix)]

    def some(self, most: int = 3) -> tuple[str, ...]:
        """Some of the tasks so far, rather the last ones."""
        near = self.siblings()
        if self.inside and self.rng.random() < 0.12:
            near = self.known()
        if not near:
            return ()
        count = self.rng.randint(1, min(most, len(near)))
        chosen: dict[str, None] = {}
        for _ in range(count):
            back = min(int(self.rng.expovariate(0.4)), len(near) - 1)
            chosen[near[-1 - back]] = None
        return tuple(chosen)

    def readable(self, ids: tuple[str, ...]) -> list[Step]:
        return [step for step in self.steps if step.id in ids]

    def is_list(self, step: Step) -> bool:
        """Whether what reads its output from here sees a list of all elements."""
        if step.each != NO_LIST:
            return True
        boxes = [box for box in self.boxes if box.each != NO_LIST]
        return any(
            step.id.startswith(f"{box.id}.") and not f"{self.inside}.".startswith(f"{box.id}.")
            for box in boxes
        )

    def param(self, name: str, values: tuple[Any, ...]) -> str:
        if name not in self.params:
            given = self.one(values) if self.rng.random() < 0.5 else NO_LIST
            self.params[name] = Param(name, self.one(values), given)
        return f"params.{name}"

    # --- behaviour ------------------------------------------------------------------------------

    def plan(self, kind: str, good: float = 0.55) -> Plan:
        """How a body behaves."""
        plan = Plan(returns=self.returns(kind))
        luck = self.rng.random()
        fate = self.rng.random()
        if luck < good:
            return plan
        if fate < 0.45:
            return replace(plan, fails=ALWAYS)
        if fate < 0.65 and self.can("retries-constant"):
            return replace(plan, fails=self.one((1, 1, 2)))
        if kind == "shell":
            return replace(plan, skips=self.can("skip-exit-code"))
        return replace(plan, skips=self.can("skip-on"))

    def returns(self, kind: str) -> Any:
        number, word = self.one((0, 1, 2, 5, 7)), self.one(("a", "b", "seven"))
        return word if kind == "shell" else {"n": number, "word": word}

    def condition(self, above: tuple[str, ...], item: bool) -> str:
        """An expression of some truth; reads what is written as an edge, else params."""
        choices: list[str] = []
        for step in self.readable(above):
            output = f"tasks.{step.id}.output"
            if step.plan.echoes or not self.can("task-output"):
                continue
            if self.is_list(step):
                choices += [
                    f"len({output}) > {self.one((0, 1, 2))}",
                    f"len(default({output}, [])) > 1",
                ]
            elif step.kind == "python" and isinstance(step.plan.returns, dict):
                choices += [
                    f"{output}.n > {self.one((0, 1, 3, 5))}",
                    f"default({output}.n, 0) {self.one(('>', '<', '=='))} {self.one((0, 1, 2))}",
                    f"{output}.word == 'a' or {self.param('flag', (True, False))}",
                ]
            elif step.kind == "shell":
                choices += [f"{output} == 'a'", f"default({output}, 'b') in ['b', 'seven']"]
            elif step.kind == "gate":
                choices.append(f"default({output}, false)")
        if item:
            choices += ["index == 0", "index > 0", "index != 1", "index % 2 == 1"] * 2
        if not choices or self.rng.random() < 0.3:
            choices = [
                self.param("flag", (True, False)),
                f"not {self.param('flag', (True, False))}",
                f"{self.param('limit', (1, 2, 3))} > {self.one((0, 1, 2, 3))}",
                f"{self.param('word', ('a', 'b'))} == 'a'",
            ]
        return str(self.one(choices))

    def reads(self, kind: str, above: tuple[str, ...], item: bool) -> tuple[str, ...]:
        found = []
        for step in self.readable(above):
            output = f"tasks.{step.id}.output"
            if self.rng.random() < 0.5 or not self.can("task-output"):
                continue
            if kind == "shell":
                found.append(f"default({output}, 'nothing')")
            elif step.plan.echoes:
                found.append(output)
            elif isinstance(step.plan.returns, dict) and self.rng.random() < 0.3:
                below = output if not self.is_list(step) else f"{output}[0]"
                found.append(self.one((f"{below}.n", f"default({below}.n, 0)")))
            else:
                found.append(output)
        if item and self.rng.random() < 0.3:
            found.append("item" if kind == "python" else "index")
        return tuple(found)

    # --- tasks ----------------------------------------------------------------------------------

    def add(self, step: Step) -> str:
        self.steps.append(replace(step, after=tuple(dict.fromkeys(step.after))))
        return step.id

    def work(
        self,
        after: tuple[str, ...] = (),
        rule: str = "all_success",
        plan: Plan | None = None,
        kind: str = "",
        **more: Any,
    ) -> str:
        """A task that does something, or nothing; its options by chance."""
        kind = kind or self.one(
            [one for one in ("python", "python", "python", "shell", "noop") if self.can(one)]
        )
        each = more.get("each", NO_LIST)
        item = self.mapped or each != NO_LIST
        if self.chance(0.08, "when") and "when" not in more:
            more["when"] = self.condition(after, item)
        if kind == "noop":
            return self.add(Step(self.name("none"), kind, after, rule, **more))
        plan = plan or self.plan(kind)
        if plan.fails > 0 or self.rng.random() < 0.12:
            more.setdefault("retries", self.one((0, 1, 2)) if self.can("retries-constant") else 0)
        if plan.fails and not item and self.chance(0.12, "task-timeout"):
            more["timeout"], plan = True, replace(plan, sleeps=True)
            more["retries"] = min(more.get("retries", 0), 1)
        elif self.chance(0.02, "task-timeout"):
            more["timeout"] = True
        if plan.fails and self.chance(0.12, "allow-failure"):
            more["allow_failure"] = True
        more.setdefault("reads", self.reads(kind, after, item))
        if kind == "python" and more["reads"] and self.rng.random() < 0.5:
            plan = replace(plan, echoes=True)
        if item:
            more["at"] = self.at(kind, plan)
        return self.add(Step(self.name(kind[:2]), kind, after, rule, plan=plan, **more))

    def at(self, kind: str, plan: Plan) -> tuple[tuple[int, Plan], ...]:
        """Single elements that behave otherwise."""
        indexes = [index for index in range(3) if self.rng.random() < 0.35]
        plans = (self.plan(kind, good=0.25) for _ in indexes)
        return tuple(
            (index, replace(one, echoes=plan.echoes))
            for index, one in zip(indexes, plans, strict=True)
        )

    def drain(self, after: tuple[str, ...], **more: Any) -> str:
        """A task whose list is another's output, a constant, or a param."""
        each, source = self.list(after)
        if source and source not in after:
            after = (*after, source)
        if self.chance(0.15, "for-each-max-parallel"):
            more["parallel"] = self.one((1, 2))
        return self.work(
            after, kind=self.one(("python", "python", "shell", "noop")), each=each, **more
        )

    def list(self, above: tuple[str, ...]) -> tuple[Any, str]:
        """What a ``for_each`` goes over, and the task that makes it."""
        luck = self.rng.random()
        if luck < 0.3 or not self.can("task-output"):
            return self.one((*LISTS, [])), ""
        if luck < 0.4 and self.can("param-list"):
            return self.param("names", (["a"], ["a", "b"], [])), ""
        returns = self.one((*LISTS, *LISTS, [], self.one(NO_LISTS)))
        plan = Plan(returns=returns, fails=ALWAYS if self.rng.random() < 0.1 else 0)
        source = self.add(Step(self.name("list"), "python", above[:1], plan=plan))
        return f"tasks.{source}.output", source

    def made(self, id: str) -> Made:
        leaf = self.chance(0.15, "fail-run-on-leaf")
        return Made(id, tuple(self.steps), tuple(self.boxes), tuple(self.params.values()), leaf)
