"""A backfill of Prefect: runs of the deployment, each for a time that is past."""

from __future__ import annotations

from typing import Any

from dagglot import pycode
from dagglot.ir.expand import thaw
from dagglot.ir.model import Pipeline
from dagglot.pycode import Call, Code
from dagglot.targets.base import NO_LIMIT, Backfill, Context, Mechanism
from dagglot.targets.prefect.names import PARTITION, argument
from dagglot.targets.prefect.started import deployment_name


def backfill(pipeline: Pipeline, context: Context, asked: Backfill) -> Mechanism:  # noqa: ARG001 - one protocol
    params = {argument(name): thaw(one) for name, one in pipeline.schedule.params.items()}
    runs: list[dict[str, Any]] = [
        {
            "partition": run.partition,
            "time": None if run.time is None else run.time.isoformat(),
            "key": f"backfill {pipeline.id} {run.partition}",
        }
        for run in asked.runs
    ]
    deployment = deployment_name(pipeline.id)
    return Mechanism(
        lines=tuple(_script(pipeline.id, deployment, runs, params)),
        notes=(
            "by its idempotency key a run that is there is left alone; `--execute` also runs again "
            "what failed",
            "workers of the deployment's work pool start the runs",
            *((NO_LIMIT,) if asked.max_active is not None else ()),
        ),
        request={
            "deployment": deployment,
            "pipeline": pipeline.id,
            "parameters": params,
            "max_active": asked.max_active,
            "runs": runs,
        },
    )


def _script(
    name: str, deployment: str, runs: list[dict[str, Any]], params: dict[str, Any]
) -> list[str]:
    timed = runs[0]["time"] is not None
    given = {**params, PARTITION: Code("partition")}
    keywords: list[tuple[str, object]] = [("parameters", given)]
    if timed:
        keywords.append(("scheduled_time", Code("datetime.fromisoformat(time)")))
        table: object = {run["partition"]: run["time"] for run in runs}
        loop = "for partition, time in RUNS.items():"
    else:
        table = [run["partition"] for run in runs]
        loop = "for partition in RUNS:"
    keywords += [
        ("idempotency_key", Code(f'f"backfill {name} {{partition}}"')),
        ("flow_run_name", Code(f'f"{name} {{partition}}"')),
        ("tags", ["backfill"]),
        ("timeout", 0),
        ("as_subflow", False),
    ]
    call = pycode.layout(Call("run_deployment", (deployment,), tuple(keywords)), 4)
    return [
        *(["from datetime import datetime", ""] if timed else []),
        "from prefect.deployments import run_deployment",
        "",
        *str(pycode.assignment("RUNS", table)).splitlines(),
        "",
        loop,
        *f"    {call}".splitlines(),
    ]
