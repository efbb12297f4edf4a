"""``dagglot run``: a real run in the real orchestrator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from dagglot.cli.shared import (
    Answers,
    Environment,
    Format,
    OnePath,
    OnePipeline,
    OneTarget,
    Params,
    Partition,
    Progress,
    Python,
    Time,
    exit_code,
    jobs,
    painter,
    pairs,
    put,
    report,
    the_project,
    write_text,
)


def run(
    path: OnePath = None,
    target: OneTarget = "airflow",
    param: Params = None,
    answer: Answers = None,
    partition: Partition = None,
    time: Time = None,
    pipeline: OnePipeline = None,
    trace: Annotated[
        Path | None, typer.Option("--trace", metavar="FILE", help="Write the trace as JSON.")
    ] = None,
    python: Python = None,
    timeout: Annotated[float, typer.Option(help="Give a run up after this many seconds.")] = 600.0,
    env: Environment = None,
) -> None:
    """Run a pipeline for real, in the orchestrator itself.

    It is compiled, loaded and executed there. Without --python an isolated environment is used,
    and made when it is missing. Its stores are empty, so secrets and connections come from
    environment variables: DAGGLOT_SECRET_API_TOKEN, DAGGLOT_CONNECTION_WAREHOUSE (a URI). Nobody
    sees the questions of its approvals: --answer says what they are told. A run of partitioned data
    works on the last partition that is complete, or on the one that --partition names.

    Examples:

      dagglot run examples/hello -t airflow
      dagglot run pipelines/orders.yaml -t dagster --param min_rows=10 --trace trace.json
      dagglot run pipelines/figures.yaml -t prefect --answer publish=approve
      dagglot run pipelines/orders.yaml -t airflow --partition 2026-01-31
    """
    from dagglot import runner
    from dagglot import trace as traces
    from dagglot.run_inputs import Inputs

    paths = [path] if path is not None else []
    opened = the_project(env, Format.TEXT, paths)
    params, answers = pairs(param, "--param"), pairs(answer, "--answer")
    given = Inputs(params, answers, partition, time)
    (job,) = jobs([target], None, opened.project)
    progress = Progress()
    where = runner.Where(python, timeout)
    ran = runner.run(paths, job, opened.project, given, where, progress, pipeline)
    progress.done()
    report(ran.diagnostics, {**opened.sources, **ran.sources}, Format.TEXT)
    for one, order, seconds in zip(ran.traces, ran.order, ran.seconds, strict=True):
        put(_table(one, order, seconds))
    if trace is not None and ran.traces:
        write_text(trace, "".join(traces.to_json(one) for one in ran.traces))
    failed = any(one["run"] != "success" for one in ran.traces)
    raise typer.Exit(exit_code(ran.diagnostics, 1 if failed else 0))


def _table(trace: Mapping[str, Any], order: Sequence[str], seconds: float) -> str:
    from dagglot.diagnostics.render import printable
    from dagglot.reports.table import aligned, attempts, value

    paint = painter()
    head = f"{trace['pipeline']} on {trace['target']}: {paint(trace['run'], trace['run'])}"
    lines = [f"{head} in {seconds:.1f} s"]
    if trace.get("error"):
        lines.append(f"  {printable(str(trace['error']))}")
    rows = [
        (
            (task["id"] if task["index"] is None else f"{task['id']}[{task['index']}]", ""),
            (task["state"], task["state"]),
            (attempts(task["attempts"]), ""),
            ("" if task["output"] is None else value(task["output"]), ""),
        )
        for task in sorted(trace["tasks"], key=lambda task: order.index(task["id"]))
    ]
    return "\n".join([*lines, *aligned(rows, paint)]) + "\n"
