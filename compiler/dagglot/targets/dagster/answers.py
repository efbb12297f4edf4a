"""How the run probe's answers are read: by which names, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from dagglot.ir.model import BranchBody, GateBody, Pipeline
from dagglot.targets.base import RunNames
from dagglot.targets.dagster import native_flow
from dagglot.targets.dagster.names import (
    FOLDER,
    asset_step,
    helper_nodes,
    job_name,
    module_name,
    node_name,
)
from dagglot.targets.dagster.weaving import added, woven


def run_names(pipeline: Pipeline, *, as_assets: bool = False) -> RunNames:
    if as_assets:
        return RunNames(
            pipeline=job_name(pipeline),
            file=f"{FOLDER}/{module_name(pipeline)}.py",
            tasks={asset_step(task, pipeline): task.id for task in pipeline.tasks},
        )
    return RunNames(
        pipeline=job_name(pipeline),
        file=f"{FOLDER}/{module_name(pipeline)}.py",
        tasks={node_name(task.id): task.id for task in pipeline.tasks},
        helpers=frozenset(helper_nodes(woven(pipeline)).values())
        | set(map(node_name, added(pipeline))),
        read=partial(read_decisions, pipeline) if native_flow.deciders(pipeline) else None,
    )


def read_decisions(
    pipeline: Pipeline, reported: Sequence[Mapping[str, Any]]
) -> Sequence[Mapping[str, Any]]:
    """What the probe says of gates and branches that are ops which do not yield, as an output: a
    gate yields where it is open, a branch yields what it chose once for each task that stays."""
    bodies = {node_name(task.id): task.body for task in pipeline.tasks}
    found = []
    for task in reported:
        output = task.get("output")
        match bodies.get(task["id"]):
            case GateBody() if task.get("missing"):
                output = False
            case BranchBody() if output is None:
                output = []
            case BranchBody() if isinstance(output, Mapping):
                output = next(iter(output.values()))
        found.append({**task, "output": output})
    return found
