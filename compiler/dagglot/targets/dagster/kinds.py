"""The bodies of ops that talk to systems: SQL, HTTP, and waiting for something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, assert_never

from dagglot import pycode
from dagglot.expressions import tree
from dagglot.expressions.types import Kind
from dagglot.ir import kinds
from dagglot.ir.model import (
    HttpBody,
    Pipeline,
    PythonBody,
    SensorBody,
    SqlBody,
    TriggerPipelineBody,
    Value,
)
from dagglot.ir.sql_text import hidden
from dagglot.pycode import INDENT, Call, Code
from dagglot.targets.dagster import connections
from dagglot.targets.dagster.names import job_of
from dagglot.targets.dagster.retries import seconds
from dagglot.targets.dagster.scope import Scope, returns
from dagglot.targets.dagster.statements import texts_of

GRAPHQL: Final = "dagster-graphql"
_PAD = " " * INDENT


class Kinds:
    """Adds statements to a scope."""

    def __init__(
        self, scope: Scope, pipeline: Pipeline, called: Callable[[PythonBody], Call]
    ) -> None:
        self.scope = scope
        self.made = scope.made
        self.pipeline = pipeline
        self.called = called

    # --- sql ------------------------------------------------------------------------------------

    def sql(self, body: SqlBody) -> None:
        run = self.query(body)
        if body.output == "none":
            self.made.statements.append(pycode.layout(run, INDENT))
            return
        self.made.returns = "Any"
        self.scope.helper("to_json")
        self.made.statements.append(returns(Call("to_json", (run,))))

    def query(self, body: SqlBody, output: str = "") -> Call:
        declared = connections.declared(self.pipeline, body.connection)
        self.made.packages.update(connections.PACKAGES[declared.type])
        database = self.scope.resource(body.connection)
        texts = [self.scope.block(one) for one in texts_of(body)]
        arguments: list[object] = [texts[0] if len(texts) == 1 else texts]
        if body.parameters:
            arguments.append({name: self.scope.data(one) for name, one in body.parameters.items()})
        output = output or body.output
        keywords: list[tuple[str, object]] = [] if output == "none" else [("output", output)]
        if declared.type == "duckdb":
            self.made.flags.add(("databases", "duckdb"))
        if secrets := hidden(body.parameters):
            keywords.append(("hidden", secrets))
            self.made.flags.add(("databases", "hidden"))
        return Call(f"{database}.run", tuple(arguments), tuple(keywords))

    # --- http -----------------------------------------------------------------------------------

    def http(self, body: HttpBody) -> None:
        answer = self.request(body, "request", (body.method,))
        end = ".json()" if body.output == "json" else ".text"
        self.made.returns = "Any" if body.output == "json" else "str"
        text = pycode.layout(answer, INDENT, len("return "), len(end))
        self.made.statements.append(Code(f"return {text}{end}"))

    def request(self, body: HttpBody, function: str, arguments: tuple[object, ...] = ()) -> Call:
        self.made.packages.update(connections.PACKAGES["http"])
        self.made.library.add(("values", "json_text"))
        if body.connection:
            function = f"{self.scope.resource(body.connection)}.{function}"
            place = self.scope.text(body.path)
        else:
            self.made.helpers.add(("http", function))
            place = self.scope.text(body.url)
        keywords: dict[str, object] = {}
        if body.query:
            keywords["query"] = {name: self.in_query(one) for name, one in body.query.items()}
        if body.headers:
            keywords["headers"] = {name: self.scope.text(one) for name, one in body.headers.items()}
        if body.sends == "json":
            keywords["json"] = self.scope.data(body.content)
        elif body.sends == "text":
            keywords["body"] = self.scope.text(body.content)
        if body.status:
            keywords["expect"] = list(body.status)
        return Call(function, (*arguments, place), tuple(keywords.items()))

    def in_query(self, value: Value) -> object:
        """Text, or a list of texts."""
        if isinstance(value, tuple):
            return [self.scope.text(one) for one in value]
        if isinstance(value, tree.NODES) and value.type.kind in (Kind.ANY, Kind.LIST):
            self.made.helpers.add(("http", "texts"))
            self.made.library.add(("values", "to_text"))
            return Call("texts", (self.scope.data(value),))
        return self.scope.text(value)

    # --- sensors --------------------------------------------------------------------------------

    def sensor(self, body: SensorBody) -> None:
        self.made.context = True
        match body.wait_for:
            case kinds.FileWait(path=path):
                self.made.imports_of_file.add(("pathlib", "Path"))
                made = pycode.assignment("path", self.scope.text(path), 2 * INDENT)
                self.wait_for(body, Code(made), Code("path if Path(path).exists() else None"))
            case kinds.HttpWait(request=request):
                if request.connection:
                    self.made.flags.add(("http", "ask"))
                self.wait_for(body, returned=self.request(request, "ask"))
            case kinds.SqlWait(query=query):
                self.wait_for_truth(body, self.query(query, "scalar"))
            case kinds.CallWait(call=call):
                self.made.guarded = True
                self.wait_for_truth(body, self.called(call))
            case kinds.DurationWait(duration=duration):
                self.made.helpers.add(("sensors", "started_at"))
                self.made.imports_of_file.add(("datetime", "timedelta"))
                length = Code(f"timedelta(seconds={seconds(duration)})")
                self.wait_until(body, Code(f"started_at(context) + {length}"))
            case kinds.UntilWait(moment=moment, time_of_day=time_of_day):
                self.wait_until(body, self.moment(moment, time_of_day))
            case kinds.PipelineWait(pipeline=pipeline, offset=offset):
                self.pipeline_wait(body, pipeline, offset)
            case kinds.AssetWait(asset=asset):
                from dagglot.targets.dagster import assets

                self.made.helpers.add(("assets", "update_since"))
                moment = self.scope.run("time")
                found = Call("update_since", (Code("context"), assets.key(asset), Code(moment)))
                self.wait_for(body, returned=found)
            case _:
                assert_never(body.wait_for)

    def pipeline_wait(self, body: SensorBody, pipeline: str, offset: timedelta) -> None:
        self.made.helpers |= {("other_runs", "run_has_ended"), ("sensors", "wait_for")}
        moment = self.scope.run("time")
        if offset:
            self.made.imports_of_file.add(("datetime", "timedelta"))
            moment += f" - timedelta(seconds={seconds(offset)})"
        arguments = (Code("context"), job_of(pipeline), Code(moment))
        self.look([returns(Call("run_has_ended", arguments), 2 * INDENT)])
        keywords = (("poll", seconds(body.poll)), *self.limits(body))
        wait = Call("wait_for", (Code("context"), Code("look")), keywords)
        self.made.statements.append(pycode.layout(wait, INDENT))

    def trigger(self, body: TriggerPipelineBody) -> None:
        """The op asks the webserver for a run, and for how it ended."""
        self.made.helpers.add(("other_runs", "start_run"))
        self.made.packages.add(GRAPHQL)
        self.made.webserver = True
        arguments: list[object] = [job_of(body.pipeline)]
        if body.params:
            given: object = {name: self.scope.data(one) for name, one in body.params.items()}
            if any(tree.references(one) for one in body.params.values()):
                self.scope.helper("to_json")
                given = Call("to_json", (given,))
            arguments.append(given)
        keywords: tuple[tuple[str, object], ...] = (("poll", seconds(body.poll)),)
        if not body.wait:
            keywords = (("wait", False),)
        if body.partition is not None:
            self.made.flags.add(("other_runs", "partition"))
            keywords = (("partition", self.scope.text(body.partition)), *keywords)
        self.made.returns = "str"
        self.made.statements.append(returns(Call("start_run", tuple(arguments), keywords)))

    def moment(self, moment: Value, time_of_day: str | None) -> Code:
        zone = self.pipeline.schedule.timezone
        if time_of_day is not None:
            hour, minute = map(int, time_of_day.split(":"))
            run_time = self.scope.run("time")
            return Code(
                f"{run_time}.replace(hour={hour}, minute={minute}, second=0, microsecond=0)"
            )
        given = pycode.literal(self.scope.data(moment))
        if isinstance(moment, tree.NODES) and moment.type.kind is Kind.DATETIME:
            return given
        self.scope.helper("to_datetime")
        return Code(f"to_datetime({given}, {pycode.literal(zone)})")

    def wait_for_truth(self, body: SensorBody, found: Call) -> None:
        self.scope.helper("to_json")
        found_ = pycode.assignment("found", found, 2 * INDENT)
        self.wait_for(body, Code(found_), Code("to_json(found) if found else None"))

    def wait_for(self, body: SensorBody, *lines: Code, returned: Call | None = None) -> None:
        """A function that looks, and returns None where nothing is found, by lines before what it
        returns; and the call that does so again and again."""
        *before, last = lines if returned is None else (*lines, returned)
        self.made.helpers.add(("sensors", "wait_for"))
        self.made.returns = "Any"
        self.look([*map(str, before), returns(last, 2 * INDENT)])
        keywords = (("poll", seconds(body.poll)), *self.limits(body))
        wait = Call("wait_for", (Code("context"), Code("look")), keywords)
        self.made.statements.append(returns(wait))

    def look(self, lines: Sequence[str]) -> None:
        """``def look() -> Any:`` with these lines."""
        self.made.any = True
        if (self.made.locals or self.made.checks) and not self.made.imports.blocks():
            self.made.statements.append(Code(""))
        look = f"\n{_PAD * 2}".join(["def look() -> Any:", *lines])
        self.made.statements += [Code(look), Code("")]

    def wait_until(self, body: SensorBody, moment: Code) -> None:
        self.made.helpers.add(("sensors", "wait_until"))
        wait = Call("wait_until", (Code("context"), moment), self.limits(body))
        self.made.statements.append(pycode.layout(wait, INDENT))

    def limits(self, body: SensorBody) -> tuple[tuple[str, object], ...]:
        limit = ("timeout", seconds(body.timeout))
        if body.on_timeout == "fail":
            return (limit,)
        self.made.flags |= {("sensors", "skip"), ("rules", "SkipTask")}
        return (limit, ("on_timeout", "skip"))
