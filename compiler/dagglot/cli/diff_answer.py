"""How a diff is answered: in which forms, where to, and with which exit code."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from dagglot.cli.shared import painter, put, write_text, wrong_usage


class Shape(StrEnum):
    """The forms of the answer."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    GITHUB = "github"
    SARIF = "sarif"
    GITLAB = "gitlab"
    JUNIT = "junit"
    HTML = "html"


class FailOn(StrEnum):
    """The least risk that ends with code 1."""

    BREAKING = "breaking"
    REVIEW = "review"
    ANY = "any"


Shapes = Annotated[
    Shape,
    typer.Option("--format", help="text, json, markdown, github, sarif, gitlab, junit or html."),
]
Also = Annotated[
    list[str] | None,
    typer.Option(
        "--also",
        metavar="FORMAT=FILE",
        help="Write the answer to a file in this form too. Repeatable.",
        show_default=False,
    ),
]
Fails = Annotated[
    FailOn | None,
    typer.Option(
        "--fail-on",
        help="End with code 1 from this risk on. Without it: breaking.",
        show_default=False,
    ),
]
Detailed = Annotated[
    bool,
    typer.Option(
        "--detailed-exitcode",
        help="End with 0 for no change, 10 safe or cosmetic, 11 review, 12 breaking.",
    ),
]
_READ_BY_OTHERS: Final = (Shape.SARIF, Shape.GITLAB)
"""Who reads these decides by what is in them, and takes another code for a program that broke."""
_WEIGHTS: Final = ("cosmetic", "safe", "review", "breaking")
_LEAST: Final = {FailOn.ANY: "cosmetic", FailOn.REVIEW: "review", FailOn.BREAKING: "breaking"}


def files_of(also: Sequence[str] | None) -> dict[Shape, Path]:
    """The forms that are written to files, and where."""
    made = {}
    for word in also or ():
        name, sign, file = word.partition("=")
        if name not in list(Shape) or not (sign and file):
            wrong_usage(f"`--also {word}` is not FORMAT=FILE: a form is {', '.join(Shape)}")
        made[Shape(name)] = Path(file)
    return made


def answer(
    data: Mapping[str, Any],
    shape: Shape,
    also: Mapping[Shape, Path],
    fail_on: FailOn | None,
    detailed: bool,
) -> NoReturn:
    """Print the answer, write it to files, and end with its code."""
    least = _LEAST[fail_on or FailOn.BREAKING]
    for form, file in also.items():
        write_text(file, _rendered(form, data, least, to_file=True))
    put(_rendered(shape, data, least))
    if shape is Shape.GITHUB and (summary := os.environ.get("GITHUB_STEP_SUMMARY")):
        from dagglot.reports import forms

        _append(Path(summary), forms.summary(data, least))
    if shape in _READ_BY_OTHERS and fail_on is None and not detailed:
        raise typer.Exit(0)
    raise typer.Exit(_code(data, least, detailed))


def _rendered(shape: Shape, data: Mapping[str, Any], least: str, *, to_file: bool = False) -> str:
    from dagglot.reports import diff, forms, table

    match shape:
        case Shape.TEXT:
            return diff.as_text(data, table.plain if to_file else painter())
        case Shape.JSON:
            return diff.as_json(data)
        case _:
            return forms.render(shape.value, data, least)


def _append(file: Path, text: str) -> None:
    try:
        with file.open("a", encoding="utf-8", errors="backslashreplace") as summary:
            summary.write(text)
    except OSError as error:
        wrong_usage(f"cannot write `{file}`: {error.strerror}")


def _code(data: Mapping[str, Any], least: str, detailed: bool) -> int:
    """What is wrong with what is accepted fails whatever else there is."""
    if any(one["severity"] == "error" for one in data["problems"]):
        return 1
    if data["risk"] is None:
        return 0
    risk = "review" if data["risk"] == "undecidable" else data["risk"]
    if detailed:
        return {"breaking": 12, "review": 11}.get(risk, 10)
    return int(_WEIGHTS.index(risk) >= _WEIGHTS.index(least))
