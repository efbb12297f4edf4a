"""Assets of a job of ops: what Dagster knows of them before one is made, and who says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from dagglot import pycode
from dagglot.ir.model import (
    Asset,
    Body,
    ContainerBody,
    DbtBody,
    HttpBody,
    NotebookBody,
    Pipeline,
    PythonBody,
    ShellBody,
    SparkBody,
    SqlBody,
    Task,
)
from dagglot.pycode import Call, Code
from dagglot.targets.dagster import labels
from dagglot.targets.dagster.imports import Imports
from dagglot.targets.dagster.names import PARTITIONS, asset_key, normal_name
from dagglot.targets.dagster.view import elapsed

# what Dagster itself takes for an address, in `dagster._core.utils`
_ADDRESS: Final = re.compile(r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Z|a-z]{2,7}\b")
_GROUP: Final = re.compile(r"[A-Za-z0-9_]+(?:/[A-Za-z0-9_]+)*")
_SAID: Final = ("description", "metadata", "group_name", "owners", "tags", "kinds")
_KINDS: Final[Mapping[type[Body], str]] = {
    PythonBody: "python",
    ShellBody: "shell",
    SqlBody: "sql",
    HttpBody: "http",
    DbtBody: "dbt",
    NotebookBody: "jupyter",
    SparkBody: "spark",
}


def produced(pipeline: Pipeline) -> dict[str, Task]:
    """The assets that a pipeline makes, and the first task that makes each."""
    found: dict[str, Task] = {}
    for task in pipeline.tasks:
        for name in task.produces:
            found.setdefault(name, task)
    return found


def key(name: str) -> Code:
    """``dg.AssetKey(…)``."""
    parts = asset_key(name)
    return pycode.literal(Call("dg.AssetKey", (parts[0] if len(parts) == 1 else list(parts),)))


def plain_key(name: str) -> object:
    """The key where Dagster makes one of a text or a list."""
    parts = asset_key(name)
    return parts[0] if len(parts) == 1 else list(parts)


def checked(task: Task) -> tuple[str, ...]:
    """The assets that the checks of a task are about."""
    return task.produces or task.consumes


# --- what is said of an asset -------------------------------------------------------------------


def specs(pipeline: Pipeline, imports: Imports) -> list[Call]:
    """An ``AssetSpec`` for each asset that the pipeline makes."""
    made = produced(pipeline)
    declared = {asset.name: asset for asset in pipeline.assets}
    return [
        Call(
            "dg.AssetSpec",
            (plain_key(name),),
            tuple(keywords(declared[name], pipeline, imports, task).items()),
        )
        for name, task in made.items()
    ]


def keywords(
    asset: Asset, pipeline: Pipeline, imports: Imports, task: Task | None
) -> dict[str, object]:
    """What `dg.AssetSpec` and `@dg.asset` are both told of an asset, and of who makes it."""
    made: dict[str, object] = {}
    deps = lineage(asset.name, pipeline)
    if deps:
        made["deps"] = [key(name) for name in deps]
    made |= described(facts(asset, kinds(task, pipeline) if task is not None else ()))
    if pipeline.partitions is not None and task is not None:
        made["partitions_def"] = Code(PARTITIONS)
    if asset.freshness is not None and task is not None:
        imports.name("datetime", "timedelta")
        window = (("fail_window", elapsed(asset.freshness)),)
        made["freshness_policy"] = Call("dg.FreshnessPolicy.time_window", (), window)
    return made


def lineage(name: str, pipeline: Pipeline) -> tuple[str, ...]:
    """What the tasks that make an asset read; nothing is upstream of itself."""
    read = {one: None for task in pipeline.tasks if name in task.produces for one in task.consumes}
    return tuple(one for one in read if one != name)


def facts(asset: Asset, kinds: Iterable[str] = ()) -> dict[str, Any]:
    """What Dagster shows of an asset, as plain data."""
    metadata: dict[str, str] = {}
    if asset.uri:
        metadata["dagster/uri"] = asset.uri
    owner, group = asset.owner, asset.group
    is_owner = _ADDRESS.fullmatch(owner) or re.fullmatch("team:.+", owner)
    if owner and not is_owner:
        metadata["owner"] = owner
    if group and not _GROUP.fullmatch(group):
        metadata["group"] = group
    tags, odd = labels.asset_tags(asset.tags)
    if odd:
        metadata["tags"] = ", ".join(odd)
    said = {
        "description": asset.description.strip(),
        "metadata": metadata,
        "group_name": group if _GROUP.fullmatch(group) else normal_name(group) if group else "",
        "owners": [owner] if is_owner else [],
        "tags": tags,
        "kinds": list(kinds),
    }
    return {name: value for name, value in said.items() if value}


def described(said: Mapping[str, Any]) -> dict[str, object]:
    """The same as keywords, in their order; kinds are a set."""
    made: dict[str, object] = {name: said[name] for name in _SAID if name in said}
    if "kinds" in made:
        made["kinds"] = Code(f"{{{', '.join(map(pycode.literal, said['kinds']))}}}")
    return made


def kinds(task: Task, pipeline: Pipeline) -> tuple[str, ...]:
    """What the UI shows an asset to be made with."""
    body = task.body
    if isinstance(body, ContainerBody):
        return (body.runtime,)
    kind = _KINDS.get(type(body))
    if kind is None:
        return ()
    if isinstance(body, SqlBody):
        types = {one.name: one.type for one in pipeline.connections}
        return (kind, types[body.connection])
    return (kind,)


def external(pipeline: Pipeline) -> Iterator[dict[str, Any]]:
    """The assets that others make, where something is said of them."""
    made = produced(pipeline)
    for asset in pipeline.assets:
        if asset.name in named(pipeline) and asset.name not in made:
            said = facts(asset)
            if said:
                yield {"asset": asset.name, **said}


def named(pipeline: Pipeline) -> set[str]:
    """The assets of others that a pipeline reads, or waits for."""
    from dagglot.ir import asset_graph

    found = asset_graph.facts(pipeline)
    return {use.asset for use in (*found.consumes, *found.waits)}
