"""``dagglot validate``: every error, with its place; no orchestrator needed."""

# no `from __future__ import annotations`: Typer would compile their texts anew, some of them thrice

import typer

from dagglot.cli.shared import (
    Environment,
    Format,
    Formats,
    Paths,
    exit_code,
    passed_over,
    report,
    say,
    the_project,
)


def validate(paths: Paths = None, env: Environment = None, format: Formats = Format.TEXT) -> None:
    """Find every error in pipeline documents, each with its place.

    Checks the language alone; `compile` also asks whether a target can do it.

    Examples:

      dagglot validate
      dagglot validate pipelines/orders.yaml
      dagglot validate --format github
    """
    from dagglot import api
    from dagglot.diagnostics.render import summary

    opened = the_project(env, format, paths or ())
    front = api.check(paths or (), opened.project)
    found = [*opened.diagnostics, *front.diagnostics]
    report(found, {**opened.sources, **front.sources}, format)
    if format is Format.TEXT:
        count = len(front.pipelines)
        others = passed_over([file.file.shown for file in front.files if file.passed_over])
        words = f"{count} pipeline{'s' if count != 1 else ''}, {summary(found) or 'no errors'}"
        say(f"{words}; {others}" if others else words)
    raise typer.Exit(exit_code(found))
