"""Random pipelines with scenarios, by seed and number; biased towards corners.

Knows the language as a user does and nothing of how it is lowered or simulated. What a target does
not support is named by features, in the words of ``accept:``, and left out.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from typing import Any, Final

from .maker import RULES, Maker
from .model import Made
from .motifs import CALM_WEIGHTS, MOTIFS

SMALLEST: Final = 3
LARGEST: Final = 20


class Everything(Collection[str]):
    """Every feature: nothing is left out."""

    def __contains__(self, feature: object) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


EVERYTHING: Final = Everything()

CALM: Final = 0.2
"""The share of pipelines without what hardly any user writes, but all of it together: for those a
target may do with its own control flow alone."""
UNREST: Final = frozenset(
    {
        *("when", "skip-on", "skip-exit-code", "allow-failure", "teardown", "fail-run-on-leaf"),
        *("for-each", "group-for-each"),
        *(f"trigger-rule-{rule.replace('_', '-')}" for rule in RULES),
    }
) - {"trigger-rule-none-failed", "trigger-rule-none-failed-min-one-success"}  # fmt: skip


class Calm(Everything):
    """What is left of some features."""

    def __init__(self, supported: Collection[str]) -> None:
        self.supported = supported

    def __contains__(self, feature: object) -> bool:
        return feature not in UNREST and feature in self.supported


def generate(seed: int, number: int, supported: Collection[str] = EVERYTHING) -> Made:
    """The pipeline of a seed and a number: always the same for the same supported features."""
    rng = random.Random(f"conformance {seed} {number}")  # noqa: S311 - no secret
    # drawn apart: what the others are does not depend on it
    calm = random.Random(f"calm {seed} {number}").random() < CALM  # noqa: S311
    if calm:
        supported = Calm(supported)
    wanted = rng.choice((3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18))
    while True:
        maker = Maker(rng, supported)
        weights = [
            (motif, (CALM_WEIGHTS if calm else {}).get(motif, weight), needs)
            for motif, weight, needs in MOTIFS
        ]
        motifs = [(motif, weight) for motif, weight, needs in weights if maker.can(*needs)]
        while len(maker.steps) < wanted:
            chosen: Callable[[Maker], None]
            (chosen,) = rng.choices([one for one, _ in motifs], [weight for _, weight in motifs])
            chosen(maker)
        if SMALLEST <= len(maker.steps) <= LARGEST:
            return maker.made(f"random_{seed}_{number}")
