"""``dagglot verify``: what the real orchestrator sees, against the document."""

from __future__ import annotations

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
)


def verify(
    paths: Paths = None,
    target: Targets = None,
    python: Python = None,
    env: Environment = None,
    format: Formats = Format.TEXT,
) -> None:
    """Compare what the orchestrator sees with the document.

    Loads the generated code in the real orchestrator and compares tasks, edges, schedule, retries,
    timeouts and params.

    Examples:

      dagglot verify pipelines/ -t airflow -t dagster
      dagglot verify -t airflow@2.11 --python ~/airflow/bin/python
    """
    from dagglot import runner

    opened = the_project(env, format, paths or ())
    found, sources = list(opened.diagnostics), dict(opened.sources)
    progress = Progress()
    lines = []
    for job in jobs(target or (), None, opened.project, format):
        where = runner.Where(python)
        count, wrong, texts = runner.verify(paths or (), job, opened.project, where, progress)
        found.extend(wrong)
        sources |= texts
        errors = sum(diagnostic.is_error for diagnostic in wrong)
        verdict = f"{errors} differences" if errors else "the orchestrator sees what they say"
        lines.append(f"{job.target.title} {job.version}: {count} pipelines, {verdict}")
    progress.done()
    report(found, sources, format)
    if format is Format.TEXT:
        for line in lines:
            say(line)
    raise typer.Exit(exit_code(found))
