"""``dagglot next-runs``: when a pipeline will run, on each target."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from dagglot.cli.shared import (
    Environment,
    Format,
    OnePipeline,
    Paths,
    Targets,
    checked,
    jobs,
    painter,
    put,
    the_pipeline,
    wrong_usage,
)


class Shape(StrEnum):
    """The forms of the answer."""

    TEXT = "text"
    JSON = "json"


def next_runs(
    paths: Paths = None,
    target: Targets = None,
    number: Annotated[
        int, typer.Option("--number", "-n", metavar="N", min=1, help="How many times.")
    ] = 10,
    since: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="TIME",
            help="From then on: a day or a time, in the schedule's zone. Without it: now.",
            show_default=False,
        ),
    ] = None,
    pipeline: OnePipeline = None,
    env: Environment = None,
    format: Annotated[Shape, typer.Option("--format", help="text or json.")] = Shape.TEXT,
) -> None:
    """Show when pipelines will run, and where a target differs.

    The next fire times that each schedule names, by the semantics, and what the scheduler of each
    target makes of the generated code: "missing" where it starts no run, "extra" where it starts
    one that the schedule does not name, as on days that the clocks change. No orchestrator is
    needed. Ends with code 4 where a target refuses a schedule.

    Examples:

      dagglot next-runs pipelines/orders.yaml
      dagglot next-runs orders.yaml -t prefect -t dagster -n 5
      dagglot next-runs orders.yaml --from 2026-10-24
      dagglot next-runs pipelines/ --format json | jq '.pipelines[].runs[0].time'
    """
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from dagglot import next_runs as upcoming
    from dagglot.diagnostics.model import ExitCode
    from dagglot.ir.reader import parse_moment
    from dagglot.reports import next_runs as report
    from dagglot.targets import registry

    if since is not None and parse_moment(since, UTC) is None:
        wrong_usage(f"`--from {since}` is neither a day nor a time: write it as 2026-10-24T03:00")
    findings = Format.JSON if format is Shape.JSON else Format.TEXT
    opened, front, _ = checked(paths or [], env, findings)
    words = target or (() if opened.project.targets else registry.NAMES)
    asked = jobs(words, None, opened.project, findings)
    chosen = [the_pipeline(front, pipeline)] if pipeline else front.pipelines
    now, found = datetime.now(UTC), []
    for one in chosen:
        zone = ZoneInfo(one.schedule.timezone)
        begin = parse_moment(since, zone) if since is not None else None
        found.append(upcoming.next_runs(one, asked, begin or now, number))
    put(report.as_text(found, painter()) if format is Shape.TEXT else report.as_json(found))
    if any(any(one.refused) for one in found):
        raise typer.Exit(int(ExitCode.UNSUPPORTED))
