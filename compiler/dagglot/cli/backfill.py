"""``dagglot backfill``: runs for partitions of the past, in the orchestrator's own way."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dagglot.cli.shared import (
    Environment,
    Format,
    OnePath,
    OnePipeline,
    OneTarget,
    Progress,
    Python,
    checked,
    exit_code,
    jobs,
    put,
    report,
    say,
    stop,
    the_pipeline,
    wrong_usage,
)

if TYPE_CHECKING:
    from dagglot.backfill import Done, Planned


class Shape(StrEnum):
    """The forms of the answer."""

    TEXT = "text"
    JSON = "json"


def backfill(
    path: OnePath = None,
    target: OneTarget = "airflow",
    first: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="KEY", help="The first partition, or a day.", show_default=False
        ),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="KEY",
            help="The last partition, or a day. Without it: the last complete one.",
            show_default=False,
        ),
    ] = None,
    keys: Annotated[
        list[str] | None,
        typer.Option("--keys", metavar="A,B", help="Static partitions.", show_default=False),
    ] = None,
    execute: Annotated[
        bool, typer.Option("--execute", help="Make the runs, instead of printing how.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print how; what it does anyhow without --execute.")
    ] = False,
    max_active: Annotated[
        int | None,
        typer.Option("--max-active", metavar="N", min=1, help="Runs at once.", show_default=False),
    ] = None,
    reverse: Annotated[bool, typer.Option("--reverse", help="The latest first.")] = False,
    pipeline: OnePipeline = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Where the pipelines were compiled to. Dagster starts its runs from there.",
            show_default=False,
        ),
    ] = None,
    python: Python = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help="How long it may take.")
    ] = 3600.0,
    env: Environment = None,
    format: Annotated[Shape, typer.Option("--format", help="text or json.")] = Shape.TEXT,
) -> None:
    """Run a pipeline for partitions of the past.

    Says how many runs that is, and prints the orchestrator's own commands for them: `airflow
    backfill create`, `dagster job backfill`, a script with Prefect's `run_deployment`. Nothing is
    run, unless by --execute, in the orchestrator of your own settings (AIRFLOW_HOME,
    PREFECT_API_URL, DAGSTER_HOME and the like).

    It may be repeated: a partition whose run is there, goes on or succeeded, is left alone, and one
    whose run failed is run again.

    Examples:

      dagglot backfill orders.yaml -t airflow --from 2026-01-01 --to 2026-01-31
      dagglot backfill orders.yaml -t dagster -o build --from 2026-01-01 --execute
      dagglot backfill regions.yaml -t prefect --keys eu,us --execute
    """
    from dagglot import backfill as backfills
    from dagglot import runner

    if execute and dry_run:
        wrong_usage("--execute and --dry-run: which of them?")
    paths = [path] if path is not None else []
    findings = Format.JSON if format is Shape.JSON else Format.TEXT
    opened, front, sources = checked(paths, env, findings)
    one = the_pipeline(front, pipeline)
    (job,) = jobs([target], out, opened.project, findings)
    asked = backfills.Asked(first, last, backfills.keys_of(keys or ()), max_active, reverse)
    planned, found = backfills.plan(one, job, asked, datetime.now(UTC))
    if planned is None:
        stop(found, sources, findings)
    done = None
    if execute:
        progress = Progress()
        done = backfills.execute(planned, job, runner.Where(python, timeout), progress)
        progress.done()
        report(done.diagnostics, sources, Format.TEXT)
    if format is Shape.JSON:
        put(json.dumps(backfills.as_json(planned, done), ensure_ascii=False, indent=2) + "\n")
    else:
        _tell(planned, done)
    raise typer.Exit(exit_code(done.diagnostics) if done is not None else 0)


def _tell(planned: Planned, done: Done | None) -> None:
    """What is to be done goes to standard output, so that a shell may read it; all else beside."""
    runs = planned.runs
    span = f"`{runs[0].partition}`"
    if len(runs) > 1:
        span += f" to `{runs[-1].partition}`"
    number = "1 run" if len(runs) == 1 else f"{len(runs)} runs"
    say(f"{planned.pipeline.id} on {planned.target}: {number}, {span}; {planned.existing}")
    if done is None:
        for note in planned.mechanism.notes:
            say(f"note: {note}")
        put("\n".join(planned.mechanism.lines) + "\n")
        say("nothing was run: pass it to a shell or to Python, or add `--execute`")
        return
    for run in runs:
        put(f"{run.partition}  {done.states.get(run.partition, 'not asked for')}\n")
