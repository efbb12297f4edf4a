"""Other pipelines: starting a run of one, and waiting for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dagglot.expressions.tree import NODES, Text
from dagglot.expressions.types import Kind
from dagglot.ir.expand import thaw
from dagglot.ir.kinds import PipelineWait
from dagglot.ir.model import SensorBody, TriggerPipelineBody, Value
from dagglot.pycode import Code
from dagglot.targets.airflow import sensors

if TYPE_CHECKING:
    from dagglot.targets.airflow.operators import Operator


def trigger(made: Operator, body: TriggerPipelineBody) -> tuple[Code, dict[str, Any]]:
    """The operator that starts a run, with its params in ``conf``."""
    own: dict[str, Any] = {"trigger_dag_id": body.pipeline}
    if body.params or body.partition is not None:
        own["conf"] = _conf(made, body)
    if body.wait:
        own["wait_for_completion"] = True
        own["poke_interval"] = _number(body.poll.total_seconds())
    return made.file.helper("RunDagOperator"), own


def _conf(made: Operator, body: TriggerPipelineBody) -> object:
    """A map of templates where all that is rendered is text; else a template of JSON, which the
    operator reads: so the params keep their types."""
    given = dict(body.params)
    if body.partition is not None:
        given["partition"] = _as_text(body.partition)
    if all(map(_is_plain, given.values())):
        return {
            name: made.text(value, ()) if isinstance(value, (str, Text, *NODES)) else thaw(value)
            for name, value in given.items()
        }
    return made.json(given)


def _as_text(value: Value) -> Value:
    return Text((value,)) if isinstance(value, NODES) else value


def _is_plain(value: Value) -> bool:
    if isinstance(value, NODES):
        return value.type.kind is Kind.STRING and not value.type.nullable
    return value is None or isinstance(value, str | Text | bool | int | float)


def wait(made: Operator, body: SensorBody, awaited: PipelineWait) -> tuple[Code, dict[str, Any]]:
    """Airflow's sensor of another DAG's run, or of a task of it, by the logical date."""
    file = made.file
    own: dict[str, Any] = {"external_dag_id": awaited.pipeline}
    failed = ["failed"]
    if awaited.task is not None:
        own["external_task_id"] = awaited.task
        failed = ["failed", "upstream_failed", "skipped"]
    if awaited.offset:
        own["execution_delta"] = file.duration(awaited.offset)
    own["failed_states"] = failed
    own |= sensors.arguments(file, made.task, body)
    return file.airflow("ExternalTaskSensor"), own


def _number(seconds: float) -> int | float:
    return int(seconds) if seconds == int(seconds) else seconds
