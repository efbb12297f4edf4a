"""What the load probe must say of the steps and the assets of a pipeline with `style: assets`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dagglot.ir.model import CheckBody, Json, Pipeline, Task
from dagglot.targets.dagster import asset_style, assets, labels
from dagglot.targets.dagster.names import asset_key, asset_step
from dagglot.targets.dagster.wiring import read_outputs


def steps(pipeline: Pipeline) -> Iterator[tuple[Task, dict[str, Json]]]:
    """Each task, and what of its step is other than of an op."""
    makers = assets.produced(pipeline)
    blocking: dict[str, list[Task]] = {}
    for task in pipeline.tasks:
        if isinstance(task.body, CheckBody) and task.body.severity == "error":
            blocking.setdefault(task.body.of, []).append(task)
    groups = labels.groups_by_id(pipeline.groups)
    for task in pipeline.tasks:
        step = asset_step(task, pipeline)
        above: list[Task] = []
        if isinstance(task.body, CheckBody):
            above = [pipeline.task(id) for id in {task.body.of, *read_outputs(task)}]
            description = None
        else:
            reads = read_outputs(task)
            deps = asset_style.upstream_assets(task, pipeline, reads)
            above = [pipeline.task(id) for id in reads]
            above += [makers[name] for name in deps if name in makers]
            above += [check for one in above for check in blocking.get(one.id, ())]
            declared = {asset.name: asset for asset in pipeline.assets}
            said = declared[task.produces[0]].description
            description = asset_style.description(said, task) or None
        yield (
            task,
            {
                "id": step,
                "definition": step,
                "description": description,
                # in an order of Dagster's own
                "after": tuple(sorted({asset_step(one, pipeline) for one in above})),
                "tags": asset_style.step_tags(task, groups),
            },
        )


def described(name: str, pipeline: Pipeline) -> Mapping[str, Json]:
    """What of an asset is other than one that ops report."""
    task = assets.produced(pipeline)[name]
    declared = {asset.name: asset for asset in pipeline.assets}
    reads = read_outputs(task)
    given = [one for id in reads for one in pipeline.task(id).produces]
    above = {*given, *asset_style.upstream_assets(task, pipeline, reads)}
    said = assets.facts(declared[name])
    return {
        "description": asset_style.description(declared[name].description, task) or None,
        "deps": tuple(sorted("/".join(asset_key(one)) for one in above)),
        "metadata": {**said.get("metadata", {}), **asset_style.metadata_of(task)},
    }
