"""``dagglot init``: a new project that compiles and runs at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dagglot.cli.shared import say


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to make it.")] = Path(),
) -> None:
    """Make a new project that compiles and runs at once.

    A pipeline, its Python, the project file, the schema for editors, and a `.gitattributes` where
    there is none (`dagglot git attributes` prints its lines). Overwrites nothing.

    Examples:

      dagglot init analytics
      cd analytics && dagglot compile && dagglot run -t airflow
    """
    from dagglot import scaffold
    from dagglot.paths import shown_path

    problem = scaffold.write(folder)
    if problem is not None:
        say(problem)
        raise typer.Exit(1)
    say(f"made a project in {shown_path(folder)}; next:")
    if shown_path(folder) != ".":
        say(f"  cd {shown_path(folder)}")
    say("  dagglot compile")
    say("  dagglot run -t airflow      # or prefect, dagster; makes its environment first")
