"""``dagglot test``: the tests that stand in documents."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dagglot.cli.shared import (
    Environment,
    Format,
    Paths,
    Progress,
    Python,
    Targets,
    checked,
    exit_code,
    jobs,
    painter,
    put,
    report,
    say,
    write_text,
    wrong_usage,
)


class Shape(StrEnum):
    """The forms of the answer."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def test(
    paths: Paths = None,
    name: Annotated[
        str | None,
        typer.Option("-k", metavar="NAME", help="Only tests whose name holds this word."),
    ] = None,
    target: Targets = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML.")
    ] = None,
    python: Python = None,
    timeout: Annotated[float, typer.Option(help="Give a run up after this many seconds.")] = 600.0,
    env: Environment = None,
    format: Annotated[Shape, typer.Option("--format", help="text, json or github.")] = Shape.TEXT,
) -> None:
    """Run the tests of pipeline documents.

    Each scenario below `tests:` is run on the executable semantics, in milliseconds; no
    orchestrator is needed. With --target it is acted out on the real one instead, in an isolated
    environment: what ends otherwise there than the test expects has failed, and what the target
    refuses is reported.

    Examples:

      dagglot test
      dagglot test pipelines/orders.yaml -k region
      dagglot test --junit report.xml
      dagglot test pipelines/orders.yaml -t prefect -t airflow@2.11
    """
    from dagglot import testing
    from dagglot.diagnostics import render
    from dagglot.reports import tests as reports

    findings = Format(format.value)
    opened, front, sources = checked(paths or (), env, findings)
    chosen = testing.chosen(front.pipelines, name)
    if not chosen and name is not None:
        wrong_usage(f"no test has `{name}` in its name")
    start = time.perf_counter()
    wanted = jobs(target, None, opened.project, findings) if target else ()
    progress = Progress()
    done, broken = testing.run(chosen, wanted, python, timeout, progress)
    progress.done()
    seconds = time.perf_counter() - start
    found = [*broken, *(one for tested in done for one in tested.diagnostics)]
    if junit is not None:
        write_text(junit, reports.junit(done, sources))
    match format:
        case Shape.JSON:
            put(reports.as_json(done, broken, seconds))
        case Shape.GITHUB:
            put(render.github(found))
        case Shape.TEXT:
            report(broken, sources, findings)
            if chosen:
                put(reports.as_text(done, sources, seconds, painter()))
    if not chosen:
        say("no tests found: a document has them under `tests:`")
    raise typer.Exit(exit_code(found))
