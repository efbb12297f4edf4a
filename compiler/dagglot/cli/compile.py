"""``dagglot compile``: pipeline YAML to native code."""

# no `from __future__ import annotations`: Typer would compile their texts anew, some of them thrice

from typing import TYPE_CHECKING, Annotated

import typer

from dagglot.cli.shared import (
    Environment,
    Format,
    Formats,
    Out,
    Paths,
    Progress,
    Targets,
    exit_code,
    jobs,
    passed_over,
    put,
    report,
    say,
    the_project,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dagglot.diagnostics.model import Diagnostic
    from dagglot.jobs import Result


def compile(
    paths: Paths = None,
    target: Targets = None,
    out: Out = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if anything would change.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; show what would change.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse what a target can do only in part.")
    ] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Write the pipelines that have no error.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite files that were edited or are not ours.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what is emulated, and why.")
    ] = False,
    locked: Annotated[
        bool,
        typer.Option(
            "--locked",
            help="Refuse a version of a target that is not the one the output was compiled for.",
        ),
    ] = False,
    env: Environment = None,
    format: Formats = Format.TEXT,
) -> None:
    """Compile pipelines to native code of one or more orchestrators.

    Files are written all together or not at all, and only where their text changes. A manifest
    beside them says what each was made from and with: commit it too. With it `--check` tells files
    that are stale (and why), edited by hand, missing, or left of a pipeline that is gone; only
    files that it lists are ever removed. `--locked` compiles for the version of the target that
    it records, and for no other: exit 1 where a new default or the project file says another one,
    or where there is no manifest yet.

    Examples:

      dagglot compile pipelines/ -t airflow -t dagster -o build
      dagglot compile -t airflow@2.11
      dagglot compile --check
      dagglot compile --locked --check
    """
    from dagglot import compile as compiling
    from dagglot import drift, write
    from dagglot.jobs import Options

    opened = the_project(env, format, paths or ())
    options = Options(strict, keep_going, force, explain, locked, keep_built=False)
    progress = Progress()
    project = opened.project
    asked = jobs(target or (), out, project, format)
    result = compiling.compile(paths or (), asked, project, options, progress)
    progress.done()
    found = [*opened.diagnostics, *result.diagnostics]
    if not (paths or target or out):
        found.extend(drift.left_folders([job.out for job in asked], project.root))
    writes = result.may_write(options) and not (check or diff)
    if diff and format is Format.TEXT:
        for plan in result.plans:
            put(drift.unified(plan))
    edited = [plan.root / path for plan in result.plans for path in drift.hand_edits(plan)]
    if writes:
        stopped = write.apply(result.plans)
        found.extend(stopped)
        writes = not stopped
    elif check or diff:
        for plan in result.plans:
            found.extend(one for one in drift.stale(plan) if one not in found)
    shown = found if format is not Format.TEXT else drift.shortened(found)
    report(shown, {**opened.sources, **result.sources}, format)
    if format is Format.TEXT:
        for words in drift.left_out(found, shown):
            say(words)
        if explain:
            _emulated(result)
        _summary(result, found, writes=writes, asked_to=not (check or diff))
        if writes:
            _overwritten(edited)
        elif result.plans and any(one.rule in drift.CURED for one in found):
            say("run `dagglot compile`, and commit what it writes")
    raise typer.Exit(exit_code(found))


def _emulated(result: "Result") -> None:
    for title, span, feature, note in dict.fromkeys(result.emulated):
        say(f"{span.file}:{span.line}:{span.column}: {title} emulates `{feature}`: {note}")


def _overwritten(files: "Sequence[Path]") -> None:
    from dagglot.paths import exists, shown_path

    for file in files:
        became = "overwritten" if exists(file) else "removed"
        say(f"{shown_path(file)} was edited by hand: it is {became}, as `--force` says")


def _summary(
    result: "Result", found: "Sequence[Diagnostic]", *, writes: bool, asked_to: bool
) -> None:
    from dagglot.diagnostics.render import summary
    from dagglot.paths import shown_path

    words = [one for one in (summary(found), passed_over(result.passed_over)) if one]
    if asked_to and not writes:
        words.append("nothing was written")
    if words:
        say("; ".join(words))
    for plan in result.plans if writes or not asked_to else ():
        parts = [
            f"{len(files)} {verb}"
            for files, verb in (
                (plan.create, "created" if writes else "to create"),
                (plan.update, "changed" if writes else "to change"),
                (plan.remove, "removed" if writes else "to remove"),
            )
            if files
        ]
        parts.append(f"{plan.kept} unchanged")
        moved = f" ({plan.moved})" if plan.moved else ""
        say(f"{shown_path(plan.root)}{moved}: {', '.join(parts)}")
        for path in plan.remove if writes else ():
            say(f"removed {shown_path(plan.root / path)}")
