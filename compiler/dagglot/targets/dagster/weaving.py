"""Ops that no document says: the one update of what a mapped task makes.

Each instance of it is an op that would materialize the asset by itself.
"""

from __future__ import annotations

from dataclasses import replace

from dagglot.ir.model import Dependency, NoopBody, Pipeline, Task, TriggerRule, changed
from dagglot.targets.dagster import control_flow


def woven(pipeline: Pipeline) -> Pipeline:
    """The pipeline with an op below each mapped task that makes assets, which updates them."""
    if not any(task.produces for task in pipeline.tasks):
        return pipeline
    mapped = control_flow.map_by_task(pipeline)
    if not any(task.produces and task.id in mapped for task in pipeline.tasks):
        return pipeline
    tasks: list[Task] = []
    for task in pipeline.tasks:
        if task.produces and task.id in mapped:
            tasks += [changed(task, produces=()), _update(task, pipeline)]
        else:
            tasks.append(task)
    return replace(pipeline, tasks=tuple(tasks))


def added(pipeline: Pipeline) -> frozenset[str]:
    """The ids of the ops that `woven` adds."""
    return frozenset(task.id for task in woven(pipeline).tasks) - {
        task.id for task in pipeline.tasks
    }


def _update(task: Task, pipeline: Pipeline) -> Task:
    taken = {one.id for one in pipeline.tasks}
    id = f"{task.id.replace('.', '__')}__updated"
    while id in taken:
        id += "_"
    return Task(
        id=id,
        body=NoopBody(),
        depends_on=(Dependency(task=task.id, span=task.span),),
        # an instance that was skipped made nothing; one that failed fails the whole
        trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
        produces=task.produces,
        span=task.span,
    )
