"""``python -m tests.benchmarks``: the table of ratios; nothing here passes or fails."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict

from dagglot.targets import registry

from . import suite
from .measure import Children, Row, scratch

BENCHMARKS = {
    "throughput": suite.throughput,
    "cold-start": suite.cold_start,
    "no-op": suite.no_op,
    "scale": suite.scale,
    "diff": suite.diff,
}


def main(words: Sequence[str] | None = None) -> None:
    """Measure what is asked for, and print it as it comes."""
    parser = _arguments()
    asked = parser.parse_args(words)
    if unknown := set(asked.benchmark) - set(BENCHMARKS):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    targets = tuple(asked.target or registry.NAMES)
    settings = suite.Settings(targets, asked.rounds)
    if asked.quick:
        settings = suite.Settings(targets, min(asked.rounds, 3), files=20, many=100, large=100)
    rows: list[Row] = []
    for name in asked.benchmark or BENCHMARKS:
        with scratch() as folder:
            for row in BENCHMARKS[name](settings, folder, Children(folder)):
                if not asked.json:
                    _say(_line(row))
                rows.append(row)
    if asked.json:
        about = {"python": platform.python_version(), "machine": platform.machine()}
        _say(json.dumps({**about, "rows": [asdict(row) for row in rows]}, indent=1))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("benchmark", nargs="*", help=f"of {', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("-t", "--target", action="append", choices=registry.NAMES)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (5)")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, fewer rounds")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    return parser


def _line(row: Row) -> str:
    gate = f"{row.gate:6.1f}" if row.gate is not None else "     –"
    parts = f"{_amount(row.measured, row.unit)} / {_amount(row.against, row.unit)}"
    over = " over" if row.gate is not None and row.ratio > row.gate else ""
    return (
        f"{row.benchmark:14} {row.what:38} {row.ratio:7.2f}  gate {gate}  "
        f"{parts:24} against {row.yardstick}{over}"
    )


def _amount(value: float, unit: str) -> str:
    return f"{value / 2**20:.1f} MiB" if unit == "B" else f"{value * 1000:.1f} ms"


if __name__ == "__main__":
    main()
