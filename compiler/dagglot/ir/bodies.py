"""What a task does, by its kind."""

from __future__ import annotations

from datetime import timedelta
from keyword import iskeyword
from typing import Final, Literal, cast

from dagglot.diagnostics import codes
from dagglot.expressions.parse import Scope
from dagglot.ir import kinds
from dagglot.ir.kinds import (
    ApprovalBody,
    Body,
    BranchBody,
    BranchCase,
    ContainerBody,
    DbtBody,
    GateBody,
    HttpBody,
    NativeBody,
    NativeCall,
    NoopBody,
    NotebookBody,
    NotifyBody,
    PythonBody,
    SensorBody,
    ShellBody,
    SparkBody,
    SqlBody,
    TriggerPipelineBody,
)
from dagglot.ir.reader import Reader
from dagglot.ir.values import Value
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
            return python(read, value, secret)
        case "shell":
            return ShellBody(
                run=read.value(value, "run", scope),
                cwd=read.maybe_text(value, "cwd"),
                strict=read.flag(value, "strict", True),
                output=cast('Literal["text", "json", "none"]', read.text(value, "output", "text")),
                skip_exit_code=read.whole(value, "skip_exit_code"),
            )
        case "sql":
            return sql(read, value, scope, secret)
        case "http":
            return http(read, value, scope, secret)
        case "container":
            return _container(read, value, scope)
        case "dbt":
            return _dbt(read, value, scope)
        case "notebook":
            return NotebookBody(
                path=read.value(value, "path", scope),
                output_path=read.value(value, "output_path", scope),
                parameters=read.value_map(value, "parameters", secret),
            )
        case "spark":
            return SparkBody(
                application=read.text(value, "application"),
                args=_words(read, value, "args", scope),
                conf=read.json_map(value, "conf"),
                connection=read.text(value, "connection"),
                packages=read.names(value, "packages"),
                master=read.maybe_text(value, "master"),
            )
        case "sensor":
            limit = read.duration(value, "timeout")
            return SensorBody(
                wait_for=_wait(read, value, scope, secret),
                poll=read.duration(value, "poll") or kinds.POLL,
                timeout=limit if limit is not None else kinds.WHOLE_WAIT,
                on_timeout=cast('Literal["fail", "skip"]', read.text(value, "on_timeout", "fail")),
            )
        case "trigger_pipeline":
            return TriggerPipelineBody(
                pipeline=read.text(value, "pipeline"),
                params=read.value_map(value, "params", scope),
                partition=read.value(value, "partition", scope),
                wait=read.flag(value, "wait", True),
                poll=read.duration(value, "poll") or kinds.POLL,
            )
        case "approval":
            return ApprovalBody(
                message=read.value(value, "message", scope),
                approvers=read.names(value, "approvers"),
                timeout=read.duration(value, "timeout"),
                on_reject=cast('Literal["fail", "skip"]', read.text(value, "on_reject", "fail")),
            )
        case "notify":
            return NotifyBody(
                alerts=read.names(value, "alerts"), message=read.value(value, "message", scope)
            )
        case "gate":
            skips = read.text(value, "skips", "all_downstream")
            return GateBody(
                condition=read.value(value, "if", scope),
                call=python(read, value, secret) if value.get("call") else None,
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
            # an expression, since the schema knows the kinds: what is wrong with it is said
            read.text(value, "type")
            return NoopBody()


def sql(read: Reader, value: Map, scope: Scope, secret: Scope) -> SqlBody:
    """A `sql` task, or what a sensor asks a database."""
    output = read.text(value, "output", "none")
    return SqlBody(
        sql=read.value(value, "sql", scope),
        connection=read.text(value, "connection"),
        parameters=read.value_map(value, "parameters", secret),
        output=cast('Literal["none", "rows", "scalar"]', output),
    )


def http(read: Reader, value: Map, scope: Scope, secret: Scope, url: str = "url") -> HttpBody:
    """An `http` task, or what a sensor asks a server."""
    sends: Literal["nothing", "json", "text"] = "nothing"
    if "json" in value:
        sends = "json"
    elif value.get("body") is not None:
        sends = "text"
    content = {"nothing": None, "json": "json", "text": "body"}[sends]
    status = value["expect"].get("status") if isinstance(value.get("expect"), Map) else None
    return HttpBody(
        url=read.value(value, url, scope),
        connection=read.text(value, "connection"),
        path=read.value(value, "path", scope),
        method=read.text(value, "method", "GET"),
        headers=read.value_map(value, "headers", secret),
        query=read.value_map(value, "query", scope),
        sends=sends,
        content=read.value(value, content, scope) if content else None,
        status=_numbers(status),
        output=cast('Literal["text", "json"]', read.text(value, "output", "text")),
    )


def _numbers(value: object) -> tuple[int, ...]:
    """A list of whole numbers; a single one may stand alone."""
    found = value if isinstance(value, list) else [value]
    return tuple(one for one in found if isinstance(one, int))


def _container(read: Reader, value: Map, scope: Scope) -> ContainerBody:
    pod = value.get("pod")
    runtime = read.text(value, "runtime", "docker")
    return ContainerBody(
        image=read.text(value, "image"),
        runtime=cast('Literal["docker", "kubernetes"]', runtime),
        command=_words(read, value, "command", scope),
        args=_words(read, value, "args", scope),
        volumes=read.names(value, "volumes"),
        namespace=read.maybe_text(value, "namespace"),
        pod=read.json_map(value, "pod") if isinstance(pod, Map) else {},
    )


def _dbt(read: Reader, value: Map, scope: Scope) -> DbtBody:
    return DbtBody(
        command=read.text(value, "command"),
        select=_words(read, value, "select", scope),
        exclude=read.names(value, "exclude"),
        project_dir=read.maybe_text(value, "project_dir"),
        profiles_dir=read.maybe_text(value, "profiles_dir"),
        target=read.maybe_text(value, "target"),
        vars=read.value_map(value, "vars", scope),
        args=_words(read, value, "args", scope),
    )


def _words(read: Reader, value: Map, key: str, scope: Scope) -> tuple[Value, ...]:
    """A list of texts; a single one may stand alone."""
    made = read.value(value, key, scope)
    return made if isinstance(made, tuple) else () if made is None else (made,)


def python(read: Reader, value: Map, scope: Scope) -> PythonBody:
    module, function = called(read, value, "call")
    return PythonBody(
        module=module,
        function=function,
        args=read.value_map(value, "args", scope) if value.get("args") is not None else {},
        skip_on=read.maybe_text(value, "skip_on"),
    )


def called(read: Reader, value: Map, key: str) -> tuple[str, str]:
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
        call=python(read, value, secret) if value.get("call") else None,
    )


def _native(read: Reader, value: Map, target: str, scope: Scope) -> NativeCall:
    entry: Map = value[target]
    module, name = called(read, entry, "call")
    return NativeCall(
        module=module,
        name=name,
        args=read.value_map(entry, "args", scope) if entry.get("args") is not None else {},
        span=value.key_span(target),
    )


def _wait(read: Reader, value: Map, scope: Scope, secret: Scope) -> kinds.Wait:
    """What a sensor waits for: the schema sees to it that it is exactly one thing."""
    given: Map = value["wait_for"]
    if "file" in given:
        return kinds.FileWait(path=read.value(given, "file", scope))
    if "http" in given or "path" in given:
        return kinds.HttpWait(request=http(read, given, scope, secret, "http"))
    if "sql" in given:
        return kinds.SqlWait(query=sql(read, given, scope, secret))
    if "call" in given:
        return kinds.CallWait(call=python(read, given, secret))
    if "duration" in given:
        return kinds.DurationWait(duration=read.duration(given, "duration") or timedelta(0))
    if "until" in given:
        return _until(read, given, scope)
    if "pipeline" in given:
        return kinds.PipelineWait(
            pipeline=read.text(given, "pipeline"),
            task=read.maybe_text(given, "task"),
            offset=read.duration(given, "offset") or timedelta(0),
        )
    return kinds.AssetWait(asset=read.text(given, "asset"))


def _until(read: Reader, given: Map, scope: Scope) -> kinds.UntilWait:
    moment = read.value(given, "until", scope)
    if isinstance(moment, str) and ":" in moment and "-" not in moment:
        return kinds.UntilWait(time_of_day=moment)
    return kinds.UntilWait(moment=moment)
