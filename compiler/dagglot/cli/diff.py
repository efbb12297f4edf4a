"""``dagglot diff``: what a change of pipelines really changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from dagglot.cli.diff_answer import Also, Detailed, FailOn, Fails, Shape, Shapes, answer, files_of
from dagglot.cli.shared import (
    Environment,
    Format,
    Paths,
    exit_code,
    put,
    report,
    say,
    wrong_usage,
)

if TYPE_CHECKING:
    from datetime import date

    from dagglot.diff.judge import Diff


def diff(
    paths: Paths = None,
    base: Annotated[
        str,
        typer.Option("--base", metavar="REF|DIR", help="What to compare with: a commit, a folder."),
    ] = ...,  # type: ignore[assignment]
    fail_on: Fails = None,
    detailed_exitcode: Detailed = False,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="TIME",
            help="Look at fire times from then on: a day or a time, in UTC. Without it: now.",
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
    """Show what changed since a commit, and what it means.

    Not the lines, but what runs differently: tasks, edges, schedules with their fire times,
    retries, alerts, data; each change with a rule (`dagglot explain DG610`) and a risk: breaking,
    review, undecidable (counts as review), safe or cosmetic. The commit is read from git's objects,
    with its own project file, and nothing is checked out; the other side are the files as they are
    now. REF is taken as it is: `$(git merge-base origin/main HEAD)` is where a branch began.

    A change that is meant is accepted in the project file, under `accept_changes`, for which
    --print-waivers prints the entries. The forms sarif and gitlab end with code 0, whatever is
    found, unless --fail-on or --detailed-exitcode asks for a code.

    Examples:

      dagglot diff --base origin/main
      dagglot diff pipelines/orders.yaml --base HEAD~1
      dagglot diff new.yaml --base ./old.yaml --format json
      dagglot diff --base v1.2 --fail-on review
      dagglot diff --base HEAD~1 --format github --also markdown=comment.md
    """
    from datetime import UTC, datetime
    from pathlib import Path

    from dagglot import bases, git
    from dagglot.diff.accepted import accept
    from dagglot.diff.judge import judge
    from dagglot.diff.texts import texts_of
    from dagglot.ir.reader import parse_moment
    from dagglot.reports import diff as reports

    if fail_on is not None and detailed_exitcode:
        wrong_usage("give either `--fail-on` or `--detailed-exitcode`")
    files = files_of(also)
    now = datetime.now(UTC)
    anchor = now if since is None else parse_moment(since, UTC)
    if anchor is None:
        wrong_usage(f"`--since {since}` is neither a day nor a time: write it as 2026-10-24T03:00")
    sides = bases.read(paths or [], base, env)
    findings = Format.JSON if format is Shape.JSON else Format.TEXT
    for side, name in zip(sides, (f"the base `{base}`", "the pipelines of now"), strict=True):
        if side.failed:
            say(f"{name} cannot be compared:")
            report(side.diagnostics, side.sources, findings)
            raise typer.Exit(exit_code(side.diagnostics))
    before, after = sides
    texts = tuple(texts_of(side.pipelines, side.sources) for side in sides)
    found = judge(before.pipelines, after.pipelines, anchor, (texts[0], texts[1]))
    found, problems = accept(found, after.waivers, before.waivers, now.date(), not paths)
    if print_waivers:
        _print_waivers(found, fail_on, now.date())
    if format is Shape.TEXT:
        report(problems, after.sources, Format.TEXT)
    data = reports.as_data(found, base, git.below_top(Path.cwd()), problems)
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
