"""The sensor of a job that starts when assets are updated.

`@asset_sensor` sees only the last of several updates between two ticks, and knows one asset;
`multi_asset_sensor` leaves it to its function to keep what it has seen. A plain sensor that goes
through the updates one by one is as short, and gives each its run.
"""

from __future__ import annotations

from collections.abc import Iterator

from dagglot import pycode
from dagglot.ir.model import AssetCondition, Pipeline
from dagglot.pycode import INDENT, Call, Code
from dagglot.targets.dagster import assets
from dagglot.targets.dagster.imports import Imports
from dagglot.targets.dagster.names import PARTITIONS, FileNames, job_name, sensor_name
from dagglot.targets.dagster.params import resource_value
from dagglot.targets.dagster.schedule import Made, moment
from dagglot.targets.dagster.view import Function, signature

INTERVAL = 30
"""Seconds between two looks: Dagster's own default."""


def sensor(
    pipeline: Pipeline, condition: AssetCondition, names: FileNames, imports: Imports
) -> Made:
    """Who calls this imports ``runs_on_updates``, and what is `combining` the conditions."""
    given = pipeline.schedule
    status = "RUNNING" if given.enabled else "STOPPED"
    keywords: dict[str, object] = {
        "name": sensor_name(job_name(pipeline)),
        "job": Code(names.job),
        "minimum_interval_seconds": INTERVAL,
        "default_status": Code(f"dg.DefaultSensorStatus.{status}"),
    }
    variables = _variables(condition, names)
    lines = [
        pycode.assignment(name, assets.key(asset), INDENT) for asset, name in variables.items()
    ]
    options: dict[str, object] = {}
    if not _is_any(condition):
        options["starts"] = _test(condition, variables)
    constants: list[Code] = []
    for name, at in (("START", given.start), ("END", given.end)):
        if at is not None:
            constants.append(pycode.assignment(name, moment(at, given.timezone, imports)))
            options["since" if name == "START" else "until"] = Code(name)
    if _has_windows(pipeline):
        options["partitions"] = Code(PARTITIONS)
    if pipeline.concurrency.on_overlap == "skip":
        limit = pipeline.concurrency.max_active_runs or 1
        job = pycode.literal(job_name(pipeline))
        options["at_most"] = Code(f"{limit} - active_runs(context.instance, {job})")
    if given.params:
        params = resource_value(pipeline, given.params, names.params)
        options["run_config"] = Call(
            "dg.RunConfig", (), (("resources", {names.params_key: params}),)
        )
    asked = [Code(name) for name in variables.values()]
    made = Call("runs_on_updates", (Code("context"), asked), tuple(options.items()))
    lines.append(Code(f"return {pycode.layout(made, INDENT, len('return '))}"))
    return Made(
        tuple(constants),
        Function(
            decorators=(Code(f"@{pycode.call('dg.sensor', (), keywords, prefix='@')}"),),
            signature=signature(
                names.schedule, ["context: dg.SensorEvaluationContext"], "dg.SensorResult"
            ),
            statements=tuple(lines),
        ),
    )


def flags(pipeline: Pipeline) -> Iterator[str]:
    """What `runs_on_updates` must be able to do."""
    given, condition = pipeline.schedule, pipeline.schedule.on_assets
    if condition is not None and not _is_any(condition):
        yield "starts"
    if given.start is not None:
        yield "since"
    if given.end is not None:
        yield "until"
    if pipeline.concurrency.on_overlap == "skip":
        yield "at_most"
    if given.params:
        yield "run_config"
    if _has_windows(pipeline):
        yield "partitions"


def _has_windows(pipeline: Pipeline) -> bool:
    """Whether its runs work on the last of some windows; of keys each run must name one."""
    return pipeline.partitions is not None and not pipeline.partitions.keys


def watched(condition: AssetCondition) -> Iterator[str]:
    """The assets that a condition names, in order, maybe more than once."""
    if condition.asset is not None:
        yield condition.asset
    for one in condition.operands:
        yield from watched(one)


def _is_any(condition: AssetCondition) -> bool:
    """Whether each update is enough."""
    if condition.asset is not None:
        return True
    alone = condition.operator == "any" or len(condition.operands) == 1
    return alone and all(map(_is_any, condition.operands))


def _variables(condition: AssetCondition, names: FileNames) -> dict[str, str]:
    """What each asset is called in the sensor."""
    taken = {*names.taken, "context"}
    made: dict[str, str] = {}
    for asset in watched(condition):
        if asset not in made:
            name = pycode.identifier(asset, taken)
            taken.add(name)
            made[asset] = name
    return made


def _test(condition: AssetCondition, variables: dict[str, str]) -> object:
    """``all_of(…, any_of(…))``."""
    while condition.asset is None and len(condition.operands) == 1:
        (condition,) = condition.operands
    if condition.asset is not None:
        return Code(variables[condition.asset])
    parts = tuple(_test(one, variables) for one in condition.operands)
    return Call(f"{condition.operator}_of", parts)


def combining(condition: AssetCondition) -> Iterator[str]:
    """The functions that `_test` calls."""
    if not _is_any(condition):
        yield from _operators(condition)


def _operators(condition: AssetCondition) -> Iterator[str]:
    if len(condition.operands) > 1:
        yield f"{condition.operator}_of"
    for one in condition.operands:
        yield from _operators(one)
