"""A pipeline as software-defined assets: one for each task, and a job that makes them all.

Only with `style: assets`, and only where each task makes exactly one asset and nothing decides
whether a task runs but its upstream tasks. Dagster then keeps the asset's name as the name of the
step, and a value under the asset's key: the last one that was made, not that of the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dagglot import pycode
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.ir import flow
from dagglot.ir.model import (
    BranchBody,
    CheckBody,
    GateBody,
    NoopBody,
    Pipeline,
    Task,
    TriggerRule,
)
from dagglot.pycode import INDENT, Call, Code
from dagglot.targets.dagster import assets, connections, control_flow, labels, retries, told
from dagglot.targets.dagster.body import op_body
from dagglot.targets.dagster.executor import executor
from dagglot.targets.dagster.lower import File, shown_metadata
from dagglot.targets.dagster.names import asset_step, job_name, plain_part
from dagglot.targets.dagster.options import io_manager, run_tags
from dagglot.targets.dagster.scope import OpBody
from dagglot.targets.dagster.view import Function


class AssetsFile(File):
    """The file of such a pipeline."""

    def op(self, task: Task) -> Function:
        body = op_body(task, self.pipeline, self.names)
        self.need(body)
        if isinstance(task.body, CheckBody):
            return self.check(task, task.body, body)
        reads = self.native_nodes.reads[task.id]
        if body.returns == "None" and task.id in self.native_nodes.read:
            body.returns = "Any"  # what returns `None` has no output that could be read
        (name,) = task.produces
        asset = next(one for one in self.pipeline.assets if one.name == name)
        said = assets.keywords(asset, self.pipeline, self.imports, task)
        text = description(asset.description, task)
        doc = labels.docstring(text)
        said.pop("deps", None)
        said.pop("description", None)
        keywords: dict[str, object] = {"key": assets.plain_key(name)}
        deps = upstream_assets(task, self.pipeline, reads)
        if deps:
            keywords["deps"] = [assets.key(one) for one in deps]
        if reads:
            keywords["ins"] = {self.names.inputs[id]: self.value_of(id) for id in reads}
        if text and doc is None:
            keywords["description"] = text
        metadata = {**said.pop("metadata", {}), **metadata_of(task)}  # type: ignore[dict-item]
        if metadata:
            keywords["metadata"] = {key: shown_metadata(one) for key, one in metadata.items()}
        keywords |= said
        if self.options.get("io_manager") is not None:
            keywords["io_manager_key"] = self.manager
        keywords |= self.of_step(task)
        return Function(
            decorators=(
                Code(f"@{pycode.call('dg.asset', (), keywords, prefix='@')}"),
                *self.limits(task, body),
            ),
            signature=self.signature(self.names.functions[task.id], reads, body),
            doc=doc,
            before=body.before(),
            imports=body.imports.blocks(INDENT),
            statements=body.lines(),
        )

    def check(self, task: Task, look: CheckBody, body: OpBody) -> Function:
        (checked,) = self.pipeline.task(look.of).produces
        keywords: dict[str, object] = {
            "asset": assets.plain_key(checked),
            "name": plain_part(look.name),
        }
        if look.severity == "error":
            keywords["blocking"] = True
        # the checked asset comes first: it is the input that has no name
        reads = tuple(sorted(self.native_nodes.reads[task.id], key=lambda id: id != look.of))
        more = [id for id in reads if id != look.of]
        if more:
            keywords["additional_ins"] = {self.names.inputs[id]: self.value_of(id) for id in more}
        keywords |= self.of_step(task)
        warns = {"warns": True} if look.severity == "warn" else {}
        self.helper("checks", "evaluates")
        self.helpers["checks"].update(("evaluates_warns",) if warns else ())
        return Function(
            decorators=(
                Code(f"@{pycode.call('dg.asset_check', (), keywords, prefix='@')}"),
                Code(f"@{pycode.call('evaluates', (), warns, prefix='@')}"),
                *self.limits(task, body),
            ),
            signature=self.signature(self.names.functions[task.id], reads, body),
            imports=body.imports.blocks(INDENT),
            statements=body.lines(),
        )

    def value_of(self, id: str) -> Call:
        """An upstream asset's value."""
        (name,) = self.pipeline.task(id).produces
        return Call("dg.AssetIn", (), (("key", assets.plain_key(name)),))

    def of_step(self, task: Task) -> dict[str, object]:
        """What is said of the step, with the words of an op."""
        keywords: dict[str, object] = {}
        tags = {**step_tags(task, self.groups), **labels.kubernetes_tags(task)}
        if tags:
            keywords["op_tags"] = tags
        if task.pool is not None:
            keywords["pool"] = task.pool.name
        policy = retries.of_task(task)
        if policy is not None:
            keywords["retry_policy"] = self.policies.get(policy, policy)
        return keywords

    def limits(self, task: Task, body: OpBody) -> Iterator[Code]:
        tells = told.of_task(self.pipeline, task, self) if self.names.alerts else None
        if tells is not None:
            yield Code(f"@{tells}")
            if isinstance(task.body, CheckBody):
                # who is told of failures must see one
                yield Code(f"@{self.helper('checks', 'must_hold')}")
        has_limit = task.timeout is not None and not isinstance(task.body, NoopBody)
        if body.guarded or has_limit:
            limit = {"timeout": retries.seconds(task.timeout)} if task.timeout is not None else {}
            made = pycode.call(self.helper("attempts", "attempt"), (), limit, prefix="@")
            yield Code(f"@{made}")

    # --- the job --------------------------------------------------------------------------------

    @property
    def manager(self) -> str:
        return f"{job_name(self.pipeline)}_io_manager"

    def resources(self) -> dict[str, object]:
        """Those of all assets of a code location have one name each, so that the job's is in it."""
        made: dict[str, object] = {}
        manager = io_manager(self.options, self.imports, self.names.taken)
        if manager is not None:
            made[self.manager] = manager
        if self.pipeline.params:
            checked = self.helper("params", "checked_at_launch")
            made[self.names.params_key] = Code(f"{checked}({self.names.params})")
        for one, asked in self.connected():
            made[self.names.resources[one.name]] = connections.resource(one, asked)
        return made

    def definitions(self) -> tuple[Code, ...]:
        """The assets and their checks, with the resources that they ask for."""
        resources = self.resources()
        statements = [pycode.assignment("RESOURCES", resources)] if resources else []
        for name, is_check in (("ASSETS", False), ("CHECKS", True)):
            made = [
                Code(self.names.functions[task.id])
                for task in self.pipeline.tasks
                if isinstance(task.body, CheckBody) is is_check
            ]
            if made:
                value: object = made
                if resources:
                    value = Call("dg.with_resources", (made, Code("RESOURCES")))
                statements.append(pycode.assignment(name, value))
        return tuple(statements)

    def job(self) -> Code:
        pipeline = self.pipeline
        keywords: list[tuple[str, object]] = [("selection", Code("ASSETS"))]
        for key, value in (
            ("description", labels.job_description(pipeline)),
            ("tags", labels.job_tags(pipeline)),
            ("run_tags", run_tags(pipeline, self.options)),
            ("metadata", {key: shown_metadata(x) for key, x in self.options["metadata"].items()}),
            ("executor_def", executor(pipeline, self.options, has_outcomes=False)),
        ):
            if value:
                keywords.append((key, value))
        made = Call("dg.define_asset_job", (job_name(pipeline),), tuple(keywords))
        return pycode.assignment(self.names.job, made)

    def assets(self) -> None:
        return None

    def about_assets(self) -> dict[str, Any]:
        said = super().about_assets()
        said["steps"] = [asset_step(task, self.pipeline) for task in self.pipeline.tasks]
        if any(isinstance(task.body, CheckBody) for task in self.pipeline.tasks):
            said["checks"] = True
        return said


def description(of_asset: str, task: Task) -> str:
    """An asset has one text: what it is, then what its task says."""
    return labels.description(of_asset, labels.description(task.description, task.docs))


def metadata_of(task: Task) -> dict[str, str]:
    given = task.options.get("dagster", {}).get("metadata")
    if not isinstance(given, Mapping):
        return {}
    return {name: str(value) for name, value in given.items() if value is not None}


def step_tags(task: Task, groups: Mapping[str, Any]) -> dict[str, str]:
    """The tags of the op; what it reads is upstream of the asset, and no tag."""
    tags = labels.task_tags(task, groups)
    tags.pop(labels.CONSUMES, None)
    return tags


def upstream_assets(task: Task, pipeline: Pipeline, reads: tuple[str, ...]) -> tuple[str, ...]:
    """The assets that come before a task's, besides those that it is given the values of."""
    given = {name for id in reads for name in pipeline.task(id).produces}
    found: dict[str, None] = {}
    for id in task.upstream:
        above = pipeline.task(id)
        # whoever waits for a check waits for the asset: Dagster has it wait for what blocks, too
        of = pipeline.task(above.body.of) if isinstance(above.body, CheckBody) else above
        found |= dict.fromkeys(of.produces)
    found |= dict.fromkeys(assets.lineage(task.produces[0], pipeline))
    return tuple(name for name in found if name not in given)


# --- which pipelines ----------------------------------------------------------------------------


def refusals(pipeline: Pipeline, title: str) -> Iterator[Diagnostic]:
    """Why a pipeline cannot be assets; each finding names the task."""
    steps = {job_name(pipeline): f"the pipeline `{pipeline.id}`", "gather": "the helpers"}
    makers: dict[str, str] = {}
    mapped = control_flow.map_by_task(pipeline)
    for task in pipeline.tasks:
        why = "is mapped" if task.id in mapped else _problem(task, pipeline)
        if not why:
            step = asset_step(task, pipeline)
            other = steps.setdefault(step, f"the task `{task.id}`")
            if other != f"the task `{task.id}`":
                why = f"would be the step `{step}`, a name that {other} has"
        for name in task.produces:
            other = makers.setdefault(name, task.id)
            if other != task.id:
                why = why or f"makes `{name}`, as `{other}` does"
        if why:
            yield codes.UNSUPPORTED.at(
                task.span,
                target=title,
                feature="`style: assets`",
                reason=f"the task `{task.id}` {why}; with `style: ops` it may",
            )


def _problem(task: Task, pipeline: Pipeline) -> str:
    match task.body:
        case GateBody() | BranchBody():
            return "decides what runs"
        case CheckBody(of=of):
            return "" if pipeline.task(of).produces else f"checks `{of}`, which makes no asset"
    if len(task.produces) != 1:
        return "makes no asset" if not task.produces else "makes several assets"
    step = asset_step(task, pipeline)
    if plain_part(step) != step:
        return f"makes `{task.produces[0]}`, whose name is none of a step"
    if task.upstream and task.trigger_rule is not TriggerRule.ALL_SUCCESS:
        return f"has the trigger rule `{task.trigger_rule.value}`"
    if flow.skips_itself(task):
        return "may be skipped"
    if task.teardown_of:
        return "is a teardown"
    if task.allow_failure:
        return "may fail without failing the run"
    if task.depends_on_past:
        return "waits for its own run before"
    for id in task.upstream:
        above = pipeline.task(id).body
        if isinstance(above, CheckBody) and above.severity == "warn":
            return f"waits for `{id}`, which only warns"
    return ""
