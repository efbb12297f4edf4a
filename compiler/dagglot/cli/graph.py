"""``dagglot graph``: the DAG as a picture in text."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dagglot.cli.shared import Environment, Format, exit_code, put, stop, the_project


class Picture(StrEnum):
    """The forms of a graph."""

    MERMAID = "mermaid"
    DOT = "dot"


def graph(
    path: Annotated[
        Path | None, typer.Argument(help="A document, or a folder of them.", show_default=False)
    ] = None,
    format: Annotated[Picture, typer.Option("--format", help="mermaid or dot.")] = Picture.MERMAID,
    env: Environment = None,
) -> None:
    """Draw the tasks and their edges.

    Groups are boxes; edges that an expression makes are dashed.

    Examples:

      dagglot graph pipelines/orders.yaml
      dagglot graph pipelines/orders.yaml --format dot | dot -Tsvg -o orders.svg
    """
    from dagglot import api, draw

    paths = [path] if path is not None else []
    opened = the_project(env, Format.TEXT, paths)
    front = api.check(paths, opened.project)
    found = [*opened.diagnostics, *front.diagnostics]
    if exit_code(found):
        stop(found, {**opened.sources, **front.sources})
    draw_one = draw.mermaid if format is Picture.MERMAID else draw.dot
    put("\n".join(draw_one(pipeline) for pipeline in front.pipelines))
