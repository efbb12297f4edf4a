"""``dagglot diff``: what a change of pipelines really changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from dagglot.cli.diff_answer import Also, Detailed, FailOn, Fails, Shape, Shapes, answer, files_of
from dagglot.cli.shared import Environment, Format, Paths, put, report, say, wrong_usage

if TYPE_CHECKING:
    from datetime import date

    from dagglot.diff.judge import Diff


def diff(
    paths: Paths = None,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="REF|DIR", help="What to compare with: a commit, a folder."),
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="TARGET",
            help="Where the pipelines run, with --to: what changes if they move. airflow@2.11.",
        ),
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="TARGET", help="Where they are to run.")
    ] = None,
    against_output: Annotated[
        Path | None,
        typer.Option(
            "--against-output",
            metavar="DIR",
            help="Generated files: what this compiler makes instead.",
        ),
    ] = None,
    fail_on: Fails = None,
    detailed_exitcode: Detailed = False,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="TIME",
            help="Take this for now, for fire times and waivers: a day or a time, in UTC.",
            show_default=False,
        ),
    ] = None,
    env: Environment = None,
    format: Shapes = Shape.TEXT,
    also: Also = None,
    print_waivers: Annotated[
        bool,
        typer.Option(
            "--print-waivers",
            help="Print what to paste into the project file, to accept what fails.",
        ),
    ] = False,
) -> None:
    """Show what a change means, or a move to another orchestrator.

    Not the lines, but what runs differently: tasks, edges, schedules with their fire times,
    retries, alerts, data; each change with a rule (`dagglot explain DG610`) and a risk: breaking,
    review, undecidable (counts as review), safe or cosmetic. The commit is read from git's objects,
    with its own project file, and nothing is checked out; the other side are the files as they are
    now. REF is taken as it is: `$(git merge-base origin/main HEAD)` is where a branch began. Of the
    project file all is compared that reaches a pipeline or its output. Not looked at are Python
    modules, the requirements file and the text of templates.

    With --from and --to the documents stay, and the orchestrator changes, or its version: each
    construct that is refused there (breaking), differs (review) or is emulated (safe), and the
    first fire times that are not the same. With --against-output the documents stay too: what this
    compiler makes of them, for the same versions of the targets, against files that another one, or
    other options, made. That the project names another version now is told too.

    A change that is meant is accepted in the project file, under `accept_changes`, for which
    --print-waivers prints the entries. The forms sarif and gitlab end with code 0, whatever is
    found, unless --fail-on or --detailed-exitcode asks for a code.

    Examples:

      dagglot diff --base origin/main
      dagglot diff pipelines/orders.yaml --base HEAD~1
      dagglot diff new.yaml --base ./old.yaml --format json
      dagglot diff --base v1.2 --fail-on review
      dagglot diff --base HEAD~1 --format github --also markdown=comment.md
      dagglot diff --from airflow --to dagster
      dagglot diff --from airflow@2.11 --to airflow@3.3 --fail-on review
      dagglot diff --against-output build
    """
    from datetime import UTC, datetime

    from dagglot import git
    from dagglot.cli import axes
    from dagglot.diff.accepted import accept
    from dagglot.ir.reader import parse_moment
    from dagglot.reports import diff as reports

    if fail_on is not None and detailed_exitcode:
        wrong_usage("give either `--fail-on` or `--detailed-exitcode`")
    files = files_of(also)
    anchor = datetime.now(UTC) if since is None else parse_moment(since, UTC)
    if anchor is None:
        wrong_usage(f"`--since {since}` is neither a day nor a time: write it as 2026-10-24T03:00")
    findings = Format(format.value) if format.value in list(Format) else Format.TEXT
    asked = axes.Asked(base, from_, to, against_output)
    one = axes.compared(paths or [], asked, anchor, env, findings)
    found, problems = accept(one.diff, one.waivers, one.earlier, anchor.date(), one.whole)
    problems = one.that_matter(problems)
    if print_waivers:
        _print_waivers(found, fail_on, anchor.date())
    if format is Shape.TEXT:
        report(problems, one.sources, Format.TEXT)
    data = reports.as_data(
        found, one.base, git.below_top(Path.cwd()), problems, axis=one.axis, to=one.to
    )
    data |= one.more
    answer(data, format, files, fail_on, detailed_exitcode)


def _print_waivers(found: Diff, fail_on: FailOn | None, today: date) -> NoReturn:
    """The entries for all that fails."""
    from dagglot.diff.accepted import stanza
    from dagglot.diff.rules.base import Risk

    least = {FailOn.REVIEW: Risk.UNDECIDABLE, FailOn.ANY: Risk.COSMETIC}
    text = stanza(found, least.get(fail_on or FailOn.BREAKING, Risk.BREAKING), today)
    put(text)
    if not text:
        say("nothing fails that is not accepted")
    raise typer.Exit(0)
