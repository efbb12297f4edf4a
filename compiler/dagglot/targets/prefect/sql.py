"""SQL tasks: statements that SQLAlchemy runs on the database of an SQLAlchemy Connector block."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from dagglot import pycode
from dagglot.expressions.tree import Text
from dagglot.ir.model import SqlBody, Task
from dagglot.ir.sql_text import Parameter, Part, Statement, hidden, statements
from dagglot.pycode import INDENT, Call, Code, literal
from dagglot.targets.prefect.blocks import block_name
from dagglot.targets.prefect.body import PAD, Body
from dagglot.targets.prefect.values import Values

# How SQLAlchemy reads the text of `text()`: what is a parameter, and which colon is escaped.
_BOUND: Final = re.compile(r"(?<![:\w\x5c]):(\w+)(?![:\w])")
_ESCAPED: Final = re.compile(r"\x5c(:\w*)(?![:\w])")


def lower_sql(body: SqlBody, task: Task, values: Values) -> Body:
    """A call of the helper, which runs all statements in one transaction."""
    call = timed(body, task, values)
    if body.output == "none":
        return Body((Code(PAD + pycode.layout(call, INDENT)),), Code("None"))
    values.imports.name("typing", "Any")
    text = pycode.layout(call, INDENT, len("return "))
    return Body((Code(f"{PAD}return {text}"),), Code("Any"))


def timed(body: SqlBody, task: Task, values: Values) -> Call:
    """The call that runs the statements, within the time that the task has."""
    timeout = values.limit(task)
    keywords: list[tuple[str, object]] = []
    if timeout is not None:
        keywords.append(("timeout", timeout))
        values.helpers.add("sql_timeout")
    return called(body, values, body.output, keywords)


def called(
    body: SqlBody, values: Values, output: str, more: Sequence[tuple[str, object]] = ()
) -> Call:
    """The call that runs the statements."""
    values.imports.name("prefect_sqlalchemy", "SqlAlchemyConnector")
    block = Code(f"SqlAlchemyConnector.load({literal(block_name(body.connection))})")
    texts = [_text(one, values) for one in statements(body.sql)]
    keywords: list[tuple[str, object]] = []
    if body.parameters:
        given = {name: values.data(value) for name, value in body.parameters.items()}
        keywords.append(("parameters", given))
    if output != "none":
        keywords.append(("output", output))
    if secrets := hidden(body.parameters):
        keywords.append(("hidden", secrets))
        values.helpers.add("sql_hidden")
    helper = values.call("run_sql", "databases")
    return Call(helper, (block, *texts), (*keywords, *more))


def _text(statement: Statement, values: Values) -> Code:
    """A statement as SQLAlchemy reads it."""
    plain = [_part(part) for part in statement]
    if not _is_read_as_meant(statement, plain):
        plain = list(_escaped(statement))
    if all(isinstance(part, str) for part in plain):
        joined = "".join(str(part) for part in plain)
        return values.block(joined) if "\n" in joined else values.text(joined)
    text = Text(tuple(plain))  # type: ignore[arg-type]
    return values.block(text) if any("\n" in str(part) for part in plain) else values.text(text)


def _part(part: Part) -> Part:
    return f":{part.name}" if isinstance(part, Parameter) else part


def _is_read_as_meant(statement: Statement, plain: list[Part]) -> bool:
    """Whether SQLAlchemy finds our parameters and nothing else, and leaves the rest alone."""
    shown = "".join(part if isinstance(part, str) else "0" for part in plain)
    meant = "".join(
        f"\0{part.name}\0"
        if isinstance(part, Parameter)
        else part
        if isinstance(part, str)
        else "0"
        for part in statement
    )
    return _ESCAPED.sub(r"\1", _BOUND.sub("\0\\1\0", shown)) == meant


def _escaped(statement: Statement) -> list[Part]:
    """With a backslash before every colon that stands in no parameter."""
    made: list[Part] = []
    for number, part in enumerate(statement):
        if isinstance(part, str):
            made.append(part.replace(":", r"\:"))
        elif isinstance(part, Parameter):
            before = statement[number - 1] if number else " "
            joint = isinstance(before, str) and re.search(r"[\w\x5c:]\Z", before)
            made.append(f"{' ' if joint else ''}:{part.name}")
        else:
            made.append(part)
    return made
