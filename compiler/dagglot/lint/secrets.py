"""Secrets in plain text. What is found is named by its kind and its place, never by its value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from dagglot.diagnostics import advice
from dagglot.diagnostics.model import Diagnostic, Span
from dagglot.ir.kinds import HttpBody, HttpWait, SensorBody
from dagglot.ir.model import Pipeline, Task, Value
from dagglot.lint.texts import Look, place_of
from dagglot.source import place_in

_SHAPES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("an access key of AWS", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a token of GitHub", re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{40,}")),
    ("a token of GitLab", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}")),
    ("a token of Slack", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}")),
    (
        "a webhook of Slack",
        re.compile(r"https://hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/_]{20,}"),
    ),
    ("a key of Stripe", re.compile(r"\b[rs]k_live_[A-Za-z0-9]{16,}")),
    ("a key of Google", re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    (
        "a password in an address",
        re.compile(r"(?<=://)[^\s/:@\"'${}<*]+:(?P<value>[^\s/:@\"'${}<*]+)@(?=[\w.-])"),
    ),
)
_NAMES: Final = re.compile(
    r"passw(?:or)?d$"
    r"|(?:^|[_-])(?:pass|pwd|secret|api[_-]?key|access[_-]?key|private[_-]?key|token)$",
    re.IGNORECASE,
)
_HEADERS: Final = re.compile(
    r"^(?:proxy-)?authorization$|^x-(?:api|auth)-(?:key|token)$|^api-key$|^private-token$",
    re.IGNORECASE,
)


def secrets(pipeline: Pipeline, look: Look) -> Iterator[Diagnostic]:
    """Values that look like secrets, and those whose names say that they are."""
    for task in pipeline.tasks:
        for name, _, span in _named(task, look):
            yield advice.SECRET.at(
                span, what=f"`{name}`", help="store it, and write `${{ secrets.name }}`"
            )
    text = look.texts.get(pipeline.source, "")
    for what, shape in _SHAPES:
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
        for _, shape in _SHAPES:
            text = shape.sub(lambda found: "•" * len(found[0]), text)
        for value in sorted(values, key=len, reverse=True):
            text = text.replace(value, "•" * len(value))
        made[file] = text
    return made


def _named(task: Task, look: Look) -> Iterator[tuple[str, str, Span]]:
    """Constants below names of secrets: the name, the value, and the place of the name."""
    for name, value in task.env.items():
        if isinstance(value, str) and _NAMES.search(name) and _tells(value):
            yield name, value, place_of(name, 0, task.at("env"), look)
    for name, value, key in _headers(task):
        if isinstance(value, str) and _HEADERS.search(name) and _tells(value):
            yield name, value, place_of(name, 0, task.at(key), look)


def _headers(task: Task) -> Iterator[tuple[str, Value, str]]:
    match task.body:
        case HttpBody(headers=headers):
            yield from ((name, value, "headers") for name, value in headers.items())
        case SensorBody(wait_for=HttpWait(request=HttpBody(headers=headers))):
            yield from ((name, value, "wait_for") for name, value in headers.items())
        case _:
            return


def _tells(value: str) -> bool:
    """Whether a value can be a secret: not a path to one, nor a variable, nor too short for one."""
    return len(value.strip()) > 3 and not value.lstrip().startswith(("/", "$", "~", "<"))
