"""``dagglot targets``: what each target makes of each feature."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from dagglot.cli.shared import put


class Shape(StrEnum):
    """The forms of the table."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def targets(
    feature: Annotated[
        str | None, typer.Argument(help="Only features whose name holds this word.")
    ] = None,
    format: Annotated[Shape, typer.Option("--format", help="text, markdown or json.")] = Shape.TEXT,
    notes: Annotated[bool, typer.Option("--notes", help="With the reasons.")] = False,
) -> None:
    """Show what each target makes of each feature.

    Native, emulated, lossy or unsupported; with --notes the reasons.

    Examples:

      dagglot targets
      dagglot targets retries --notes
      dagglot targets --format json
    """
    from dagglot import support

    rows = support.rows(feature)
    if not rows:
        from dagglot.cli.shared import say
        from dagglot.diagnostics.suggest import did_you_mean

        help = did_you_mean(feature or "", support.features())
        say(f"no feature is called `{feature}`" + (f": {help}" if help else ""))
        raise typer.Exit(2)
    match format:
        case Shape.JSON:
            put(support.as_json(rows))
        case Shape.MARKDOWN:
            put(support.as_markdown(rows))
        case Shape.TEXT:
            put(support.as_text(rows, notes=notes))
