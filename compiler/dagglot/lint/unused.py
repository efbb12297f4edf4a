"""What the document declares and never uses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dagglot.diagnostics import advice
from dagglot.diagnostics.model import Diagnostic, Span
from dagglot.expressions.tree import Param, Params, references
from dagglot.ir import connections, flow
from dagglot.ir.kinds import AssetWait, NativeBody, NotifyBody, SensorBody
from dagglot.ir.model import AssetCondition, Pipeline
from dagglot.ir.task_values import values_of
from dagglot.lint.texts import Look


def unused(pipeline: Pipeline, look: Look) -> Iterator[Diagnostic]:
    """Params, connections, alerts and assets that nothing names; not those of the project file."""
    if any(isinstance(task.body, NativeBody) for task in pipeline.tasks):
        return  # what only one orchestrator has may read them in its own way
    text = look.texts.get(pipeline.source, "")
    declared: list[tuple[str, str, Span, bool]] = []
    read = _params(pipeline)
    for param in pipeline.params:
        used = param.name in read or _is_read(param.name, text)
        declared.append(("param", param.name, param.span, used))
    named = {one.name for one in connections.used(pipeline)}
    declared.extend(
        ("connection", one.name, one.span, one.name in named) for one in pipeline.connections
    )
    told = _alerts(pipeline)
    declared.extend(("alert", one.name, one.span, one.name in told) for one in pipeline.alerts)
    touched = _assets(pipeline)
    declared.extend(("asset", one.name, one.span, one.name in touched) for one in pipeline.assets)
    for kind, name, span, used in declared:
        if used or span.file != pipeline.source:
            continue
        # another copy of a matrix, or a target's own options, may name it
        if kind != "param" and len(re.findall(rf"(?<![\w.]){re.escape(name)}(?![\w.])", text)) > 1:
            continue
        yield advice.NOT_USED.at(span, kind=kind, name=name)


def _params(pipeline: Pipeline) -> set[str]:
    values = [value for task in pipeline.tasks for value, _ in values_of(task)]
    values.extend(group.for_each.items for group in flow.groups(pipeline.groups) if group.for_each)
    values.extend(alert.settings for alert in pipeline.alerts)
    values.extend(one.settings for one in pipeline.connections)
    leaves = references(values)
    if any(isinstance(leaf, Params) for leaf in leaves):
        return {param.name for param in pipeline.params}
    return {leaf.name for leaf in leaves if isinstance(leaf, Param)}


def _is_read(param: str, text: str) -> bool:
    """Whether the text names it, be it where a constant of this environment decides otherwise."""
    name = re.escape(param)
    return re.search(rf"\bparams\s*(?:\.\s*{name}\b|\[\s*['\"]{name}['\"])", text) is not None


def _alerts(pipeline: Pipeline) -> set[str]:
    named = {*pipeline.on_failure, *pipeline.on_success}
    if pipeline.deadline is not None:
        named.update(pipeline.deadline.alerts)
    for task in pipeline.tasks:
        named.update(task.on_failure, task.on_success, task.on_retry)
        if isinstance(task.body, NotifyBody):
            named.update(task.body.alerts)
    return named


def _assets(pipeline: Pipeline) -> set[str]:
    named = set(_awaited(pipeline.schedule.on_assets))
    for task in pipeline.tasks:
        named.update(task.consumes, task.produces)
        if isinstance(task.body, SensorBody) and isinstance(task.body.wait_for, AssetWait):
            named.add(task.body.wait_for.asset)
    return named


def _awaited(condition: AssetCondition | None) -> Iterator[str]:
    if condition is not None:
        if condition.asset is not None:
            yield condition.asset
        for operand in condition.operands:
            yield from _awaited(operand)
