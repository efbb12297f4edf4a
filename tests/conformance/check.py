"""Cases against one engine: what ran, what was refused, what diverged; and the shrinking of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dagglot.semantics.simulate import UnansweredError

from . import engines
from .generate import generate
from .model import Made
from .oracle import Case, Difference, InvalidError, case, differences
from .shrink import shrink
from .write import given, text

Progress = Callable[[str], None]


@dataclass
class Divergence:
    """A case whose run is not what the semantics say."""

    case: Case
    differences: list[Difference]
    repeats: bool = True
    """Whether it came again when it was run once more, alone."""


@dataclass
class Count:
    """What became of the pipelines that one engine was given."""

    target: str
    quick: bool = True
    """With what makes runs faster, or as a user has them."""
    made: int = 0
    ran: int = 0
    tasks: int = 0
    invalid: dict[str, str] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    refusals: int = 0
    diverged: list[Divergence] = field(default_factory=list)
    seconds: float = 0.0
    traces: dict[str, tuple[str, Any]] = field(default_factory=dict)
    """By pipeline: its text and its states, to hold engines against each other."""

    @property
    def equal(self) -> int:
        return self.ran - len(self.diverged)


def is_exact(target: str) -> bool:
    """Whether a target obeys the table without tolerance."""
    return not target.startswith("airflow")


def cases(seed: int, numbers: Sequence[int], target: str, count: Count) -> list[Case]:
    """The documents of some numbers for what a target supports."""
    supported = engines.supported(target)
    found = []
    for number in numbers:
        count.made += 1
        made = generate(seed, number, supported)
        try:
            one = case(made)
            _ = one.simulated
            found.append(one)
        except (InvalidError, UnansweredError) as wrong:
            count.invalid[made.id] = str(wrong)
    return found


def check(some: Sequence[Case], target: str, count: Count) -> engines.Answer:
    """Run cases and add what became of them."""
    answer = engines.run(target, some, quick=count.quick)
    count.seconds += answer.seconds
    for one in some:
        if one.id in answer.refused:
            count.refused.update(answer.refused[one.id])
            count.refusals += 1
            continue
        count.ran += 1
        found = _differences(one, target, answer)
        trace = answer.traces.get(one.id, {"tasks": [], "run": None})
        count.tasks += len(trace["tasks"])
        states = {(task["id"], task["index"]): task["state"] for task in trace["tasks"]}
        count.traces[one.id] = (one.text, (states, trace["run"]))
        if found:
            count.diverged.append(Divergence(one, found))
    return answer


def _differences(one: Case, target: str, answer: engines.Answer) -> list[Difference]:
    if one.id in answer.broken:
        return [Difference("the run", "a trace", answer.broken[one.id])]
    trace = answer.traces[one.id]
    found = differences(one, trace, answer.starts[one.id], exact=is_exact(target))
    if found and not trace["tasks"]:
        return [Difference("the run", "a trace", trace.get("error") or "no task")]
    return found


def confirm(found: Sequence[Divergence], count: Count) -> None:
    """Run what diverged once more: what does not come again depended on the moment."""
    again = Count(count.target, count.quick)
    check([one.case for one in found], count.target, again)
    repeated = {one.case.id for one in again.diverged}
    for one in found:
        one.repeats = one.case.id in repeated


# --- shrinking ------------------------------------------------------------------------------------


def kind_of(one: Difference) -> str:
    """What kind of difference it is, whatever the names are."""
    what = one.what.partition(" ")[2]
    if one.what == "the run":
        last = str(one.seen).strip().splitlines()[-1:]
        return "no trace: " + re.sub(r"\d+", "", "".join(last))[:80]
    if one.what == "run":
        return f"run {one.expected} {one.seen}"
    return what or f"{one.expected} {one.seen}"


def smallest(found: Divergence, target: str, progress: Progress) -> Divergence:
    """The same divergence in as small a pipeline as can be found."""
    # what is told first is furthest upstream: the rest follows from it
    wanted = kind_of(found.differences[0])
    best: dict[str, Divergence] = {}

    def diverges(candidates: Sequence[Made]) -> list[bool]:
        ready: list[Case] = []
        for made in candidates:
            try:
                one = case(made)
                _ = one.simulated
                ready.append(one)
            except (InvalidError, UnansweredError):
                continue
        count = Count(target)
        check(ready, target, count)
        good = {
            one.case.id: one
            for one in count.diverged
            if wanted in {kind_of(each) for each in one.differences}
        }
        best.update(good)
        return [made.id in good for made in candidates]

    made = shrink(found.case.made, diverges, progress)
    final = replace(made, id=found.case.id)
    diverges([final])
    return best.get(final.id, found)


def described(found: Divergence, target: str) -> str:
    """A divergence as YAML to paste into a case folder, with what was expected and seen."""
    one = found.case
    expect = {instance.name: instance.state.value for instance in one.simulated.instances} | {
        "run": one.simulated.run
    }
    document = text(one.made, {"it": {"given": given(one.made), "expect": expect}})
    seen = "\n".join(f"#   {difference}" for difference in found.differences)
    once = "" if found.repeats else "# it did not come again when it was run alone\n"
    return f"# {target}, {one.id}\n{once}{seen}\n{document}"
