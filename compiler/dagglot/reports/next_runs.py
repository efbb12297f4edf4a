"""The next runs of pipelines: a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from dagglot.expressions.functions import duration_text
from dagglot.ir.model import AssetCondition, Schedule
from dagglot.next_runs import NextRun, NextRuns
from dagglot.reports.table import Cell, Paint, aligned, count

VERSION: Final = 1


def as_text(found: Sequence[NextRuns], paint: Paint) -> str:
    """A table for each pipeline: a time a line, and what each target makes of it."""
    return "\n".join("\n".join(_one(one, paint)) + "\n" for one in found)


def _one(found: NextRuns, paint: Paint) -> list[str]:
    schedule = found.pipeline.schedule
    lines = [f"{paint('bold', found.pipeline.id)}: {_described(schedule)}"]
    partitioned = any(run.partitions for run in found.runs)
    if found.runs:
        head = [(schedule.timezone, "dim"), ("" if _is_utc(found) else "UTC", "dim")]
        head += [("partition", "dim")] if partitioned else []
        head += [(name, "dim") for name in found.targets]
        rows = [head, *(_row(run, found, partitioned) for run in found.runs)]
        lines += aligned(rows, paint)
    for name, reason in zip(found.targets, found.refused, strict=True):
        if reason:
            lines.append(f"  {name} refuses {reason}")
    odd = sum(_differs(run, found) for run in found.runs)
    if odd:
        verb = "differs" if odd == 1 else "differ"
        lines.append(f"  {count(odd, 'time')} {verb} from what the schedule says")
    return lines


def _row(run: NextRun, found: NextRuns, partitioned: bool) -> list[Cell]:
    word = "" if run.said else "dim"
    utc = "" if _is_utc(found) else f"{run.time.astimezone(UTC):%m-%d %H:%M}{_seconds(run.time)}"
    cells = [(_shown(run.time), word), (utc, "dim")]
    if partitioned:
        cells.append((", ".join(run.partitions), ""))
    for starts, reason in zip(run.on, found.refused, strict=True):
        if reason:
            cells.append(("refused", "refused"))
        elif run.said:
            cells.append(("yes", "success") if starts else ("missing", "failed"))
        else:
            cells.append(("extra", "failed") if starts else ("", ""))
    return cells


def _is_utc(found: NextRuns) -> bool:
    return found.pipeline.schedule.timezone == "UTC"


def _shown(time: datetime) -> str:
    """``Sun 2026-03-29 03:30 +02:00``; the offset tells apart what clocks show twice."""
    return f"{time:%a %Y-%m-%d %H:%M}{_seconds(time)} {time.isoformat()[-6:]}"


def _seconds(time: datetime) -> str:
    return f":{time:%S}" if time.second else ""


def _differs(run: NextRun, found: NextRuns) -> bool:
    taken = (starts for starts, why in zip(run.on, found.refused, strict=True) if not why)
    return any(starts is not run.said for starts in taken)


def _described(schedule: Schedule) -> str:
    if schedule.on_assets is not None:
        words = f"when data is updated: {_condition(schedule.on_assets)}"
    elif schedule.every is not None:
        words = f"every {duration_text(schedule.every)}"
    elif schedule.cron is not None:
        words = f"{schedule.cron} in {schedule.timezone}"
    else:
        return "runs by hand or by another pipeline"
    for name, at in (("from", schedule.start), ("to", schedule.end)):
        words += f", {name} {at.isoformat(timespec='minutes')}" if at is not None else ""
    return words if schedule.enabled else f"switched off ({words})"


def _condition(given: AssetCondition) -> str:
    """``raw.orders or (raw.items and raw.rates)``."""
    if given.asset is not None:
        return given.asset
    words = "and" if given.operator == "all" else "or"
    parts = [_condition(one) for one in given.operands]
    several = (
        f"({part})" if len(one.operands) > 1 else part
        for one, part in zip(given.operands, parts, strict=True)
    )
    return f" {words} ".join(several)


def as_json(found: Sequence[NextRuns]) -> str:
    """``{"dagglot_next_runs": 1, "pipelines": [{"pipeline", "timezone", "from", "runs",
    "targets"}]}``.

    ``runs`` are those that the schedule names: each a ``time`` in its zone and the ``partition`` it
    works on, or null; of static keys there is one run for each at a time. A target has ``refused``,
    null or the reason, and what differs up to the last of these times: ``missing`` and ``extra``.
    """
    data = {
        "dagglot_next_runs": VERSION,
        "pipelines": [_entry(one) for one in found],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _entry(found: NextRuns) -> dict[str, Any]:
    return {
        "pipeline": found.pipeline.id,
        "timezone": found.pipeline.schedule.timezone,
        "from": found.since.isoformat(),
        "runs": [
            {"time": run.time.isoformat(), "partition": key}
            for run in found.runs
            if run.said
            for key in run.partitions or (None,)
        ],
        "targets": {
            name: {
                "refused": found.refused[number] or None,
                "missing": [
                    run.time.isoformat()
                    for run in found.runs
                    if run.said and not run.on[number] and not found.refused[number]
                ],
                "extra": [
                    run.time.isoformat() for run in found.runs if run.on[number] and not run.said
                ],
            }
            for number, name in enumerate(found.targets)
        },
    }
