"""What the commands have in common: their options, and how findings reach the user."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from dagglot.api import Front, Opened
    from dagglot.diagnostics.model import Diagnostic
    from dagglot.ir.model import Pipeline
    from dagglot.jobs import Job
    from dagglot.project import Project
    from dagglot.reports.table import Paint


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


Paths = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[PATH]…",
        help="Files, or folders to search. Without one: the pipelines of the project file.",
        show_default=False,
    ),
]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        "-t",
        metavar="TARGET",
        help="airflow, prefect or dagster, with an optional version: airflow@2.11. Repeatable.",
        show_default=False,
    ),
]
OneTarget = Annotated[
    str, typer.Option("--target", "-t", metavar="TARGET", help="airflow, prefect or dagster.")
]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="DIR", help="Write to DIR/<target>/.", show_default=False),
]
Environment = Annotated[
    str | None,
    typer.Option("--env", metavar="NAME", help="An environment of the project file."),
]
OnePath = Annotated[
    Path | None, typer.Argument(help="A document, or a folder of them.", show_default=False)
]
Params = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", metavar="NAME=VALUE", help="A param of the run. Repeatable."),
]
Answers = Annotated[
    list[str] | None,
    typer.Option(
        "--answer",
        metavar="TASK=approve|reject",
        help="What an approval is told. Repeatable.",
    ),
]
Partition = Annotated[
    str | None,
    typer.Option(
        "--partition", metavar="KEY", help="The partition of the run.", show_default=False
    ),
]
Time = Annotated[
    str | None,
    typer.Option(
        "--time",
        metavar="TIME",
        help="The run's nominal time, in the schedule's zone. Without it: now.",
        show_default=False,
    ),
]
Given = Annotated[
    list[str] | None,
    typer.Option(
        "--given",
        "-g",
        metavar="TASK=OUTCOME",
        help="How a task ends, as in a document's `tests`. Repeatable.",
        show_default=False,
    ),
]
Scenario = Annotated[
    str | None,
    typer.Option("--scenario", metavar="NAME", help="Begin with a test of the document."),
]
OnePipeline = Annotated[
    str | None,
    typer.Option("--pipeline", metavar="ID", help="Which one, where PATH holds several."),
]
Python = Annotated[
    Path | None,
    typer.Option("--python", metavar="PATH", help="Your own environment's Python."),
]
Formats = Annotated[Format, typer.Option("--format", help="How findings are printed.")]


def colour(stream: object = None) -> bool:
    """Whether to paint: only a terminal, and not with NO_COLOR (https://no-color.org)."""
    stream = stream if stream is not None else sys.stderr
    if os.environ.get("NO_COLOR"):
        return False
    return bool(getattr(stream, "isatty", bool)()) and os.environ.get("TERM") != "dumb"


def say(words: str) -> None:
    """A message: standard error."""
    from dagglot.diagnostics.render import printable

    sys.stderr.write(f"{printable(words)}\n")


def put(data: str | bytes) -> None:
    """Data: standard output. A reader that goes away (`| head`) ends the command quietly; what else
    is wrong with it is said by `app.run`."""
    if sys.stdout is None:
        wrong_usage("standard output is closed: there is nowhere to print to")
    try:
        if isinstance(data, bytes):
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
        else:
            sys.stdout.write(data)
        sys.stdout.flush()
    except BrokenPipeError:
        # what is left in the buffer must go somewhere when Python flushes at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def write_text(file: Path, text: str) -> None:
    """Write what a command was asked to keep; that it cannot be written ends the command, with
    another code than that of what it found."""
    try:
        # the name of a file may have bytes that are no text; standard output does the same
        file.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        wrong_usage(f"cannot write `{file}`: {error.strerror}")


class Progress:
    """One line that is written over, on a terminal only."""

    def __init__(self) -> None:
        self.on = sys.stderr.isatty()
        self.shown = False

    def __call__(self, words: str) -> None:
        if self.on:
            width = os.get_terminal_size(sys.stderr.fileno()).columns - 1
            sys.stderr.write(f"\r\x1b[K{words[:width]}")
            sys.stderr.flush()
            self.shown = True

    def done(self) -> None:
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            self.shown = False


def report(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], format: Format) -> None:
    """Print findings: text to standard error, the formats for programs to standard output."""
    from dagglot import __version__
    from dagglot.diagnostics import render

    found = list(diagnostics)
    match format:
        case Format.JSON:
            put(render.to_json(found))
        case Format.GITHUB:
            put(render.github(found))
        case Format.SARIF:
            put(render.sarif(found, __version__))
        case Format.TEXT:
            if found:
                sys.stderr.write(render.text(found, sources, colour=colour()))


def passed_over(files: Sequence[str]) -> str:
    """The files of a folder that hold a document which is none of ours."""
    names = sorted(files)
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"passed over (no key `dagglot`): {', '.join(names[:5])}{more}" if names else ""


def exit_code(diagnostics: Iterable[Diagnostic], least: int = 0) -> int:
    """Of several outcomes the highest counts; a warning is none."""
    codes = [int(diagnostic.rule.exit_code) for diagnostic in diagnostics if diagnostic.is_error]
    return max([least, *codes])


def stop(
    diagnostics: Sequence[Diagnostic],
    sources: Mapping[str, str] | None = None,
    format: Format = Format.TEXT,
) -> NoReturn:
    """Report errors and end."""
    report(diagnostics, sources or {}, format)
    raise typer.Exit(exit_code(diagnostics))


def the_project(environment: str | None, format: Format, paths: Sequence[Path] = ()) -> Opened:
    """The project of the first path, or of the working directory; its errors end the command."""
    from dagglot import api
    from dagglot.paths import is_folder, real

    first = real(paths[0]) if paths else Path.cwd()
    folder = first if is_folder(first) else first.parent
    opened = api.open_project(folder, environment, Path.cwd())
    if any(diagnostic.is_error for diagnostic in opened.diagnostics):
        stop(opened.diagnostics, opened.sources, format)
    if not paths and opened.project.document is None:
        from dagglot.diagnostics import codes

        stop([codes.NOTHING_NAMED.at(None)], {}, format)
    return opened


def painter() -> Paint:
    """How standard output is painted."""
    from dagglot.reports import table

    return table.ansi if colour(sys.stdout) else table.plain


def pairs(words: Sequence[str] | None, option: str) -> dict[str, str]:
    """``NAME=VALUE`` words of an option that may be repeated; the last of a name counts."""
    made = {}
    for word in words or ():
        name, sign, value = word.partition("=")
        if not (name and sign):
            raise typer.BadParameter(f"`{word}` is not NAME=VALUE", param_hint=option)
        made[name] = value
    return made


def wrong_usage(words: str) -> NoReturn:
    """Say what is wrong with a command line, and end."""
    say(words)
    raise typer.Exit(2)


def checked(
    paths: Sequence[Path], environment: str | None, format: Format
) -> tuple[Opened, Front, dict[str, str]]:
    """The project, its documents without errors, and all texts; errors end the command."""
    from dagglot import api

    opened = the_project(environment, format, paths)
    front = api.check(paths, opened.project)
    found, sources = [*opened.diagnostics, *front.diagnostics], {**opened.sources, **front.sources}
    if exit_code(found):
        stop(found, sources, format)
    report(found, sources, Format.TEXT)  # warnings, never among the data
    return opened, front, sources


def the_pipeline(front: Front, id: str | None) -> Pipeline:
    """The one pipeline that is asked for; where there are several, its id must be given."""
    from dagglot.diagnostics.suggest import did_you_mean

    known = {pipeline.id: pipeline for pipeline in front.pipelines}
    if id is None and len(known) == 1:
        return next(iter(known.values()))
    if id in known:
        return known[id]
    if id is not None:
        help = did_you_mean(id, known)
        wrong_usage(f"there is no pipeline `{id}` here" + (f": {help}" if help else ""))
    names = ", ".join(f"`{name}`" for name in list(known)[:5])
    more = f" and {len(known) - 5} more" if len(known) > 5 else ""
    wrong_usage(
        f"there are {len(known)} pipelines here, choose one with `--pipeline`: {names}{more}"
    )


def jobs(
    words: Sequence[str], out: Path | None, project: Project, format: Format = Format.TEXT
) -> tuple[Job, ...]:
    """The targets that are asked for, or those of the project; errors end the command."""
    from dagglot import plan_jobs

    made, found = plan_jobs.jobs(words, out, project)
    if found:
        stop(found, {}, format)
    return made
