"""Sensors: TaskFlow's own, whose functions say at each look whether it is there, and what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, assert_never

from dagglot import pycode
from dagglot.expressions.emit_python import python_data
from dagglot.expressions.tree import NODES
from dagglot.expressions.types import Kind
from dagglot.ir import kinds
from dagglot.ir.model import SensorBody, Task, Value
from dagglot.pycode import Call, Code
from dagglot.targets.airflow import requests, statements
from dagglot.targets.airflow.pieces import clause

if TYPE_CHECKING:
    from dagglot.targets.airflow.functions import Function
    from dagglot.targets.airflow.lower import File

_OFTEN: Final = timedelta(minutes=1)
"""Airflow's documentation advises against rescheduling a sensor that looks more often."""


def arguments(file: File, task: Task, body: SensorBody) -> dict[str, Any]:
    """The arguments of ``@task.sensor``.

    Where there are several attempts the sensor is rescheduled: only so counts its timeout from the
    start of the first one.
    """
    poll = body.poll
    if isinstance(body.wait_for, kinds.DurationWait):
        poll = min(poll, body.wait_for.duration)
    found: dict[str, Any] = {"poke_interval": file.duration(poll)}
    found["timeout"] = file.duration(body.timeout)
    found["mode"] = "poke" if poll < _OFTEN and not task.retries.count else "reschedule"
    if body.on_timeout == "skip":
        found["soft_fail"] = True
    return found


def look(made: Function, body: SensorBody) -> None:
    """The body of the function: one look."""
    made.when()
    match body.wait_for:
        case kinds.FileWait(path=path):
            made.file.imports.module("os")
            made.statements.append(assigned(made, "path", requests.text(made, path)))
            returns(made, Code("os.path.exists(path)"), Code("path"))
        case kinds.HttpWait(request=request):
            made.returns(requests.call(made, request, waits=True))
        case kinds.SqlWait(query=query):
            asked = statements.function(made, replace(query, output="scalar"))
            made.statements.append(assigned(made, "cell", asked))
            returns(made, Code("bool(cell)"), Code("cell"))
        case kinds.CallWait(call=call):
            made.used.add("to_json")
            made.statements.append(assigned(made, "found", made.called(call)))
            returns(made, Code("bool(found)"), Call("to_json", (Code("found"),)))
        case kinds.DurationWait(duration=duration):
            made.context["ti"] = None
            started = "ti.start_date"
            if made.file.version != "2.11":
                started = f"{made.file.helper('first_start')}(ti)"
            wanted = pycode.literal(made.file.duration(duration))
            made.returns(Code(f"{_now(made)} - {started} >= {wanted}"))
        case kinds.UntilWait(moment=moment, time_of_day=None):
            made.returns(Code(f"{_now(made)} >= {_instant(made, moment)}"))
        case kinds.UntilWait(time_of_day=time):
            hour, minute = (int(part) for part in str(time).split(":")[:2])
            given = (("hour", hour), ("minute", minute), ("second", 0), ("microsecond", 0))
            day = Call(f"{made.names.run('time')}.replace", (), given)
            made.statements.append(assigned(made, "moment", day))
            made.returns(Code(f"{_now(made)} >= moment"))
        case kinds.AssetWait(asset=name):
            made.context["inlet_events"] = None
            constant = Code(made.file.names.assets[name])
            since = (Code("inlet_events"), constant, Code(made.names.run("time")))
            events = Call(made.file.helper("updated_since"), since)
            made.statements.append(assigned(made, "updated", events))
            returns(made, Code("updated is not None"), Code("updated"))
        case kinds.PipelineWait():
            raise AssertionError("no function")
        case _:
            assert_never(body.wait_for)


def assigned(made: Function, name: str, value: object) -> Code:
    if isinstance(value, Code):
        return clause(f"{name} = ", value, "", made.inner)
    return pycode.assignment(name, value, made.inner)


def returns(made: Function, done: Code, found: object) -> None:
    made.returns(Call(made.file.airflow("PokeReturnValue"), (done, found)))


def _now(made: Function) -> str:
    for name in ("UTC", "datetime"):
        made.file.imports.name("datetime", name)
    return "datetime.now(UTC)"


def _instant(made: Function, moment: Value) -> str:
    source = pycode.literal(python_data(moment, made.names, made.used))
    if isinstance(moment, NODES) and moment.type.kind is Kind.DATETIME:
        return source
    made.used.add("to_datetime")
    zone = pycode.literal(made.file.pipeline.schedule.timezone)
    return f"to_datetime({source}, {zone})"
