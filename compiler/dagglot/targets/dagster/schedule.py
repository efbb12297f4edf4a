"""The schedule of a job: a definition, or a function where its time is limited."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dagglot import pycode
from dagglot.frozen import dataclass
from dagglot.ir.model import Partitions, Pipeline, Schedule
from dagglot.pycode import INDENT, Call, Code
from dagglot.semantics import firetimes, intervals
from dagglot.targets.dagster.imports import Imports
from dagglot.targets.dagster.names import PARTITIONS, FileNames, job_name, schedule_name
from dagglot.targets.dagster.params import resource_value
from dagglot.targets.dagster.view import Function, elapsed, signature

_NOT_NOW = "not a whole number of intervals after the start"


@dataclass(frozen=True, slots=True)
class Made:
    constants: tuple[Code, ...]
    definition: Function | Code


@dataclass(frozen=True, slots=True)
class Ticks:
    """When the daemon looks. ``every``: of these only the ticks that are so far from the start."""

    lines: tuple[str, ...]
    zone: str
    every: timedelta | None = None


def ticks(given: Schedule) -> Ticks | None:
    """None where Dagster itself starts no run."""
    if given.every is not None and given.start is not None:
        lines = intervals.lines(given.every, given.start)
        if lines:
            return Ticks(lines, "UTC")
        return Ticks((intervals.grid(given.every, given.start),), "UTC", given.every)
    return Ticks((given.cron,), given.timezone) if given.cron is not None else None


def fire_times(given: Schedule, since: datetime) -> Iterator[datetime]:
    """The ticks from ``since`` on that are not skipped."""
    from dagglot.targets.dagster.firetimes import of_cron

    looks = ticks(given)
    if looks is None or not given.enabled:
        return iter(())
    if given.start is not None:
        since = max(since, given.start)
    zone = ZoneInfo(looks.zone)
    found = firetimes.merged(
        *(of_cron(firetimes.parsed(line), zone, since, since) for line in looks.lines)
    )
    every, start = looks.every, given.start
    if every is not None and start is not None:
        found = (at for at in found if not (at - start) % every)
    return firetimes.until(found, given.end)


def schedule(pipeline: Pipeline, names: FileNames, imports: Imports) -> Made | None:
    """None where Dagster itself starts no run."""
    given, looks = pipeline.schedule, ticks(pipeline.schedule)
    if looks is None:
        return None
    status = "RUNNING" if given.enabled else "STOPPED"
    keywords: dict[str, object] = {
        "name": schedule_name(job_name(pipeline)),
        "job": Code(names.job),
        "cron_schedule": looks.lines[0] if len(looks.lines) == 1 else list(looks.lines),
        "execution_timezone": looks.zone,
        "default_status": Code(f"dg.DefaultScheduleStatus.{status}"),
    }
    config: Call | None = None
    if given.params:
        params = resource_value(pipeline, given.params, names.params)
        config = Call("dg.RunConfig", (), (("resources", {names.params_key: params}),))
    busy = _busy(pipeline) if pipeline.concurrency.on_overlap == "skip" else None
    partitioned = pipeline.partitions is not None
    if given.start is None and given.end is None and busy is None and not partitioned:
        if config is not None:
            keywords["run_config"] = config
        made = Call("dg.ScheduleDefinition", (), tuple(keywords.items()))
        return Made((), pycode.assignment(names.schedule, made))
    return _guarded(pipeline, looks, names, keywords, config, imports, busy)


def _busy(pipeline: Pipeline) -> Code:
    """A tick does not take place while as many runs as may be are active."""
    limit = pipeline.concurrency.max_active_runs or 1
    job = pycode.literal(job_name(pipeline))
    reason = pycode.literal("a run before has not ended")
    test = f"if active_runs(context.instance, {job}) >= {limit}:"
    return Code(f"{test}\n{' ' * 2 * INDENT}return dg.SkipReason({reason})")


def _guarded(
    pipeline: Pipeline,
    looks: Ticks,
    names: FileNames,
    keywords: dict[str, object],
    config: Call | None,
    imports: Imports,
    busy: Code | None,
) -> Made:
    given = pipeline.schedule
    constants: list[Code] = []
    statements: list[Code] = []
    for name, at, sign, reason in (
        ("START", given.start, "<", "the schedule has not started yet"),
        ("END", given.end, ">", "the schedule has ended"),
    ):
        if at is not None:
            constants.append(pycode.assignment(name, moment(at, given.timezone, imports)))
            statements.append(
                Code(
                    f"if context.scheduled_execution_time {sign} {name}:\n"
                    f"{' ' * 2 * INDENT}return dg.SkipReason({pycode.literal(reason)})"
                )
            )
    if looks.every is not None:
        imports.name("datetime", "timedelta")
        between = pycode.literal(elapsed(looks.every))
        statements.append(
            Code(
                f"if (context.scheduled_execution_time - START) % {between}:\n"
                f"{' ' * 2 * INDENT}return dg.SkipReason({pycode.literal(_NOT_NOW)})"
            )
        )
    if busy is not None:
        statements.append(busy)
    guarded = bool(statements)
    made, last = _requests(pipeline.partitions, config)
    statements += last
    return Made(
        tuple(constants),
        Function(
            decorators=(Code(f"@{pycode.call('dg.schedule', (), keywords, prefix='@')}"),),
            signature=signature(
                names.schedule,
                ["context: dg.ScheduleEvaluationContext"],
                f"{made} | dg.SkipReason" if guarded else made,
            ),
            statements=tuple(statements),
        ),
    )


def _requests(partitions: Partitions | None, config: Call | None) -> tuple[str, list[Code]]:
    """The type of what a tick asks for, and the statements that do.

    One run, of partitions for the last that is complete then; of static ones a run for each.
    """
    given: tuple[tuple[str, object], ...] = (("run_config", config),) if config else ()
    if partitions is None:
        return "dg.RunRequest", [_return(Call("dg.RunRequest", (), given))]
    time = Code("context.scheduled_execution_time.isoformat()")
    if partitions.keys:
        key = Code('f"{time} {key}"')
        asked = (("run_key", key), ("partition_key", Code("key")), *given)
        one = pycode.layout(Call("dg.RunRequest", (), asked), 2 * INDENT)
        pad = " " * INDENT
        each = f"for key in {PARTITIONS}.get_partition_keys()"
        return "list[dg.RunRequest]", [
            Code(f"time = {time}"),
            Code(f"return [\n{pad * 2}{one}\n{pad * 2}{each}\n{pad}]"),
        ]
    at = "effective_dt=context.scheduled_execution_time"
    last = f"partition = {PARTITIONS}.get_last_partition_key()"
    asked = (("run_key", time), ("partition_key", Code("partition")), *given)
    return "dg.RunRequest", [
        Code(f"with dg.partition_loading_context({at}):\n{' ' * 2 * INDENT}{last}"),
        _return(Call("dg.RunRequest", (), asked)),
    ]


def _return(call: Call) -> Code:
    return Code(f"return {pycode.layout(call, INDENT, len('return '))}")


def moment(value: datetime, timezone: str, imports: Imports) -> Call:
    """``datetime(…, tzinfo=…)`` in the zone; in UTC where the zone's clock shows it twice."""
    local = value.astimezone(ZoneInfo(timezone))
    if local.fold or local.replace(fold=1).utcoffset() != local.utcoffset():
        timezone, local = "UTC", value.astimezone(UTC)
    imports.name("datetime", "datetime")
    imports.name("zoneinfo", "ZoneInfo")
    parts = [local.year, local.month, local.day, local.hour, local.minute, local.second]
    parts.append(local.microsecond)
    while len(parts) > 3 and not parts[-1]:
        parts.pop()
    zone = Call("ZoneInfo", (timezone,))
    return Call("datetime", tuple(parts), (("tzinfo", zone),))
