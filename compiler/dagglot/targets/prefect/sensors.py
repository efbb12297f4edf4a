"""Sensors: a loop in the task, which looks and then sleeps in its thread."""

from __future__ import annotations

from datetime import datetime

from dagglot import pycode
from dagglot.expressions.tree import NODES
from dagglot.expressions.types import Kind
from dagglot.ir import kinds
from dagglot.ir.model import SensorBody, Task, Value
from dagglot.pycode import INDENT, Call, Code, literal
from dagglot.targets.prefect import http, sql, started
from dagglot.targets.prefect.body import PAD, Body, arguments, seconds
from dagglot.targets.prefect.imports import Imports
from dagglot.targets.prefect.values import Values


def lower_sensor(body: SensorBody, values: Values) -> Body:
    """Look, again and again; then what the sensor does when its time is over."""
    match body.wait_for:
        case kinds.FileWait(path=path):
            values.call("existing_file", "waiting")
            look = Call("existing_file", (values.text(path),))
            return _loop(body, look, values, returns="str")
        case kinds.HttpWait(request=request):
            values.helpers.add("send_request")
            helper = values.call("expected_response", "web")
            keywords = http.options(request, values)
            keywords.append(("timeout", Code("left")))
            look = Call(helper, (request.method, http.address(request, values)), tuple(keywords))
            return _loop(body, look, values, returns="str", left=True, found="found.text")
        case kinds.SqlWait(query=query):
            look = sql.called(query, values, output="scalar")
            return _loop(body, look, values)
        case kinds.CallWait(call=call):
            own = Imports()
            function = Code(values.import_user(own, call.module, call.function))
            helper = values.call("call_python", "calls")
            given = {name: values.data(value) for name, value in call.args.items()}
            keywords, rest = arguments(given)
            look = Call(helper, (function, *rest), tuple(keywords))
            return _loop(body, look, values, own=own)
        case kinds.DurationWait(duration=duration):
            values.imports.name("datetime", "timedelta")
            start = f"{values.call('first_start', 'waiting')}()"
            length = f"timedelta(seconds={seconds(duration)})"
            return _sleep(body, Code(f"{start} + {length}"), values)
        case kinds.UntilWait(time_of_day=time_of_day, moment=moment):
            if time_of_day is not None:
                return _sleep(body, _time_of_day(time_of_day, values), values)
            return _sleep(body, _moment(moment, values), values)
        case kinds.PipelineWait() as wait:
            return _loop(body, started.look(wait, values), values, returns="None", found="None")
        case kinds.AssetWait(asset=name):
            values.imports.name("prefect.assets", "Asset")
            asked = (Code(values.constants[f"asset {name}"]), Code(values.run_time()))
            look = Call(values.call("last_update", "assets"), asked)
            return _loop(body, look, values, returns="str")
        case other:
            raise TypeError(f"the capability table refuses {type(other).__name__}")


def _loop(
    body: SensorBody,
    look: Call,
    values: Values,
    *,
    returns: str = "Any",
    left: bool = False,
    found: str = "found",
    own: Imports | None = None,
) -> Body:
    keywords = {"every": seconds(body.poll), "timeout": seconds(body.timeout)}
    name = "left" if left else "_"
    polls = pycode.call(
        values.call("polls", "waiting"), (), keywords, INDENT, f"for {name} in ", ":"
    )
    bound = "" if found == "None" else "found := "
    inner = pycode.layout(look, 2 * INDENT, len(f"if {bound}"), 1)
    end = _end(body, values)
    if body.on_timeout == "skip" and returns != "Any":
        returns = "State[None] | None" if returns == "None" else f"{returns} | State[None]"
    if returns == "Any":
        values.imports.name("typing", "Any")
    return Body(
        (
            Code(f"{PAD}for {name} in {polls}:"),
            Code(f"{PAD * 2}if {bound}{inner}:"),
            Code(f"{PAD * 3}return {found}"),
            Code(PAD + end),
        ),
        Code(returns),
        own.blocks(INDENT) if own is not None else (),
    )


def _sleep(body: SensorBody, moment: Code, values: Values) -> Body:
    keywords = {"timeout": seconds(body.timeout)}
    call = pycode.call(
        values.call("sleep_until", "waiting"), (moment,), keywords, INDENT, "if not ", ":"
    )
    lines = [Code(f"{PAD}if not {call}:"), Code(f"{PAD * 2}{_end(body, values, 2 * INDENT)}")]
    if body.on_timeout == "skip":
        lines.append(Code(f"{PAD}return None"))
        return Body(tuple(lines), Code("State[None] | None"))
    return Body(tuple(lines), Code("None"))


def _end(body: SensorBody, values: Values, indent: int = INDENT) -> Code:
    """What happens when the time is over."""
    message = f"waited {seconds(body.timeout)} s in vain"
    if body.on_timeout == "fail":
        values.call("WaitTimedOut", "waiting")
        return Code(f"raise WaitTimedOut({literal(message)})")
    values.imports.name("prefect", "State")
    values.imports.name("prefect.states", "Completed")
    call = pycode.call("Completed", (), {"name": "Skipped", "message": message}, indent, "return ")
    return Code(f"return {call}")


def _time_of_day(text: str, values: Values) -> Code:
    """That time on the day of the run's own, in the schedule's zone."""
    hour, minute = (int(part) for part in text.split(":"))
    run = values.run_time()
    return Code(f"{run}.replace(hour={hour}, minute={minute}, second=0, microsecond=0)")


def _moment(value: Value, values: Values) -> Code:
    if isinstance(value, NODES) and value.type.kind is Kind.DATETIME:
        return Code(literal(values.data(value)))
    zone = values.pipeline.schedule.timezone
    values.used.add("to_datetime")
    if isinstance(value, str):
        made = datetime.fromisoformat(value)
        if made.tzinfo is not None:
            values.imports.name("datetime", "datetime")
            return Code(f"datetime.fromisoformat({literal(value)})")
    return Code(f"to_datetime({literal(values.data(value))}, {literal(zone)})")


def is_whole_wait(task: Task) -> bool:
    """Whether the end of the wait must be told apart from failures that are retried."""
    body = task.body
    return isinstance(body, SensorBody) and body.on_timeout == "fail" and bool(task.retries.count)
