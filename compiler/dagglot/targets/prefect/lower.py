"""A pipeline as a flow file, and its share in the files of all flows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from dagglot import pycode
from dagglot.ir.model import (
    ApprovalBody,
    Backoff,
    CheckBody,
    NoopBody,
    Param,
    Pipeline,
    Retries,
    Task,
)
from dagglot.pycode import INDENT, Call, Code
from dagglot.targets.base import Context, Lowered, View
from dagglot.targets.prefect import (
    assets,
    control_flow,
    deployment,
    docs,
    hooks,
    params,
    sensors,
    setup,
    submits,
)
from dagglot.targets.prefect.bodies import lower_body
from dagglot.targets.prefect.body import seconds
from dagglot.targets.prefect.imports import Imports
from dagglot.targets.prefect.names import PACKAGE, PARTITION, TARGET, Naming, naming
from dagglot.targets.prefect.values import Argument, Values
from dagglot.targets.prefect.view import (
    AlertView,
    FlowView,
    ReaderView,
    TaskView,
    function_signature,
)

MAX_DELAYS: Final = 50
"""Prefect takes no longer list of retry delays; the last one repeats."""

_PAD: Final = " " * INDENT
_ELEMENT: Final = (Code("item: Any"), Code("index: int"))


def lower(pipeline: Pipeline, context: Context) -> Lowered:
    """The flow's file, and what it needs of the helper package and of ``prefect.yaml``."""
    if pipeline.partitions is not None:
        from dagglot.targets.prefect.partitions import with_param

        pipeline = with_param(pipeline)
    made = _Flow(assets.with_updates(pipeline), context)
    view = made.view()
    return Lowered(
        views=(View("prefect/flow.py.j2", made.naming.file, {"flow": view}),),
        contribution={
            "values": sorted(made.used),
            "helpers": sorted(made.helpers),
            "deployment": deployment.entry(pipeline, context, made.naming),
            "packages": setup.packages(pipeline),
            "setup": setup.needs(pipeline),
        },
    )


def options(pipeline: Pipeline, context: Context) -> dict[str, Any]:
    """The Prefect options: the pipeline's own, else the project's."""
    own = pipeline.options.get(TARGET, {})
    return {
        **context.options,
        **{key: value for key, value in own.items() if value is not None},
    }


def retry_delays(retries: Retries) -> int | float | list[int | float]:
    """The waits w(1), w(2), … in seconds (semantics.md, "Retries, timeouts").

    A single number holds for all; the last of a list repeats, so equal ones at its end are left
    out.
    """
    waits = [wait(retries, number) for number in range(1, min(retries.count, MAX_DELAYS) + 1)]
    while len(waits) > 1 and waits[-1] == waits[-2]:
        waits.pop()
    found = [seconds(one) for one in waits]
    return found[0] if len(found) == 1 else found


def wait(retries: Retries, number: int) -> timedelta:
    """How long the retry of that number, from 1, waits."""
    match retries.backoff:
        case Backoff.CONSTANT:
            factor = 1
        case Backoff.LINEAR:
            factor = number
        case Backoff.EXPONENTIAL:
            factor = 2 ** (number - 1)
    cap = timedelta.max if retries.max_delay is None else retries.max_delay
    if retries.delay and factor > cap // retries.delay:
        return cap
    return retries.delay * factor


class _Flow:
    def __init__(self, pipeline: Pipeline, context: Context) -> None:
        self.pipeline = pipeline
        self.naming: Naming = naming(pipeline)
        self.options = options(pipeline, context)
        self.imports = Imports()
        self.used: set[str] = set()
        self.helpers: set[str] = set()
        self.constants: list[Code] = []
        self.arguments: dict[str, tuple[Argument, ...]] = {}

    def view(self) -> FlowView:
        pipeline, imports = self.pipeline, self.imports
        imports.name("prefect", "flow")
        imports.name("prefect.cache_policies", "NO_CACHE")
        self.partitions()
        self.assets()
        alerts = tuple(self.alerts())
        tasks = tuple(self.task(task) for task in pipeline.tasks)
        guard = tuple(self.guard())
        signature = self.signature(bool(guard))
        text = docs.flow_docs(pipeline, self.naming.params)
        readers, lines = self.submits(bool(guard))
        required = any(param.required for param in pipeline.params)
        return FlowView(
            docstring=pycode.docstring(docs.header(pipeline), indent=0),
            decorator=self.decorator(),
            signature=signature,
            flow_docstring=pycode.docstring(text) if text else None,
            tasks=tasks,
            readers=readers,
            guard=(*guard, *self.deadline()),
            submits=lines,
            main=None if required else Code(f"{self.naming.flow}()"),
            constants=tuple(self.constants),
            alerts=alerts,
            imports=imports.blocks(),
        )

    def helper(self, module: str, name: str) -> str:
        self.helpers.add(name)
        self.imports.name(f"{PACKAGE}.{module}", name)
        return name

    def partitions(self) -> None:
        """The constant that knows the windows of time."""
        constant = self.naming.constants.get("partitions")
        if constant is not None and self.pipeline.partitions is not None:
            from dagglot.targets.prefect.partitions import declared

            made = declared(self.pipeline.partitions)
            self.helper("partitions", made.function)
            self.helpers.add("run_time")
            self.constants.append(pycode.assignment(constant, made))

    def assets(self) -> None:
        """The constants of the assets that tasks materialize, depend on or wait for."""
        for asset in assets.used(self.pipeline) if self.pipeline.assets else ():
            self.imports.name("prefect.assets", "Asset", "AssetProperties")
            name = self.naming.constants[f"asset {asset.name}"]
            self.constants.append(pycode.assignment(name, assets.call(asset)))

    # --- who is told ----------------------------------------------------------------------------

    def alerts(self) -> Iterator[AlertView]:
        """The functions that tell, where an event is told."""
        for alert in self.pipeline.alerts:
            name = self.naming.alerts.get(alert.name)
            if name is not None:
                from dagglot.targets.prefect.alerts import lower_alert

                values = Values(self.pipeline, hooks.nobody(alert), self.imports)
                yield lower_alert(alert, name, values)
                self.used |= values.used
                self.helpers |= values.helpers

    def deadline(self) -> Iterator[Code]:
        """The first thing that a flow does."""
        if self.pipeline.deadline is not None:
            yield Code(_PAD + hooks.deadline(self.pipeline, self.pipeline.deadline, self))

    # --- tasks ----------------------------------------------------------------------------------

    def task(self, task: Task) -> TaskView:
        each = control_flow.elements_of(self.pipeline, task) is not None
        values = Values(self.pipeline, task, self.imports, each)
        values.constants = self.naming.constants
        body = lower_body(task, values)
        self.used |= values.used
        self.helpers |= values.helpers
        self.arguments[task.id] = arguments = values.arguments()
        if each:
            self.imports.name("typing", "Any")
        text = docs.task_docs(task)
        if isinstance(task.body, NoopBody) and not text:
            text = docs.NOTHING_TO_DO
        if assets.is_step(task):
            text = assets.told(task)
        function, produced = "task", [self.asset(name) for name in task.produces]
        if produced:
            function = "materialize"
        self.imports.name("prefect.assets" if produced else "prefect", function)
        return TaskView(
            decorator=pycode.call(function, produced, self.task_keywords(task), prefix="@"),
            limits=tuple(self.limits(task)),
            signature=function_signature(
                self.naming.tasks[task.id],
                [*_ELEMENT[: 2 * each], *(Code(f"{one.name}: {one.type}") for one in arguments)],
                body.returns,
            ),
            docstring=pycode.docstring(text) if text else None,
            when=body.when,
            imports=body.imports,
            statements=body.statements,
        )

    def asset(self, name: str) -> Code:
        return Code(self.naming.constants[f"asset {name}"])

    def limits(self, task: Task) -> Iterator[Code]:
        """What a task waits for once it runs: its own run before, a retry's jitter, its turn in a
        pool."""
        if task.depends_on_past:
            self.helpers.add("after_previous_run")
            self.imports.name(f"{PACKAGE}.past", "after_previous_run")
            yield Code("after_previous_run()")
        jitter = task.retries.jitter
        if task.retries.count and jitter:
            self.helpers.add("retry_jitter")
            self.imports.name(f"{PACKAGE}.jitter", "retry_jitter")
            yield Code(f"retry_jitter({seconds(jitter)})")
        if task.pool is not None:
            self.imports.name("prefect.concurrency.sync", "concurrency")
            keywords: dict[str, object] = {"occupy": task.pool.slots, "strict": True}
            if task.pool.slots == 1:
                del keywords["occupy"]
            yield pycode.call("concurrency", (task.pool.name,), keywords, prefix="@")
        if isinstance(task.body, CheckBody) and task.body.severity == "warn":
            yield Code(self.helper("checks", "only_warns"))

    def task_keywords(self, task: Task) -> dict[str, object]:
        found: dict[str, object] = {"name": task.id}
        if control_flow.elements_of(self.pipeline, task) is not None:
            found["task_run_name"] = f"{task.id}[{{index}}]"
        if task.tags:
            found["tags"] = list(task.tags)
        if task.consumes:
            found["asset_deps"] = [self.asset(name) for name in task.consumes]
        found["retries"] = task.retries.count
        if task.retries.count:
            found["retry_delay_seconds"] = retry_delays(task.retries)
        if sensors.is_whole_wait(task):
            self.helpers.add("unless_timed_out")
            self.imports.name(f"{PACKAGE}.waiting", "unless_timed_out")
            found["retry_condition_fn"] = Code("unless_timed_out")
        if isinstance(task.body, ApprovalBody) and task.retries.count:
            self.helpers.add("unless_rejected")
            self.imports.name(f"{PACKAGE}.approvals", "unless_rejected")
            found["retry_condition_fn"] = Code("unless_rejected")
        if self.naming.alerts:
            condition = found.pop("retry_condition_fn", None)
            found |= hooks.of_task(self.pipeline, task, condition, self)
        log_prints = task.options.get(TARGET, {}).get("log_prints")
        if log_prints is not None:
            found["log_prints"] = log_prints
        found["cache_policy"] = Code("NO_CACHE")
        return found

    # --- the flow -------------------------------------------------------------------------------

    def decorator(self) -> Code:
        keywords: dict[str, object] = {"name": self.pipeline.id, "retries": 0}
        if self.pipeline.timeout is not None:
            keywords["timeout_seconds"] = seconds(self.pipeline.timeout)
        limits = (self.options.get("max_workers"), self.pipeline.concurrency.max_active_tasks)
        max_workers = min((limit for limit in limits if limit is not None), default=None)
        if max_workers is not None:
            self.imports.name("prefect.task_runners", "ThreadPoolTaskRunner")
            runner = Call("ThreadPoolTaskRunner", (), (("max_workers", max_workers),))
            keywords["task_runner"] = runner
        log_prints = self.options.get("log_prints")
        keywords["log_prints"] = True if log_prints is None else log_prints
        if self.naming.alerts:
            keywords |= hooks.of_flow(self.pipeline, self)
        return pycode.call("flow", (), keywords, prefix="@")

    def signature(self, guarded: bool) -> Code:
        zone = self.pipeline.schedule.timezone
        written = []
        # Python wants arguments without a default first
        for param in sorted(self.pipeline.params, key=lambda param: not param.required):
            helpers: set[str] = set()
            type_ = params.annotation(param, zone, self.imports, helpers)
            self.helpers |= helpers
            name = self.naming.params[param.name]
            constant = self.naming.constants.get("partitions")
            if constant is not None and param.name == PARTITION:
                type_ = self.of_partition(constant)
            value = None if param.required else self.default(param)
            written.append(params.written(name, type_, value, not param.required))
        if self.naming.rules or self.pipeline.on_failure:
            returns = "State[None] | None" if guarded else "None"
        else:
            self.imports.name("prefect.futures", "PrefectFuture")
            self.imports.name("typing", "Any")
            returns = "list[PrefectFuture[Any]]" + (" | State[None]" if guarded else "")
        return function_signature(self.naming.flow, written, Code(returns))

    def of_partition(self, constant: str) -> params.Annotation:
        """The key of a partition that there is."""
        self.imports.name("pydantic", "AfterValidator", "StrictStr")
        self.imports.name("typing", "Annotated")
        check = Call("AfterValidator", (Code(f"{constant}.existing"),))
        return ("Annotated", Code("StrictStr"), check, None)

    def default(self, param: Param) -> object:
        value = params.default(param, self.imports)
        if not isinstance(value, list | dict):
            return value
        name = self.naming.constants[f"default {param.name}"]
        type_ = "list[Any]" if isinstance(value, list) else "dict[str, Any]"
        self.constants.append(pycode.assignment(f"{name}: {type_}", value))
        return Code(name)

    def guard(self) -> list[Code]:
        """Prefect's schedules have no first and no last time."""
        schedule = self.pipeline.schedule
        timed = schedule.cron is not None or schedule.every is not None
        if not timed or (schedule.start is None and schedule.end is None):
            return []
        self.helpers.add("is_outside_schedule")
        self.imports.name(f"{PACKAGE}.runs", "is_outside_schedule")
        self.imports.name("prefect.states", "Completed")
        self.imports.name("prefect", "State")
        keywords: list[tuple[str, object]] = []
        for name, value in (("start", schedule.start), ("end", schedule.end)):
            if value is not None:
                constant = self.naming.constants[name]
                moment = params.moment(value, self.imports)
                self.constants.append(pycode.assignment(constant, moment))
                keywords.append((name, Code(constant)))
        test = pycode.call("is_outside_schedule", (), keywords, INDENT, "if ", ":")
        message = "outside the schedule's start and end"
        state = Call("Completed", (), (("name", "Skipped"), ("message", message)))
        pad = _PAD * 2
        return [
            Code(f"{_PAD}if {test}:"),
            Code(f"{pad}return {pycode.layout(state, 2 * INDENT, len('return '))}"),
        ]

    def submits(self, guarded: bool) -> tuple[tuple[ReaderView, ...], tuple[Code, ...]]:
        """The functions that make lists, and the statements that submit every task."""
        if not self.naming.rules:
            lines = submits.plain(self.pipeline, self.naming, self.arguments, guarded)
            if self.pipeline.on_failure:
                self.helper("failures", "raise_failures")
                self.helpers.add("failed_tasks")
            return (), tuple(lines)
        made = submits.ByRules(self.pipeline, self.naming, self.imports)
        lines = made.lines(self.arguments, guarded)
        self.used |= made.used
        self.helpers |= made.helpers
        if self.pipeline.on_failure:
            self.helpers.add("failed_tasks")
        return tuple(made.readers), tuple(lines)
