"""What happens when a task runs twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from dagglot.diagnostics import advice
from dagglot.diagnostics.model import Diagnostic, Related
from dagglot.ir import sql_text
from dagglot.ir.kinds import HttpBody, SqlBody
from dagglot.ir.model import Pipeline, Task
from dagglot.lint.texts import UNKNOWN, Look, count, place_of, plain


def repeats(pipeline: Pipeline, look: Look) -> Iterator[Diagnostic]:
    """Retries of what must not be repeated, of what doubles rows, and of requests at once."""
    for task in pipeline.tasks:
        if task.retries.count == 0:
            continue
        times = count(task.retries.count)
        if task.idempotent is False:
            yield advice.RETRIES_NOT_IDEMPOTENT.at(
                task.at("idempotent"),
                task=task.id,
                times=times,
                related=(Related(task.at("retries"), "retried by this"),),
                help="`retries: 0` for this task, or make it safe to repeat",
            )
        if isinstance(task.body, SqlBody) and task.idempotent is None:
            yield from _inserts(task, task.body, times, look)
        if isinstance(task.body, HttpBody) and task.retries.delay == timedelta(0):
            yield advice.RETRIES_AT_ONCE.at(
                task.at("retries"),
                task=task.id,
                times=times,
                help=f"`{{count: {task.retries.count}, delay: 10s, backoff: exponential}}`",
            )


_NAME: Final = rf"""((?:[\w.$\-{UNKNOWN}]|"[^"]*"|`[^`]*`|\[[^\]]*\])+)"""
_INSERT: Final = re.compile(rf"\binsert\s+(?:into\s+)?(?:table\s+)?{_NAME}", re.IGNORECASE)
_KEYED: Final = re.compile(
    r"\bon\s+conflict\b|\bon\s+duplicate\s+key\b|\binsert\s+(?:or\s+\w+|ignore|overwrite|all)\b"
    r"|\bmerge\b|\bexists\b|\bnot\s+in\b|\bis\s+null\b|\bexcept\b|\bminus\b",
    re.IGNORECASE,
)
"""A statement that has one of these may well insert only what is not there."""
_CLEARS: Final = re.compile(
    rf"\b(?:delete\s+from|delete|truncate(?:\s+table)?|(?:create|drop)\s+(?:or\s+replace\s+)?"
    rf"(?:\w+\s+){{0,2}}table(?:\s+if\s+exists)?)\s+(?:only\s+)?{_NAME}",
    re.IGNORECASE,
)


def _inserts(task: Task, body: SqlBody, times: str, look: Look) -> Iterator[Diagnostic]:
    """Inserts whose rows come again; a table that was cleared, or made, before is none."""
    text = sql_text.without_quoted(plain(body.sql))
    cleared: set[str] = set()
    seen = 0
    for statement in text.split(";"):
        cleared.update(_table(found[1]) for found in _CLEARS.finditer(statement))
        for found in _INSERT.finditer(statement):
            number, seen = seen, seen + 1
            if _KEYED.search(statement) or _table(found[1]) in cleared:
                continue
            words = found[0]
            yield advice.RETRIES_INSERT.at(
                place_of(words, _before(text, words, number), task.at("sql"), look),
                task=task.id,
                times=times,
                table=re.sub(r'["`\[\]]', "", found[1]).replace(UNKNOWN, "…"),
                related=(Related(task.at("retries"), "retried by this"),),
                help="delete the slice first, or insert `on conflict`",
            )


def _before(text: str, words: str, number: int) -> int:
    """How often the words stand before the ``number``-th insert of the text."""
    starts = [found.start() for found in _INSERT.finditer(text)]
    return text.count(words, 0, starts[number]) if number < len(starts) else 0


def _table(name: str) -> str:
    """A table without quotes and without its schema, which one statement may leave out."""
    return re.sub(r'["`\[\]]', "", name).rpartition(".")[2].lower()
