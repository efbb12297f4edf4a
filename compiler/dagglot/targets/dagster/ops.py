"""The ops of a pipeline, and what tells of its events; both say what else their file needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dagglot import pycode
from dagglot.ir.model import (
    CheckBody,
    NoopBody,
    Pipeline,
    SensorBody,
    Task,
    TriggerRule,
)
from dagglot.pycode import INDENT, Call, Code
from dagglot.targets.dagster import connections, control_flow, labels, retries, told
from dagglot.targets.dagster.body import list_body, op_body
from dagglot.targets.dagster.control_flow import Map
from dagglot.targets.dagster.imports import Imports
from dagglot.targets.dagster.names import (
    PACKAGE,
    file_names,
    helper_nodes,
    job_name,
    node_name,
    op_name,
)
from dagglot.targets.dagster.scope import OpBody
from dagglot.targets.dagster.view import Function, signature
from dagglot.targets.dagster.weaving import added, woven
from dagglot.targets.dagster.wiring import NativeNodes, list_reads


class Ops:
    """The part of a job file that is made of functions. What they need is gathered on the way."""

    def __init__(self, pipeline: Pipeline, chosen: Mapping[str, Any]) -> None:
        self.given = pipeline
        self.pipeline = pipeline = woven(pipeline)
        self.options = chosen
        self.names = file_names(pipeline, as_assets=chosen.get("style") == "assets")
        self.imports = Imports()
        self.imports.module("dagster", "dg")
        self.helpers: dict[str, set[str]] = {}
        self.packages: set[str] = set()
        self.secrets: set[str] = set()
        self.asks_webserver = False
        self.connections: dict[str, set[str]] = {}
        self.told_connections: dict[str, set[str]] = {}
        self.groups = labels.groups_by_id(pipeline.groups)
        self.policies = self.shared_policies()
        self.has_outcomes = self.names.has_outcomes
        self.native_nodes = NativeNodes(pipeline, self.names)
        self.maps = control_flow.map_by_task(pipeline)
        self.quiet = control_flow.quiet(self.given)
        if pipeline.fail_run_on == "leaf" and pipeline is not self.given:
            self.quiet |= added(self.given)
        self.helper_nodes = helper_nodes(pipeline)

    def shared_policies(self) -> dict[Call, Code]:
        """The constants of the retry policies that several ops have."""
        made = [retries.of_task(task) for task in self.pipeline.tasks]
        count = Counter(policy for policy in made if policy is not None)
        for name in (retries.CAPPED, retries.SPREAD):
            if any(policy.function == name for policy in count):
                self.helper("attempts", name)
        names: dict[Call, Code] = {}
        taken = set(self.names.taken)
        for policy in count:
            if count[policy] > 1:
                name = pycode.identifier(
                    f"RETRY_POLICY{f'_{len(names) + 1}' if names else ''}", taken
                )
                taken.add(name)
                names[policy] = Code(name)
        return names

    def helper(self, module: str, name: str) -> Code:
        self.helpers.setdefault(module, set()).add(name)
        self.imports.name(f"{PACKAGE}.{module}", name)
        return Code(name)

    def ops(self) -> Iterator[Function]:
        """An op for each task, before it the one that makes the list that it is mapped over."""
        made: set[str] = set()
        for task in self.pipeline.tasks:
            one = self.maps.get(task.id)
            if one is not None and one.id not in made:
                made.add(one.id)
                yield self.list_op(one)
            yield self.op(task)

    def op(self, task: Task) -> Function:
        body = op_body(task, self.pipeline, self.names)
        if not self.has_outcomes and body.returns == "None" and task.id in self.native_nodes.read:
            body.returns = "Any"  # what returns `None` has no output that could be read
        self.need(body)
        reads = self.native_nodes.reads[task.id]
        text = labels.description(task.description, task.docs)
        doc = labels.docstring(text)
        keywords: dict[str, object] = {"name": op_name(job_name(self.pipeline), node_name(task.id))}
        if text and doc is None:
            keywords["description"] = text
        tags = self.tags(task)
        if tags:
            keywords["tags"] = tags
        if task.pool is not None:
            keywords["pool"] = task.pool.name
        if self.has_outcomes:
            keywords["out"] = self.helper("rules", "OUTPUTS")
        else:
            waits = self.native_nodes.waits(task)
            if waits:
                keywords["ins"] = {name: Code("dg.In(dg.Nothing)") for name, _ in waits}
            if body.yields:
                keywords["out"] = self.optional_outputs(task)
        policy = retries.of_task(task)
        if policy is not None:
            keywords["retry_policy"] = self.policies.get(policy, policy)
        decorators = [pycode.call("dg.op", (), keywords, prefix="@")]
        if self.has_outcomes:
            decorators.append(self.with_outcome(task))
        if task.depends_on_past:
            decorators.append(Code(f"{self.helper('past', 'after_previous_run')}()"))
            if self.has_outcomes:
                self.helpers["past"].add("outcomes")
        if self.names.alerts:
            tells = told.of_task(self.pipeline, task, self)
            if tells is not None:
                decorators.append(tells)
        if task.produces or isinstance(task.body, CheckBody):
            from dagglot.targets.dagster import asset_ops

            if task.produces:
                decorators.append(asset_ops.materializes(task, self))
            if isinstance(task.body, CheckBody):
                decorators.append(asset_ops.checks(task.body, self))
        has_limit = task.timeout is not None and not isinstance(task.body, NoopBody)
        if not body.yields and (body.guarded or has_limit):
            limit = {"timeout": retries.seconds(task.timeout)} if task.timeout is not None else {}
            decorators.append(
                pycode.call(self.helper("attempts", "attempt"), (), limit, prefix="@")
            )
        return Function(
            decorators=tuple(Code(f"@{decorator}") for decorator in decorators),
            signature=self.signature(self.names.functions[task.id], reads, body),
            doc=doc,
            before=body.before(),
            imports=body.imports.blocks(INDENT),
            statements=body.lines(),
        )

    def optional_outputs(self, task: Task) -> object:
        """What a gate or a branch yields for those that it does not skip."""
        outputs = self.names.outputs.get(task.id)
        if outputs is None:
            return Code("dg.Out(bool, is_required=False)")
        return {name: Code("dg.Out(list, is_required=False)") for name in outputs.values()}

    def with_outcome(self, task: Task) -> Code:
        """When the op runs, and what its failure means."""
        keywords: dict[str, object] = {}
        if task.upstream:
            keywords["after"] = self.after(task.upstream)
        if task.teardown_of:
            keywords["rule"] = TriggerRule.ONE_SUCCESS.value
            keywords["teardown_of"] = self.after(task.teardown_of)
        elif task.upstream and task.trigger_rule is not TriggerRule.ALL_SUCCESS:
            keywords["rule"] = task.trigger_rule.value
        if task.allow_failure and not task.teardown_of:
            keywords["allow_failure"] = True
        if task.id in self.quiet and not task.teardown_of:
            keywords["quiet"] = True
        if task.id in self.maps:
            keywords["for_each"] = True
        for flag in ("teardown_of", "allow_failure", "quiet"):
            if flag in keywords:
                self.helpers.setdefault("rules", set()).add(flag)
        return pycode.call(self.helper("rules", "with_outcome"), (), keywords, prefix="@")

    def after(self, ids: Iterable[str]) -> list[str]:
        """The tasks, as the inputs with their outcomes call them."""
        return [self.names.outcomes[id].removeprefix("after_") for id in ids]

    def list_op(self, one: Map) -> Function:
        """The op that makes the list to map over."""
        reads = list_reads(one)
        body = list_body(one.for_each.items, self.pipeline, self.names, reads)
        self.need(body)
        self.imports.name("typing", "Any")
        self.helper("rules", "gather" if self.names.maps[one.id].instances else "elements")
        node = self.helper_nodes["elements", one.id]
        keywords: dict[str, object] = {
            "name": op_name(job_name(self.pipeline), node),
            "out": Code("dg.DynamicOut()"),
        }
        given = {"after": self.after(reads)} if reads else {}
        made = pycode.call(self.helper("rules", "elements"), (), given, prefix="@")
        return Function(
            decorators=(
                Code(f"@{pycode.call('dg.op', (), keywords, prefix='@')}"),
                Code(f"@{made}"),
            ),
            signature=self.signature(self.names.maps[one.id].function, reads, body),
            statements=body.lines(),
        )

    def need(self, body: OpBody) -> None:
        for module, name in body.helpers:
            self.helper(module, name)
        for module, flag in (*body.flags, *body.library):
            self.helpers.setdefault(module, set()).add(flag)
        for module in body.modules:
            self.imports.module(module)
        for module, name in body.imports_of_file:
            self.imports.name(module, name)
        for name, asked in body.connections.items():
            self.connections.setdefault(name, set()).update(asked)
        self.packages |= body.packages
        self.secrets |= body.secrets
        if body.webserver:
            self.asks_webserver = True
        if body.returns == "Any" or body.any:
            self.imports.name("typing", "Any")

    def tags(self, task: Task) -> dict[str, object]:
        own: dict[str, object] = {**labels.task_tags(task, self.groups)}
        one = self.maps.get(task.id)
        if one is not None and one.for_each.max_parallel is not None:
            own[labels.FOR_EACH] = one.id
        given = task.options.get("dagster", {}).get("metadata")
        if isinstance(given, Mapping):
            own |= labels.metadata_tags(given)
        return {**own, **labels.kubernetes_tags(task)}

    def signature(self, function: str, reads: tuple[str, ...], body: OpBody) -> Code:
        parameters = []
        if body.context:
            parameters.append("context: dg.OpExecutionContext")
        if body.params:
            parameters.append(f"{self.names.params_key}: {self.names.params}")
        for name in body.connections:
            module, kind = connections.class_of(connections.declared(self.pipeline, name))
            parameters.append(f"{self.names.resources[name]}: {self.helper(module, kind)}")
        if body.item:
            parameters.append("item: Any")
        if body.index:
            parameters.append("index: int")
        parameters += [f"{self.names.inputs[id]}: Any" for id in reads]
        if body.item or reads:
            self.imports.name("typing", "Any")
        return signature(function, parameters, body.returns)

    # --- who is told ----------------------------------------------------------------------------

    def alerts(self) -> Iterator[Function]:
        """The functions that tell of an event."""
        for alert in self.pipeline.alerts:
            name = self.names.alerts.get(alert.name)
            if name is None:
                continue
            from dagglot.targets.dagster.alerts import told_of_end

            body = told_of_end(alert, self.pipeline, self.names)
            for connection, asked in body.connections.items():
                self.told_connections.setdefault(connection, set()).update(asked)
            body.connections = {}
            told_as = "dict[str, str]"
            if body.context:
                told_as = self.helper("events", "Event")
            self.need(body)
            yield Function(
                decorators=(),
                signature=signature(name, [f"event: {told_as}"], "None"),
                before=body.before(),
                imports=body.imports.blocks(INDENT),
                statements=body.lines(),
            )
        if self.names.alerts:
            # what the helpers must tell apart
            flags = self.helpers.setdefault("events", set())
            if self.has_outcomes:
                flags.add("SkipTask")
            if self.maps:
                flags.add("elements")
                self.helpers.setdefault("rules", set()).add("tells")
            if any(task.timeout is not None for task in self.pipeline.tasks):
                flags.add("AttemptTimeoutError")
            if any(isinstance(task.body, SensorBody) for task in self.pipeline.tasks):
                flags.add("WaitTimedOut")
                self.helpers.setdefault("sensors", set()).add("WaitTimedOut")
