"""``dagglot git``: what git calls, and what it is to know."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from dagglot.cli.shared import Environment, Format, colour, put, say, the_project, wrong_usage

if TYPE_CHECKING:
    from dagglot.git_driver import Meaning

app = typer.Typer(
    help=(
        "Say in `git diff` what a change means; list generated files.\n\n"
        "Examples:\n\n"
        "\b\n  git config diff.dagglot.command 'dagglot git diff'"
        "\n  dagglot git attributes >> .gitattributes"
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command(context_settings={"ignore_unknown_options": True})
def diff(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH OLD HEX MODE NEW HEX MODE", show_default=False),
    ] = None,
) -> None:
    """The driver: git calls it for each file that changed, with the two versions.

    For a pipeline it prints what the change means (as `dagglot diff` does), and then its lines;
    for any other file, and for one that cannot be read, the lines alone. Both versions are read
    with the project file of the working tree. It ends with code 0, as git asks of a driver.

    Examples:

    \b
      git config diff.dagglot.command 'dagglot git diff'
      echo 'pipelines/**/*.yaml diff=dagglot' >> .gitattributes
      git diff origin/main -- pipelines
    """
    from datetime import UTC, datetime

    from dagglot import git_driver

    if words is not None and len(words) == 1:
        put(f"* Unmerged path {words[0]}\n")  # as git says it
        return
    asked = git_driver.Asked.of(words or ())
    if asked is None:
        wrong_usage(
            "`dagglot git diff` is called by git: "
            "git config diff.dagglot.command 'dagglot git diff'; "
            "you may want `dagglot diff --base REF`"
        )
    paints = _paints()
    found = git_driver.meaning(asked, datetime.now(UTC))
    if found is not None:
        put(_said(found, asked.new.path, paints=paints))
    put(git_driver.patch(asked, colour=paints))


def _paints() -> bool:
    """Whether to paint: a terminal, be it behind a pager that git has started."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return colour(sys.stdout) or os.environ.get("GIT_PAGER_IN_USE") in ("1", "true")


def _said(found: Meaning, path: str, *, paints: bool) -> str:
    from dagglot.diagnostics.render import printable
    from dagglot.reports import diff as reports
    from dagglot.reports import table

    paint = table.ansi if paints else table.plain
    if found.diff is None:
        first = found.wrong[0]
        line = f":{first.span.line}" if first.span is not None else ""
        more = f", and {len(found.wrong) - 1} more" if len(found.wrong) > 1 else ""
        words = f"{path}{line} {found.side} wrong, so here are its lines alone: {first.rule.code} "
        return paint("review", printable(words + first.message + more)) + "\n"
    if not found.diff.pipelines:
        return ""
    return reports.as_text(reports.as_data(found.diff, "git"), paint)


@app.command()
def attributes(env: Environment = None) -> None:
    """Print the lines for the `.gitattributes` beside the project file.

    Generated files are folded away in pull requests (`linguist-generated`) and have the same line
    ends everywhere; a change of a pipeline goes through the driver, where a clone has one.

    Example:

      dagglot git attributes >> .gitattributes
    """
    from dagglot import git_attributes, plan_jobs
    from dagglot.paths import real

    project = the_project(env, Format.TEXT).project
    jobs, _ = plan_jobs.jobs((), None, project)
    root = real(project.root)
    outs = [os.path.relpath(real(job.out), root).replace(os.sep, "/") for job in jobs]
    for out in outs:
        if not git_attributes.is_below(out):
            say(
                f"`{out}` is not below the folder of the project file: put the line "
                "`** text eol=lf linguist-generated=true` into a `.gitattributes` there"
            )
    below = [out for out in outs if git_attributes.is_below(out)]
    put("\n".join(git_attributes.lines(project.pipelines, below)) + "\n")
