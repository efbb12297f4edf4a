"""Clocks in scripts and in SQL, where the time of the run is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dagglot.diagnostics import advice
from dagglot.diagnostics.model import Diagnostic
from dagglot.ir import sql_text
from dagglot.ir.kinds import SensorBody, ShellBody, SqlBody, SqlWait
from dagglot.ir.model import Pipeline, Task, Value
from dagglot.lint.texts import UNKNOWN, Look, place_of, plain


def clock(pipeline: Pipeline, look: Look) -> Iterator[Diagnostic]:
    """Days that a script or a statement takes from the clock."""
    for task in pipeline.tasks:
        match task.body:
            case ShellBody(run=run):
                yield from _found(task, "run", run, _in_shell(plain(run)), look)
            case SqlBody(sql=sql):
                yield from _found(task, "sql", sql, _in_sql(plain(sql)), look)
            case SensorBody(wait_for=SqlWait(query=query)):
                yield from _found(task, "wait_for", query.sql, _in_sql(plain(query.sql)), look)
            case _:
                pass


def _found(
    task: Task, key: str, value: Value, found: Iterator[tuple[int, str, str]], look: Look
) -> Iterator[Diagnostic]:
    text = plain(value)
    for start, words, instead in found:
        name = instead.rpartition(".")[2]
        help = f"write `${{{{ {instead} }}}}`"
        if key != "run":
            help = f'`parameters: {{{name}: "${{{{ {instead} }}}}"}}`, and write `:{name}`'
        yield advice.CLOCK.at(
            place_of(words, text.count(words, 0, start), task.at(key), look),
            found=words.replace(UNKNOWN, "…"),
            help=help,
        )


# --- shell --------------------------------------------------------------------------------------

_DATE: Final = re.compile(r"(?:\$\(|`)\s*(?:TZ=\S+\s+)?(date(?:[ \t]+[^)`\n]*)?)(?:\)|`)")
"""`date` whose output is taken."""
_OF_A_DAY: Final = re.compile(
    r"%[-_0^#]?[FyYmdDjuUVWGgxeaAbBhC]|(?:^|\s)(?:-I|--iso-8601)(?=\s|$|=date)"
)
_OF_A_MOMENT: Final = re.compile(
    r"%[-_0^#]?[TMScsrRXNHIklpzZ]|-I(?:s|m|h|n)|--rfc|--iso-8601=[smhn]"
)
"""With hours or seconds it says when something happened: a line of a log, a name that is unique."""
_GIVEN: Final = re.compile(r"(?:-d|--date|-r|--reference|-f|--file|-j)[ =]*(.*)", re.DOTALL)


def _in_shell(text: str) -> Iterator[tuple[int, str, str]]:
    """Where, which words, and what to write instead."""
    for found in _DATE.finditer(_without_comments(text)):
        words = found[1].rstrip()
        given = _GIVEN.search(words)
        if given and (
            UNKNOWN in given[1] or re.search(r"[$@]|\d{4}-|-[rfj]\b|reference", given[0])
        ):
            continue  # a day that is given, and not the clock's
        if _OF_A_DAY.search(words) and not _OF_A_MOMENT.search(words):
            yield found.start(1), words, "run.date"


def _without_comments(text: str) -> str:
    return re.sub(r"(?m)(?:^|(?<=\s))#.*$", lambda found: " " * len(found[0]), text)


# --- SQL ----------------------------------------------------------------------------------------

_NOW: Final = (
    r"(?:now\s*\(\s*\)|current_timestamp(?:\s*\(\s*\d*\s*\))?|localtimestamp|getdate\s*\(\s*\)"
    r"|getutcdate\s*\(\s*\)|sysdate(?:time)?(?:\s*\(\s*\))?|systimestamp|statement_timestamp\s*\(\s*\)"
    r"|clock_timestamp\s*\(\s*\)|transaction_timestamp\s*\(\s*\))"
)
_TODAY: Final = (
    r"(?:current_date(?:\s*\(\s*\))?|curdate\s*\(\s*\)|utc_date\s*\(\s*\)|today\s*\(\s*\))"
)
_CLOCKS: Final = re.compile(
    rf"(?P<default>\bdefault\s+\(?\s*(?:{_NOW}|{_TODAY}))"  # of a column: says when a row came
    rf"|(?P<today>(?<![\w.\"`]){_TODAY}(?![\w\"`]))"
    # a moment becomes a boundary where it is compared, cut to a day, or shifted
    rf"|(?:[<>]=?|\bbetween)\s*(?P<compared>{_NOW}(?![\w\"`]))"
    rf"|\b(?:date_trunc\s*\([^,()]*,|date\s*\(|trunc\s*\(|to_date\s*\(|extract\s*\([^()]*\bfrom)"
    rf"\s*(?P<cut>{_NOW}(?![\w\"`]))"
    rf"|\b(?:date_?add|date_?sub|dateadd|timestamp_sub)\s*\((?:[^,()]*,){{0,2}}\s*(?P<shifted>{_NOW}(?![\w\"`]))"
    rf"|(?<![\w.\"`])(?P<moved>{_NOW})(?=\s*(?:::\s*date\b|[-+]\s*(?:interval\b|\d)))"
    r"|\b(?P<text>(?:date|datetime|strftime)\s*\(\s*)",
    re.IGNORECASE,
)
_NOW_IN_QUOTES: Final = re.compile(
    r"(?:date|datetime|strftime)\s*\(\s*(?:'[^']*%[^']*'\s*,\s*)?'now'[^()]*\)", re.IGNORECASE
)
"""SQLite's own way to say it."""


def _in_sql(text: str) -> Iterator[tuple[int, str, str]]:
    bare = sql_text.without_quoted(text)
    for found in _CLOCKS.finditer(bare):
        kind = found.lastgroup or ""
        if kind == "default":
            continue
        if kind == "text":
            quoted = _NOW_IN_QUOTES.match(text, found.start("text"))
            if quoted:
                yield quoted.start(), quoted[0], "run.date"
            continue
        yield found.start(kind), found[kind], "run.date" if kind == "today" else "run.time"
