"""``python -m tests.conformance``: random pipelines on the real orchestrators, against the
semantics. Exit code 1 on a divergence."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from . import engines
from .check import Count, Divergence, cases, check, confirm, described, kind_of, smallest

SAID = sys.stdout


def main(words: Sequence[str] | None = None) -> int:
    asked = _arguments().parse_args(words)
    numbers = (
        [asked.pipeline]
        if asked.pipeline is not None
        else list(range(asked.first, asked.first + asked.n))
    )
    say(f"seed {asked.seed}, pipelines {numbers[0]} to {numbers[-1]}")
    counts = [one_engine(target, numbers, asked) for target in asked.targets]
    say("")
    for count in counts:
        say(summary(count))
    if len(counts) > 1:
        say(alike(counts))
    if asked.json:
        Path(asked.json).write_text(json.dumps([as_json(one) for one in counts], indent=1))
    wrong = any(count.diverged or count.invalid for count in counts)
    return 1 if wrong else 0


def one_engine(target: str, numbers: Sequence[int], asked: argparse.Namespace) -> Count:
    count = Count(target, not asked.plain)
    for start in range(0, len(numbers), asked.batch):
        ready = cases(asked.seed, numbers[start : start + asked.batch], target, count)
        before = len(count.diverged)
        check(ready, target, count)
        if new := count.diverged[before:]:
            confirm(new, count)
            for one in new:
                say(told(one, target))
        each = count.seconds / max(1, count.ran)
        say(
            f"{target}: {count.made} made, {count.ran} ran, {count.refusals} refused, "
            f"{len(count.diverged)} diverged, {each:.2f} s each"
        )
    for id, why in count.invalid.items():
        say(f"{target}: {id} is no valid document: {why}")
    report(count, asked)
    return count


def told(one: Divergence, target: str) -> str:
    """A divergence in a line, as soon as it is known: a long run may be broken off."""
    once = "" if one.repeats else " (once)"
    return f"{target} {one.case.id}{once}: {one.differences[0]}"


def report(count: Count, asked: argparse.Namespace) -> None:
    """Every divergence in a line; the first of each kind shrunk, as a document."""
    for one in count.diverged:
        say(told(one, count.target))
    kinds: set[str] = set()
    for one in count.diverged:
        kind = kind_of(one.differences[0])
        if kind in kinds or len(kinds) >= asked.shrink or not one.repeats:
            continue
        kinds.add(kind)
        small = smallest(one, count.target, lambda line: say(f"  {line}"))
        say("\n" + described(small, count.target))
        if asked.out:
            folder = Path(asked.out)
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / f"{count.target}-{one.case.id}.yaml"
            file.write_text(described(small, count.target))


def summary(count: Count) -> str:
    each = count.seconds / max(1, count.ran)
    line = (
        f"{count.target:13} {count.ran:5} ran ({count.tasks} tasks), {count.equal} as the semantics"
        f" say, {len(count.diverged)} not; {count.refusals} refused; {each:.2f} s each"
    )
    for feature, times in count.refused.most_common():
        line += f"\n{'':15}refused for {feature}: {times}"
    return line


def alike(counts: Sequence[Count]) -> str:
    """How many pipelines were the same text on every engine, and ended the same on all."""
    common = set.intersection(*(set(count.traces) for count in counts))
    same = [id for id in common if len({count.traces[id][0] for count in counts}) == 1]
    equal = [
        id for id in same if all(count.traces[id][1] == counts[0].traces[id][1] for count in counts)
    ]
    return (
        f"{len(same)} pipelines ran on all of {len(counts)} engines; "
        f"{len(equal)} ended alike on all of them"
    )


def as_json(count: Count) -> dict[str, object]:
    return {
        "target": count.target,
        "made": count.made,
        "ran": count.ran,
        "tasks": count.tasks,
        "refused": dict(count.refused),
        "refusals": count.refusals,
        "invalid": count.invalid,
        "diverged": {
            one.case.id: {"repeats": one.repeats, "differences": [str(d) for d in one.differences]}
            for one in count.diverged
        },
        "seconds": round(count.seconds, 1),
    }


def say(line: str) -> None:
    SAID.write(f"{line}\n")
    SAID.flush()


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("-n", type=int, default=200, help="how many pipelines for each engine")
    parser.add_argument("--first", type=int, default=0, help="the number of the first pipeline")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1_000_000)
    parser.add_argument("--pipeline", type=int, help="only the pipeline of this number")
    parser.add_argument("--targets", nargs="+", default=list(engines.TARGETS))
    parser.add_argument("--batch", type=int, default=50, help="pipelines in one process")
    parser.add_argument("--plain", action="store_true", help="without what makes runs faster")
    parser.add_argument("--shrink", type=int, default=3, help="how many kinds are made smaller")
    parser.add_argument("--out", help="a folder for the divergences")
    parser.add_argument("--json", help="a file for the counts")
    return parser


if __name__ == "__main__":
    sys.exit(main())
