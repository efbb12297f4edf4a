"""Values never become code: what may stand in a script (language.md)."""

from __future__ import annotations

from collections.abc import Iterator

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Span
from dagglot.expressions.shell import shell_safe
from dagglot.expressions.tree import Expression, Text, references
from dagglot.expressions.unparse import is_expression, unparse
from dagglot.ir.kinds import CheckBody, ContainerBody, SensorBody, ShellBody, SqlBody, SqlWait
from dagglot.ir.model import Pipeline, Task, Value


def shell_values(pipeline: Pipeline) -> tuple[Pipeline, tuple[Diagnostic, ...]]:
    """The pipeline as it is; a finding for each value that could carry shell or SQL syntax."""
    return pipeline, tuple(finding for task in pipeline.tasks for finding in _findings(task))


def _findings(task: Task) -> Iterator[Diagnostic]:
    for name, value in task.env.items():
        if _holds_nul(value) or "\0" in name:
            yield codes.NUL_IN_PROCESS.at(task.at("env"))
    if isinstance(task.body, ShellBody) and (
        _holds_nul(task.body.run) or "\0" in (task.body.cwd or "")
    ):
        yield codes.NUL_IN_PROCESS.at(task.at("run"))
    match task.body:
        case ShellBody(run=run):
            yield from _unsafe(task, run, "run", "env")
        case SqlBody(sql=sql) | CheckBody(look=SqlBody(sql=sql)):
            yield from _unsafe(task, sql, "sql", "parameters")
        case SensorBody(wait_for=SqlWait(query=query)):
            yield from _unsafe(task, query.sql, "wait_for", "parameters")
        case ContainerBody() as body:
            yield from _after_dash_c(task, body)
        case _:
            return


def _holds_nul(value: Value) -> bool:
    parts = value.parts if isinstance(value, Text) else (value,)
    return any(isinstance(part, str) and "\0" in part for part in parts)


def _unsafe(task: Task, value: Value, key: str, instead: str) -> Iterator[Diagnostic]:
    parts = value.parts if isinstance(value, Text) else (value,)
    for part in parts:
        if isinstance(part, str) or not is_expression(part) or shell_safe(part):
            continue
        source = unparse(part)
        yield codes.UNSAFE_IN_SHELL.at(
            _place(task, key, part),
            what=f"`${{{{ {source} }}}}`",
            help=_help(source, key, instead),
        )


def _place(task: Task, key: str, expression: Expression) -> Span:
    """The place of one expression of a script: the last that begins before its first name."""
    offset = min((leaf.offset for leaf in references(expression)), default=-1)
    begins = [int(name[len(key) + 1 :]) for name in task.places if name.startswith(f"{key}@")]
    before = [begin for begin in begins if begin <= offset]
    return task.at(f"{key}@{max(before)}") if before else task.at(key)


def _help(source: str, key: str, instead: str) -> str:
    name = source.rpartition(".")[2] if source.replace(".", "").isidentifier() else "value"
    if instead == "env":
        return (
            f'pass it through the environment:\n  env: {{{name.upper()}: "${{{{ {source} }}}}"}}\n'
            f'and write "${name.upper()}" in `{key}`'
        )
    return (
        f'pass it as a parameter:\n  parameters: {{{name}: "${{{{ {source} }}}}"}}\n'
        f"and write :{name} in `{key}`"
    )


_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh"})


def _after_dash_c(task: Task, body: ContainerBody) -> Iterator[Diagnostic]:
    """In a container, the text after a shell's ``-c`` is a script, in whichever list it is."""
    words = [(word, "command") for word in body.command] + [(word, "args") for word in body.args]
    # without a command the image's own entrypoint runs, which may be a shell
    shell = not body.command
    script = False
    for word, key in words:
        if script:
            yield from _unsafe(task, word, key, "env")
        elif isinstance(word, str) and word.rpartition("/")[2] in _SHELLS:
            shell = True
        elif shell and isinstance(word, str) and word.startswith("-") and word.endswith("c"):
            script = True
