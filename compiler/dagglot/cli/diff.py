"""``dagglot diff``: what a change of pipelines really changes."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dagglot.cli.shared import (
    Environment,
    Format,
    Paths,
    exit_code,
    painter,
    put,
    report,
    say,
    wrong_usage,
)

if TYPE_CHECKING:
    from dagglot.diff.rules.base import Risk


class Shape(StrEnum):
    """The forms of the answer."""

    TEXT = "text"
    JSON = "json"


class FailOn(StrEnum):
    """The least risk that ends with code 1."""

    BREAKING = "breaking"
    REVIEW = "review"
    ANY = "any"


def diff(
    paths: Paths = None,
    base: Annotated[
        str,
        typer.Option("--base", metavar="REF|DIR", help="What to compare with: a commit, a folder."),
    ] = ...,  # type: ignore[assignment]
    fail_on: Annotated[
        FailOn | None,
        typer.Option(
            "--fail-on",
            help="End with code 1 from this risk on. Without it: breaking.",
            show_default=False,
        ),
    ] = None,
    detailed_exitcode: Annotated[
        bool,
        typer.Option(
            "--detailed-exitcode",
            help="End with 0 for no change, 10 safe or cosmetic, 11 review, 12 breaking.",
        ),
    ] = False,
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
    format: Annotated[Shape, typer.Option("--format", help="text or json.")] = Shape.TEXT,
) -> None:
    """Show what changed since a commit, and what it means.

    Not the lines, but what runs differently: tasks, edges, schedules with their fire times,
    retries, alerts, data; each change with a rule (`dagglot explain DG610`) and a risk: breaking,
    review, undecidable (counts as review), safe or cosmetic. The commit is read from git's objects,
    with its own project file, and nothing is checked out; the other side are the files as they are
    now. REF is taken as it is: `$(git merge-base origin/main HEAD)` is where a branch began.

    Examples:

      dagglot diff --base origin/main
      dagglot diff pipelines/orders.yaml --base HEAD~1
      dagglot diff new.yaml --base ./old.yaml --format json
      dagglot diff --base v1.2 --fail-on review
    """
    from datetime import UTC, datetime
    from pathlib import Path

    from dagglot import bases, git
    from dagglot.diff.judge import judge
    from dagglot.diff.texts import texts_of
    from dagglot.ir.reader import parse_moment
    from dagglot.reports import diff as reports

    if fail_on is not None and detailed_exitcode:
        wrong_usage("give either `--fail-on` or `--detailed-exitcode`")
    anchor = datetime.now(UTC) if since is None else parse_moment(since, UTC)
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
    data = reports.as_data(found, base, git.below_top(Path.cwd()))
    put(reports.as_json(data) if format is Shape.JSON else reports.as_text(data, painter()))
    raise typer.Exit(_detailed(found.risk) if detailed_exitcode else _code(found.risk, fail_on))


def _detailed(risk: Risk | None) -> int:
    return {"breaking": 12, "review": 11, "undecidable": 11}.get(risk.value, 10) if risk else 0


def _code(risk: Risk | None, least: FailOn | None) -> int:
    if risk is None:
        return 0
    worst = {
        FailOn.ANY: True,
        FailOn.REVIEW: risk.value in ("breaking", "review", "undecidable"),
    }.get(least or FailOn.BREAKING, risk.value == "breaking")
    return int(worst)
