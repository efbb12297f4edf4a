"""``dagglot runtime``: the isolated orchestrator environments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dagglot.cli.shared import Progress, put, say

if TYPE_CHECKING:
    from dagglot.runtimes.environments import Runtime

app = typer.Typer(
    help=(
        "Make, list and remove the orchestrators' environments.\n\nExamples:\n\n"
        "\b\n  dagglot runtime make airflow@2.11\n  dagglot runtime list"
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)

Which = Annotated[
    list[str] | None,
    typer.Argument(metavar="[TARGET]…", help="airflow, airflow@2.11 …; all without one."),
]


@app.command()
def make(which: Which = None) -> None:
    """Make environments that are missing.

    Example:

      dagglot runtime make airflow@2.11 dagster
    """
    from dagglot.runtimes import environments
    from dagglot.runtimes.problem import RuntimeProblem

    progress = Progress()
    for runtime in _chosen(which):
        try:
            python = environments.ensure(runtime, progress=progress)
        except RuntimeProblem as problem:
            progress.done()
            say(problem.message + (f"\n   help: {problem.help}" if problem.help else ""))
            raise typer.Exit(1) from None
        progress.done()
        put(f"{runtime.target}@{runtime.version}\t{python}\n")


@app.command("list")
def list_() -> None:
    """List the environments there are, with their sizes."""
    from dagglot.runtimes import environments

    made = environments.installed()
    for one in made:
        state = "" if one.complete else "\t(half made)"
        put(f"{one.runtime.name}\t{one.bytes / 1e6:.0f} MB\t{one.path}{state}\n")
    if not made:
        say("no environment yet; `dagglot runtime make` makes them")


@app.command()
def remove(which: Which = None) -> None:
    """Remove environments; they are made again when they are needed."""
    from dagglot.runtimes import environments

    for runtime in _chosen(which):
        environments.remove(runtime)


def _chosen(which: list[str] | None) -> list[Runtime]:
    from dagglot.runtimes import environments

    if not which:
        return list(environments.available())
    chosen: list[Runtime] = []
    for word in which:
        name, _, version = word.partition("@")
        runtime = environments.resolve(name, version or None)
        if runtime is None:
            known = ", ".join(f"{one.target}@{one.version}" for one in environments.available())
            say(f"there is no environment `{word}`; there is {known}")
            raise typer.Exit(2)
        chosen.append(runtime)
    return chosen
