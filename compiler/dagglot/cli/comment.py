"""``dagglot comment``: a report as the comment of a pull or merge request."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from dagglot.cli.shared import say, stop, wrong_usage


def comment(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What `dagglot diff --format markdown` wrote.")
    ],
) -> None:
    """Post a report to the pull request of this CI job.

    The comment is found by its first line, and brought up to date in place; one that says the same
    is left alone, and one that says that nothing changed is only written over another. It is posted
    as the job: GITHUB_TOKEN on GitHub, GITLAB_TOKEN on GitLab, and their own variables say where.

    Examples:

      dagglot diff --base HEAD^1 --also markdown=comment.md
      dagglot comment comment.md
    """
    from dagglot import forges
    from dagglot.diagnostics import codes

    try:
        body = file.read_text(encoding="utf-8")
    except OSError as error:
        wrong_usage(f"cannot read `{file}`: {error.strerror}")
    if not body.startswith(forges.MARKER):
        wrong_usage(f"`{file}` is no comment of dagglot: its first line is another")
    try:
        outcome = forges.post(body, forges.place(os.environ))
    except forges.NotPostedError as problem:
        stop([codes.NOT_POSTED.at(None, problem=str(problem))])
    say(f"the comment is {outcome.value}")
