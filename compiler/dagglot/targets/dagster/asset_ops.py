"""What ops say of assets: decorators, the specs of what they make, the sensor that waits for some.

Imported where a pipeline has assets, or checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from dagglot import pycode
from dagglot.ir.model import AssetCondition, CheckBody, Pipeline, Task
from dagglot.pycode import Code
from dagglot.targets.dagster import assets, updates
from dagglot.targets.dagster.imports import Imports
from dagglot.targets.dagster.names import PARTITIONS, FileNames
from dagglot.targets.dagster.schedule import Made


class File(Protocol):
    """The job file that it all stands in; ``given`` is the pipeline as the document says it."""

    given: Pipeline
    pipeline: Pipeline
    names: FileNames
    imports: Imports
    helpers: dict[str, set[str]]

    def helper(self, module: str, name: str) -> Code: ...


def specs(file: File) -> Code | None:
    """``ASSETS = [dg.AssetSpec(…), …]``, where the ops make any."""
    made = assets.specs(file.given, file.imports)
    return pycode.assignment("ASSETS", made) if made else None


def contribution(pipeline: Pipeline) -> Mapping[str, Any]:
    """For the definitions: the assets of the job, and what it says of others."""
    said: dict[str, Any] = {}
    made = list(assets.produced(pipeline))
    if made:
        said["assets"] = made
    others = list(assets.external(pipeline))
    if others:
        said["others"] = others
    return said


def materializes(task: Task, file: File) -> Code:
    """The decorator of an op that makes assets."""
    given: dict[str, object] = {}
    function = file.helper("assets", "materializes")
    if file.pipeline.partitions is not None:
        given["partitions"] = Code(PARTITIONS)
        of = "partition_key_of" if file.pipeline.partitions.keys else "partition_of"
        for module, name in (("assets", of), ("partitions", of), ("runs", "run_time")):
            file.helpers.setdefault(module, set()).add(name)
    return pycode.call(function, [assets.key(name) for name in task.produces], given, prefix="@")


def checks(body: CheckBody, file: File) -> Code:
    """The decorator of an op that checks what a task has made."""
    keys = [assets.key(name) for name in assets.checked(file.pipeline.task(body.of))]
    warns = {"warns": True} if body.severity == "warn" else {}
    function = file.helper("checks", "checks")
    file.helpers["checks"].update((*(["assets"] if keys else []), *warns))
    return pycode.call(function, (body.name, *keys), warns, prefix="@")


def sensor(condition: AssetCondition, file: File) -> Made:
    """What starts the job when assets are updated."""
    for name in ("runs_on_updates", *updates.combining(condition)):
        file.helper("assets", name)
    file.helpers["assets"].update(updates.flags(file.pipeline))
    return updates.sensor(file.pipeline, condition, file.names, file.imports)
