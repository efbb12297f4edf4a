"""What a task does, by its kind."""

from __future__ import annotations

from keyword import iskeyword
from typing import Final, Literal, cast

from dagglot.diagnostics import codes
from dagglot.expressions.parse import Scope
from dagglot.ir.model import (
    Body,
    BranchBody,
    BranchCase,
    GateBody,
    NativeBody,
    NativeCall,
    NoopBody,
    OtherBody,
    PythonBody,
    ShellBody,
    SqlBody,
)
from dagglot.ir.reader import Reader
from dagglot.source import Map

COMMON_KEYS: Final = frozenset(
    {
        "type",
        "description",
        "docs",
        "owner",
        "tags",
        "depends_on",
        "trigger_rule",
        "when",
        "for_each",
        "matrix",
        "retries",
        "timeout",
        "pool",
        "priority",
        "env",
        "resources",
        "consumes",
        "produces",
        "checks",
        "on_failure",
        "on_success",
        "on_retry",
        "allow_failure",
        "idempotent",
        "depends_on_past",
        "teardown_of",
        "targets",
        "moved",
    }
)


def read_body(read: Reader, kind: str, value: Map, scope: Scope, secret: Scope) -> Body:
    """The body of a task; ``secret`` is the scope of the keys where a secret may stand."""
    match kind:
        case "python":
            return _python(read, value, secret)
        case "shell":
            return ShellBody(
                run=read.value(value, "run", scope),
                cwd=read.maybe_text(value, "cwd"),
                strict=read.flag(value, "strict", True),
                output=cast('Literal["text", "json", "none"]', read.text(value, "output", "text")),
                skip_exit_code=read.whole(value, "skip_exit_code"),
            )
        case "sql":
            return SqlBody(
                sql=read.value(value, "sql", scope),
                file=read.maybe_text(value, "file"),
                connection=read.text(value, "connection"),
                parameters=read.value_map(value, "parameters", secret),
                output=cast(
                    'Literal["none", "rows", "scalar"]', read.text(value, "output", "none")
                ),
            )
        case "gate":
            skips = read.text(value, "skips", "all_downstream")
            return GateBody(
                condition=read.value(value, "if", scope),
                call=_python(read, value, secret) if value.get("call") else None,
                skips=cast('Literal["all_downstream", "direct"]', skips),
            )
        case "branch":
            return _branch(read, value, scope, secret)
        case "noop":
            return NoopBody()
        case "native":
            return NativeBody(
                calls={
                    target: _native(read, value, target, secret)
                    for target in value
                    if isinstance(value[target], Map)
                    and target not in COMMON_KEYS
                    and not target.startswith("x-")
                }
            )
        case _:
            keys = [key for key in value if key not in COMMON_KEYS and not key.startswith("x-")]
            return OtherBody(
                kind=kind, settings={key: read.value(value, key, secret) for key in keys}
            )


def _python(read: Reader, value: Map, scope: Scope) -> PythonBody:
    module, function = _call(read, value, "call")
    return PythonBody(
        module=module,
        function=function,
        args=read.value_map(value, "args", scope) if value.get("args") is not None else {},
        skip_on=read.maybe_text(value, "skip_on"),
    )


def _call(read: Reader, value: Map, key: str) -> tuple[str, str]:
    before = len(read.found)
    text = read.text(value, key)
    module, _, name = text.partition(":")
    dotted = [*module.split("."), name]
    wrong = any(not part.isidentifier() or iskeyword(part) for part in dotted)
    if wrong and len(read.found) == before:
        read.found.append(codes.BAD_CALL.at(value.span(key), call=text))
    return module, name


def _branch(read: Reader, value: Map, scope: Scope, secret: Scope) -> BranchBody:
    cases = value.get("cases") or ()
    return BranchBody(
        cases=tuple(
            BranchCase(
                condition=read.value(case, "if", scope),
                to=read.names(case, "to"),
                span=case.span("to"),
            )
            for case in cases
        ),
        otherwise=read.names(value, "else"),
        call=_python(read, value, secret) if value.get("call") else None,
    )


def _native(read: Reader, value: Map, target: str, scope: Scope) -> NativeCall:
    entry: Map = value[target]
    module, name = _call(read, entry, "call")
    return NativeCall(
        module=module,
        name=name,
        args=read.value_map(entry, "args", scope) if entry.get("args") is not None else {},
        span=value.key_span(target),
    )
