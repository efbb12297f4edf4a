"""``dagglot schema``: the JSON Schema, for editors and other tools."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from dagglot.cli.shared import put


class Which(StrEnum):
    """The schemas there are."""

    PIPELINE = "pipeline"
    PROJECT = "project"
    DIFF = "diff"
    REPORT = "report"


def schema(
    which: Annotated[Which, typer.Argument(help="Which schema.")] = Which.PIPELINE,
) -> None:
    """Print the JSON Schema, for editors and tools.

    Of pipeline documents, of the project file, or of what `diff` and `report` print as JSON. Save
    it and point your editor at it; with the YAML language server, by the first line of a file:

      # yaml-language-server: $schema=pipeline.v1.schema.json

    Examples:

      dagglot schema > pipeline.v1.schema.json
      dagglot schema project
    """
    from dagglot import resources
    from dagglot import schema as schemas

    if which in (Which.DIFF, Which.REPORT):
        put(resources.text(f"schemas/output/{which.value}.v1.schema.json"))
        return
    put(schemas.bundled("project" if which is Which.PROJECT else "pipeline"))
