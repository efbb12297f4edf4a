"""The partitions of a job: their definition, and what its schedule asks for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from dagglot import pycode
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.ir.model import Partitions
from dagglot.pycode import Call, Code
from dagglot.semantics import firetimes
from dagglot.semantics import partitions as reference
from dagglot.targets.dagster.names import PARTITIONS

_DEFINITIONS: Final = {
    "hour": "dg.HourlyPartitionsDefinition",
    "day": "dg.DailyPartitionsDefinition",
    "week": "dg.WeeklyPartitionsDefinition",
    "month": "dg.MonthlyPartitionsDefinition",
}
_HOUR: Final = timedelta(hours=1)


def constant(partitions: Partitions) -> Code:
    """``PARTITIONS = …``; its keys are those of the language."""
    return pycode.assignment(PARTITIONS, definition(partitions))


def definition(partitions: Partitions) -> Call:
    if partitions.keys:
        return Call("dg.StaticPartitionsDefinition", (list(partitions.keys),))
    start, end = bounds(partitions)
    if partitions.by is None:
        given: dict[str, object] = {
            "cron_schedule": partitions.cron,
            "start": start,
            "end": end,
            "fmt": reference.KEY_OF_TIMES,
            "timezone": partitions.timezone,
        }
        function = "dg.TimeWindowPartitionsDefinition"
    else:
        given = {"start_date": start, "end_date": end, "timezone": partitions.timezone}
        if partitions.by == "hour":
            given["fmt"] = reference.KEY_OF_TIMES
        if partitions.by == "week":
            given["day_offset"] = 1
        function = _DEFINITIONS[partitions.by]
    kept = {name: value for name, value in given.items() if value is not None}
    return Call(function, (), tuple(kept.items()))


def refusals(partitions: Partitions, title: str) -> Iterator[Diagnostic]:
    """Where clocks change by half an hour, Dagster goes on to count its hours from there."""
    line = "0 * * * *" if partitions.by == "hour" else partitions.cron
    if line is None or partitions.start is None or not firetimes.parsed(line).is_hourly:
        return
    changes = firetimes.clock_changes(partitions.timezone, partitions.start.year, 3)
    if any((one.after - one.before) % _HOUR for one in changes):
        yield codes.UNSUPPORTED.at(
            partitions.span,
            target=title,
            feature=f"hours in the zone `{partitions.timezone}`",
            reason="where its clocks change by half an hour, Dagster's partitions stay so much off",
        )


def bounds(partitions: Partitions) -> tuple[str, str | None]:
    """Where the first window starts and the last one ends, as Dagster writes the keys."""
    first, last = reference.first(partitions), reference.last(partitions)
    if first is None:
        raise ValueError("a pass refuses partitions of which there is none")
    if last is None or last.end is None:
        return first.key, None
    of_days = partitions.by in ("day", "week", "month")
    format = reference.KEY_OF_DAYS if of_days else reference.KEY_OF_TIMES
    return first.key, last.end.strftime(format)
