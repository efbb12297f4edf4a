"""``dagglot report``: how far the pipelines of a project are portable."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from dagglot.cli.shared import (
    Environment,
    Format,
    Paths,
    Targets,
    checked,
    jobs,
    painter,
    put,
)


class Shape(StrEnum):
    """The forms of the report."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


class FailOn(StrEnum):
    """The least that ends with another code than 0."""

    UNSUPPORTED = "unsupported"
    LOSSY = "lossy"


def report(
    paths: Paths = None,
    target: Targets = None,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(
            "--fail-on",
            help="End with code 4 where something is refused; `lossy`: with 1 where it differs.",
            show_default=False,
        ),
    ] = None,
    env: Environment = None,
    format: Annotated[
        Shape, typer.Option("--format", help="text, json, markdown or html.")
    ] = Shape.TEXT,
) -> None:
    """Show how far the pipelines can move, and what is in the way.

    For each pipeline and target: native, emulated (both move untouched), lossy or refused, with the
    lines and the reasons, as the capability tables have them; all of it added up; and the criteria
    of choosing an orchestrator, as far as pipelines can answer them, with the questions that are
    left to you. Nothing is generated and no orchestrator is needed. Without -t: all targets.

    A report is no gate: it ends with 0, unless --fail-on is given.

    Examples:

      dagglot report
      dagglot report pipelines/ -t dagster -t airflow@2.11
      dagglot report --format html > portability.html
      dagglot report -t dagster --fail-on unsupported
    """
    from datetime import UTC, datetime

    from dagglot import portability
    from dagglot.diagnostics.model import ExitCode
    from dagglot.reports import portability as reports
    from dagglot.targets import registry

    findings = Format.JSON if format is Shape.JSON else Format.TEXT
    opened, front, _ = checked(paths or [], env, findings)
    asked = jobs(target or registry.NAMES, None, opened.project, findings)
    accept = opened.project.layers.accept
    made = portability.report(front.pipelines, asked, datetime.now(UTC), accept)
    data = reports.as_data(made)
    match format:
        case Shape.JSON:
            put(reports.as_json(data))
        case Shape.TEXT:
            put(reports.as_text(data, painter()))
        case _:
            from dagglot.reports import portability_pages as pages

            put(pages.as_markdown(data) if format is Shape.MARKDOWN else pages.as_html(data))
    met = {cell.status for row in made.rows for cell in row.cells}
    if fail_on is not None and portability.Status.REFUSED in met:
        raise typer.Exit(int(ExitCode.UNSUPPORTED))
    if fail_on is FailOn.LOSSY and portability.Status.LOSSY in met:
        raise typer.Exit(int(ExitCode.FINDINGS))
