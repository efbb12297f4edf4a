"""Secrets in plain text. What is found is named by its kind and its place, never by its value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dagglot.diagnostics import advice
from dagglot.diagnostics.model import Diagnostic, Span
from dagglot.ir import plain_secrets
from dagglot.ir.kinds import HttpBody, HttpWait, SensorBody
from dagglot.ir.model import Pipeline, Task, Value
from dagglot.ir.plain_secrets import HEADERS, NAMES, SHAPES, tells
from dagglot.lint.texts import Look, place_of
from dagglot.source import place_in


def secrets(pipeline: Pipeline, look: Look) -> Iterator[Diagnostic]:
    """Values that look like secrets, and those whose names say that they are."""
    for task in pipeline.tasks:
        for name, _, span in _named(task, look):
            yield advice.SECRET.at(
                span, what=f"`{name}`", help="store it, and write `${{ secrets.name }}`"
            )
    text = look.texts.get(pipeline.source, "")
    for what, shape in SHAPES:
        for found in shape.finditer(text):
            yield advice.SECRET.at(
                place_in(text, found.start(), pipeline.source, len(found[0])),
                what=what,
                help="store it, and write `${{ secrets.name }}`",
            )


def veiled(pipelines: Iterable[Pipeline], look: Look) -> Mapping[str, str]:
    """The texts without the secrets in them, each character a bullet: what snippets may show."""
    made = dict(look.texts)
    values = {
        value for one in pipelines for task in one.tasks for _, value, _ in _named(task, look)
    }
    for file, text in look.texts.items():
        text = plain_secrets.veiled(text)
        for value in sorted(values, key=len, reverse=True):
            text = text.replace(value, "•" * len(value))
        made[file] = text
    return made


def _named(task: Task, look: Look) -> Iterator[tuple[str, str, Span]]:
    """Constants below names of secrets: the name, the value, and the place of the name."""
    for name, value in task.env.items():
        if isinstance(value, str) and NAMES.search(name) and tells(value):
            yield name, value, place_of(name, 0, task.at("env"), look)
    for name, value, key in _headers(task):
        if isinstance(value, str) and HEADERS.search(name) and tells(value):
            yield name, value, place_of(name, 0, task.at(key), look)


def _headers(task: Task) -> Iterator[tuple[str, Value, str]]:
    match task.body:
        case HttpBody(headers=headers):
            yield from ((name, value, "headers") for name, value in headers.items())
        case SensorBody(wait_for=HttpWait(request=HttpBody(headers=headers))):
            yield from ((name, value, "wait_for") for name, value in headers.items())
        case _:
            return
