"""Runs of other pipelines: started by their deployments, or waited for."""

from __future__ import annotations

from dagglot import pycode
from dagglot.expressions.tree import NODES, references
from dagglot.ir.kinds import PipelineWait
from dagglot.ir.model import Pipeline, SensorBody, Task, TriggerPipelineBody, Value
from dagglot.pycode import INDENT, Call, Code
from dagglot.targets.prefect.body import PAD, Body, seconds
from dagglot.targets.prefect.names import PARTITION, argument
from dagglot.targets.prefect.values import Values


def deployment_name(pipeline: str) -> str:
    """What `run_deployment` takes: the flow and the deployment, which have the pipeline's id."""
    return f"{pipeline}/{pipeline}"


def lower_trigger(body: TriggerPipelineBody, task: Task, values: Values) -> Body:
    """Prefect's `run_deployment`, which waits as long as it is told to."""
    keywords: list[tuple[str, object]] = []
    given = {argument(name): _plain(value, values) for name, value in body.params.items()}
    if body.partition is not None:
        given[PARTITION] = values.text(body.partition)
    if given:
        keywords.append(("parameters", given))
    if not body.wait:
        keywords.append(("timeout", 0))
    else:
        keywords.append(("poll_interval", seconds(body.poll)))
        limit = values.limit(task)
        if limit is not None:
            keywords.append(("timeout", limit))
    helper = values.call("start_run", "other_runs")
    call = Call(helper, (deployment_name(body.pipeline),), tuple(keywords))
    lines = [Code(PAD + pycode.assignment("run", call, INDENT))]
    if body.wait:
        lines.append(Code(f"{PAD}return {values.call('id_if_completed', 'other_runs')}(run)"))
    else:
        lines.append(Code(f"{PAD}return str(run.id)"))
    return Body(tuple(lines), Code("str"))


def _plain(value: Value, values: Values) -> object:
    """A parameter as JSON has it: Prefect would write the offset of a time in its own way."""
    moments = [leaf for leaf in references(value) if leaf.type.kind.is_moment]
    if isinstance(value, NODES) and value.type.kind.is_moment and not value.type.nullable:
        return values.text(value)
    made = values.data(value)
    if not moments:
        return made
    values.used.add("to_json")
    return Call("to_json", (made,))


def look(wait: PipelineWait, values: Values) -> Call:
    """Whether the run of the other pipeline has completed."""
    time = values.run_time()
    if wait.offset:
        values.imports.name("datetime", "timedelta")
        time = f"{time} - timedelta(seconds={seconds(wait.offset)})"
    keywords = (("task", wait.task),) if wait.task is not None else ()
    helper = values.call("has_completed", "other_runs")
    return Call(helper, (wait.pipeline, Code(time)), keywords)


def started(pipeline: Pipeline) -> tuple[str, ...]:
    """The pipelines that a pipeline starts."""
    bodies = (task.body for task in pipeline.tasks)
    found = (body.pipeline for body in bodies if isinstance(body, TriggerPipelineBody))
    return tuple(dict.fromkeys(found))


def waited_for(pipeline: Pipeline) -> tuple[str, ...]:
    """The pipelines whose runs a pipeline waits for."""
    waits = (task.body.wait_for for task in pipeline.tasks if isinstance(task.body, SensorBody))
    return tuple(dict.fromkeys(one.pipeline for one in waits if isinstance(one, PipelineWait)))
