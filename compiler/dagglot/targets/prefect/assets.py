"""Assets: their keys, the tasks that materialize them, and the triggers that they are.

Prefect knows an asset by its key, a URI: that of the document, or ``asset://`` and the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.ir import flow
from dagglot.ir.kinds import AssetWait, OtherBody, SensorBody
from dagglot.ir.model import Asset, AssetCondition, Dependency, Pipeline, Task, TriggerRule
from dagglot.pycode import Call

UPDATED: Final = "prefect-updated"
"""The kind of a step that tells of the one update of what a mapped task produces."""
SUCCEEDED: Final = "prefect.asset.materialization.succeeded"

_KEY: Final = re.compile(r"[a-z0-9]+://[^\s#?&%*\"'<>\[\]{}|\\^`\0]+")
_MOST: Final = 512
_LONGEST: Final = 2500


def key(asset: Asset) -> str:
    """What Prefect knows it by, and what events and triggers name."""
    if _KEY.fullmatch(asset.uri) and len(asset.uri) <= _MOST:
        return asset.uri
    # Prefect takes no percent sign
    return "asset://" + quote(asset.name, safe="/:@$()+,;=~-._").replace("%", "~")


def read(task: Task) -> tuple[str, ...]:
    """What a task is told that it depends on."""
    return task.consumes


def used(pipeline: Pipeline) -> Iterator[Asset]:
    """The assets that the flow's file speaks of, in the order of their declaration."""
    names = {name for task in pipeline.tasks for name in (*task.produces, *task.consumes)}
    for task in pipeline.tasks:
        match task.body:
            case SensorBody(wait_for=AssetWait(asset=name)):
                names.add(name)
            case _:
                pass
    return (asset for asset in pipeline.assets if asset.name in names)


def call(asset: Asset) -> Call:
    """``Asset(key=…, properties=AssetProperties(…))``."""
    keywords: list[tuple[str, object]] = [("name", asset.name)]
    if text := description(asset):
        keywords.append(("description", text))
    if asset.owner:
        keywords.append(("owners", [asset.owner]))
    if asset.uri.startswith(("http://", "https://")):
        keywords.append(("url", asset.uri))
    properties = Call("AssetProperties", (), tuple(keywords))
    return Call("Asset", (), (("key", key(asset)), ("properties", properties)))


def description(asset: Asset) -> str:
    """All that Prefect has no other place for."""
    said = [asset.description] if asset.description else []
    if asset.uri and key(asset) != asset.uri:
        said.append(f"URI: {asset.uri}.")
    if asset.group:
        said.append(f"Group: {asset.group}.")
    if asset.tags:
        said.append(f"Tags: {', '.join(asset.tags)}.")
    if asset.freshness is not None:
        said.append(f"Stale after {asset.freshness.total_seconds() / 3600:g} h.")
    return " ".join(said)


# --- one update of what a mapped task produces --------------------------------------------------


def with_updates(pipeline: Pipeline) -> Pipeline:
    """The pipeline with a step below each mapped task that produces something: Prefect would count
    an update for each instance."""
    if not pipeline.assets or not any(_is_split(pipeline, task) for task in pipeline.tasks):
        return pipeline
    taken = {task.id for task in pipeline.tasks}
    tasks: list[Task] = []
    for task in pipeline.tasks:
        if not _is_split(pipeline, task):
            tasks.append(task)
            continue
        group = flow.mapped_group(pipeline, task.id)
        id = f"{task.id if group is None else flow.beside(group, task.id)}__updated"
        while id in taken:
            id += "_"
        taken.add(id)
        step = Task(
            id=id,
            group=task.group if group is None else group.parent,
            body=OtherBody(kind=UPDATED),
            depends_on=(Dependency(task=task.id),),
            trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
            produces=task.produces,
            span=task.span,
        )
        tasks += [replace(task, produces=()), step]
    return replace(pipeline, tasks=tuple(tasks))


def _is_split(pipeline: Pipeline, task: Task) -> bool:
    return bool(task.produces) and flow.is_mapped(pipeline, task)


def is_step(task: Task) -> bool:
    """Whether the pipeline itself has no such task."""
    return isinstance(task.body, OtherBody) and task.body.kind == UPDATED


def told(step: Task) -> str:
    """What the docstring of a step says."""
    return f"`{step.upstream[0]}` has updated what it produces."


def without_steps(pipeline: Pipeline) -> Pipeline:
    """The pipeline as it was before `with_updates`."""
    if not any(map(is_step, pipeline.tasks)):
        return pipeline
    return replace(pipeline, tasks=tuple(one for one in pipeline.tasks if not is_step(one)))


# --- what starts a run --------------------------------------------------------------------------


def triggers(pipeline: Pipeline) -> list[dict[str, Any]]:
    """The triggers of a deployment: any of them starts a run."""
    given = pipeline.schedule.on_assets
    if given is None:
        return []
    keys = {asset.name: key(asset) for asset in pipeline.assets}
    parts = given.operands if given.operator == "any" else (given,)
    plain = [one for part in parts for one in _alternatives(part)]
    names = [one.asset for one in plain if one.asset is not None]
    made = [_event([keys[name] for name in names])] if names else []
    made += [_trigger(one, keys) for one in plain if one.asset is None]
    return made


def _alternatives(given: AssetCondition) -> Iterator[AssetCondition]:
    """The conditions of which any is enough."""
    if given.asset is not None or (given.operator == "all" and len(given.operands) > 1):
        yield given
    else:
        for one in given.operands:
            yield from _alternatives(one)


def _event(keys: list[str]) -> dict[str, Any]:
    resource = keys[0] if len(keys) == 1 else keys
    return {
        "type": "event",
        "expect": [SUCCEEDED],
        "match": {"prefect.resource.id": resource},
    }


def _trigger(given: AssetCondition, keys: Mapping[str, str]) -> dict[str, Any]:
    several = list(_alternatives(given))
    if len(several) == 1 and several[0].asset is None:
        operands = [_trigger(one, keys) for one in several[0].operands]
        return {"type": "compound", "require": "all", "triggers": operands}
    names = [one.asset for one in several if one.asset is not None]
    found = [_event([keys[name] for name in names])] if names else []
    found += [_trigger(one, keys) for one in several if one.asset is None]
    if len(found) == 1:
        return found[0]
    return {"type": "compound", "require": "any", "triggers": found}


# --- what cannot be -----------------------------------------------------------------------------


def refusals(pipeline: Pipeline, title: str) -> Iterator[Diagnostic]:
    """Names that are too long, and two assets with one key."""
    named = {name for condition in _conditions(pipeline) for name in (condition,)}
    chosen = {asset.name for asset in used(pipeline)} | named
    by_key: dict[str, Asset] = {}
    for asset in pipeline.assets:
        if asset.name not in chosen:
            continue
        reason = ""
        if len(key(asset)) > _MOST:
            reason = f"keys have {_MOST} characters at most"
        elif len(description(asset)) > _LONGEST:
            reason = f"its description, with all that is said of it, has over {_LONGEST} characters"
        if reason:
            feature = f"an asset called `{asset.name}`"
            yield codes.UNSUPPORTED.at(asset.span, target=title, feature=feature, reason=reason)
        other = by_key.setdefault(key(asset), asset)
        if other is not asset:
            yield codes.NAMES_COLLIDE.at(
                asset.span, first=other.name, second=asset.name, name=key(asset), target=title
            )


def _conditions(pipeline: Pipeline) -> Iterator[str]:
    left = [pipeline.schedule.on_assets] if pipeline.schedule.on_assets is not None else []
    while left:
        one = left.pop()
        if one.asset is not None:
            yield one.asset
        left.extend(one.operands)
