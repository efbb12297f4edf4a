"""``dagglot verify``: what the real orchestrator sees, against the document."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dagglot.cli.shared import (
    Environment,
    Format,
    Formats,
    Paths,
    Progress,
    Python,
    Targets,
    exit_code,
    jobs,
    report,
    say,
    the_project,
    wrong_usage,
)


def verify(
    paths: Paths = None,
    target: Targets = None,
    stores: Annotated[
        bool,
        typer.Option("--stores", help="Ask for connections, secrets and limits instead of code."),
    ] = False,
    written: Annotated[
        bool,
        typer.Option("--written", help="Load what was written, instead of what is compiled now."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="The same, of DIR.", show_default=False),
    ] = None,
    python: Python = None,
    env: Environment = None,
    format: Formats = Format.TEXT,
) -> None:
    """Compare what the orchestrator sees with the document.

    Loads the generated code in the real orchestrator and compares tasks, edges, schedule, the next
    fire times, retries, timeouts, pools and params; a difference shows the line of the document.
    The code is compiled for that, or, with --written, stands where it was compiled to: so files
    that are committed, or were edited, are looked at as they are. With --stores it asks the
    orchestrator of your own settings (AIRFLOW_HOME, PREFECT_API_URL, DAGSTER_HOME and the like)
    which of the connections, secrets and limits it lacks that SETUP.md lists.

    Examples:

      dagglot verify pipelines/ -t airflow -t dagster
      dagglot verify --written --format github
      dagglot verify -t airflow@2.11 --python ~/airflow/bin/python
      PREFECT_API_URL=http://localhost:4200/api dagglot verify --stores -t prefect
    """
    from dagglot import runner

    written = written or out is not None
    if stores and written:
        wrong_usage("give either `--stores` or `--written`: what is lacking depends on no file")
    opened = the_project(env, format, paths or ())
    found, sources = list(opened.diagnostics), dict(opened.sources)
    progress = Progress()
    lines = []
    for job in jobs(target or (), out, opened.project, format):
        where = runner.Where(python)
        asked = (paths or (), job, opened.project, where, progress)
        if stores:
            count, wrong, texts = runner.missing(*asked)
        else:
            count, wrong, texts = runner.verify(*asked, as_it_stands=written)
        found.extend(wrong)
        sources |= texts
        errors = sum(diagnostic.is_error for diagnostic in wrong)
        if stores:
            verdict = (
                f"{count} things needed, {f'{errors} findings' if errors else 'all are there'}"
            )
        else:
            differs = f"{errors} differences" if errors else "the orchestrator sees what they say"
            verdict = f"{count} pipelines, {differs}" if count else "nothing was compared"
        lines.append(f"{job.target.title} {job.version}: {verdict}")
    progress.done()
    report(found, sources, format)
    if format is Format.TEXT:
        for line in lines:
            say(line)
    raise typer.Exit(exit_code(found))
