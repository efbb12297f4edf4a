"""A pipeline to the view of its DAG file: every decision about Airflow is made here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from dagglot import pycode
from dagglot.ir.model import Group, Pipeline, Retries, Task
from dagglot.pycode import Call, Code
from dagglot.targets.airflow import docs, edges, values
from dagglot.targets.airflow.imports import Imports, airflow_module
from dagglot.targets.airflow.names import FileNames, file_names, groups, module_name
from dagglot.targets.airflow.natives import native_aliases, provider_package
from dagglot.targets.airflow.order import Block, arranged
from dagglot.targets.airflow.retries import attempts
from dagglot.targets.airflow.shared import module_of
from dagglot.targets.airflow.tasks import Tasks
from dagglot.targets.airflow.view import DagFile, Item, Statement
from dagglot.targets.base import Context, Lowered, View


def lower(pipeline: Pipeline, context: Context) -> Lowered:
    """The DAG file, and the helpers and packages that it needs."""
    file = File(pipeline, context.version)
    view = file.view()
    path = PurePosixPath("dags", f"{module_name(pipeline)}.py")
    contribution = {"helpers": sorted(file.used), "packages": sorted(file.packages)}
    data = {field: getattr(view, field) for field in DagFile.__dataclass_fields__}
    return Lowered((View("airflow/dag.py.j2", path, data),), contribution)


class File:
    """One DAG file while it is made; ``used`` collects the helpers that it calls."""

    def __init__(self, pipeline: Pipeline, version: str) -> None:
        self.pipeline = pipeline
        self.version = version
        self.used: set[str] = set()
        self.macros: set[str] = set()
        self.packages: set[str] = set()
        self.attempts: dict[tuple[Retries, timedelta | None], Mapping[str, object]] = {}
        self.imports = Imports()
        self.natives = native_aliases(pipeline, version)
        self.names: FileNames = file_names(pipeline, set(self.natives.values()))

    def airflow(self, name: str) -> Code:
        """A name of Airflow's or the standard library's, imported."""
        self.imports.name(airflow_module(name, self.version), name)
        return Code(name)

    def helper(self, name: str) -> Code:
        """A generated helper, imported."""
        self.used.add(name)
        return Code(name)

    def native(self, module: str, name: str) -> Code:
        """A class or a function that only the author of the pipeline knows, imported."""
        first, dot, rest = name.partition(".")
        alias = self.natives[module, first]
        self.imports.name(module, first, alias)
        if package := provider_package(module):
            self.packages.add(package)
        return Code(f"{alias}{dot}{rest}")

    def duration(self, value: timedelta) -> Call:
        self.airflow("timedelta")
        return values.duration(value)

    def attempt_arguments(self, task: Task) -> Mapping[str, object]:
        """Retries and the timeout of a task, as arguments of its operator."""
        asked = (task.retries, task.timeout)
        found = self.attempts.get(asked)  # most tasks have theirs of one default
        if found is None:
            found = self.attempts[asked] = self.own_attempts(task)
        return found

    def own_attempts(self, task: Task) -> dict[str, object]:
        found: dict[str, object] = {}
        plan = attempts(task)
        found["retries"] = plan.count
        if plan.count:
            found["retry_delay"] = self.duration(plan.delay)
            if plan.waits == "exponential":
                found["retry_exponential_backoff"] = True
            if plan.max_delay is not None:
                found["max_retry_delay"] = self.duration(plan.max_delay)
            if plan.waits.endswith("-code"):
                found |= self.own_waits("linear" if "linear" in plan.waits else "exponential")
        if task.timeout is not None:
            found["execution_timeout"] = self.duration(task.timeout)
        return found

    def own_waits(self, backoff: str) -> dict[str, object]:
        """Generated code for waits that Airflow does not compute: a policy of its own on 3.x, a
        hook that waits for the rest on 2.11."""
        if self.version != "2.11":
            return {"retry_policy": Call(self.helper(f"{backoff.title()}RetryPolicy"))}
        hook = self.helper("wait_linearly" if backoff == "linear" else "wait_exponentially")
        if not self.pipeline.params:
            return {"pre_execute": hook}
        return {"pre_execute": Call(self.helper("each_of"), (self.params_check(), hook))}

    def shared_arguments(self) -> dict[str, object]:
        """What most tasks have alike, for ``default_args``; else no retries, said explicitly."""
        found = [self.attempt_arguments(task) for task in self.pipeline.tasks]
        shared: dict[str, object] = {"retries": 0}
        retries = [
            {name: value for name, value in one.items() if name != "execution_timeout"}
            for one in found
            if "pre_execute" not in one
        ]
        if (common := _most_common(retries, len(found))) is not None:
            shared = common
        timeouts = [{"execution_timeout": one.get("execution_timeout")} for one in found]
        common = _most_common(timeouts, len(found))
        if common is not None and common["execution_timeout"] is not None:
            shared |= common
        return shared

    def view(self) -> DagFile:
        shared = self.shared_arguments()
        tasks = Tasks(self, shared)
        blocks = arranged(self.pipeline, tasks.needs)
        written = edges.statements(self.pipeline, tasks.passed)
        referenced = {id for one in written for step in one.steps for id in step}
        items = self.items(blocks, tasks, written, referenced)
        dag = self.dag(shared)
        scheduled = self.pipeline.schedule.params
        self.imports_of_helpers()
        return DagFile(
            doc=docs.header(self.pipeline),
            imports=self.imports.blocks(),
            run_params=_run_params(scheduled) if scheduled and self.pipeline.params else None,
            comments=self.comments(),
            dag=dag,
            items=items,
        )

    def items(
        self,
        blocks: Sequence[Block],
        tasks: Tasks,
        written: Sequence[edges.Edges],
        referenced: set[str],
    ) -> tuple[Item, ...]:
        made: list[Item] = []
        tree = {group.id: group for group in groups(self.pipeline.groups)}
        again = {block.group for block in blocks if block.resumes}
        by_id = {task.id: task for task in self.pipeline.tasks}
        for block in blocks:
            indent = pycode.INDENT * (1 + block.depth)
            if block.task is not None:
                task = by_id[block.task]
                made.append(tasks.item(task, indent, task.id in referenced))
            elif block.resumes:
                name = self.names.variables[block.group]
                made.append(Statement(_pad(indent), Code(f"with {name}:"), "group"))
            elif block.opens:
                made.append(self.group(tree[block.group], indent, referenced | again))
            else:
                for one in written:
                    if one.scope == block.group:
                        text = self.edges(one, indent)
                        made.append(Statement(_pad(indent), text, "edges"))
        return tuple(made)

    def group(self, group: Group, indent: int, referenced: set[str]) -> Statement:
        arguments: list[tuple[str, object]] = [("group_id", group.id.rpartition(".")[2])]
        arguments += docs.group_arguments(group, self.version)
        name = self.names.variables[group.id] if group.id in referenced else ""
        suffix = f" as {name}:" if name else ":"
        call = Call(self.airflow("TaskGroup"), (), tuple(arguments))
        return Statement(
            _pad(indent),
            Code(f"with {pycode.layout(call, indent, 5, len(suffix))}{suffix}"),
            "group",
        )

    def edges(self, one: edges.Edges, indent: int) -> Code:
        names = self.names.variables
        steps: list[object] = [
            Code(names[step[0]]) if len(step) == 1 else [Code(names[id]) for id in step]
            for step in one.steps
        ]
        text = " >> ".join(map(pycode.literal, steps))
        if indent + len(text) <= pycode.LINE_LENGTH:
            return Code(text)
        return pycode.call(self.airflow("chain"), steps, indent=indent)

    # --- the DAG itself ---------------------------------------------------------------------

    def dag(self, shared: Mapping[str, object]) -> Code:
        pipeline, options = self.pipeline, self.pipeline.options.get("airflow", {})
        arguments: dict[str, object] = {"dag_id": pipeline.id}
        if options.get("dag_display_name"):
            arguments["dag_display_name"] = options["dag_display_name"]
        if pipeline.description:
            arguments["description"] = pipeline.description
        if pipeline.docs:
            arguments["doc_md"] = pycode.text_block(docs.markdown(pipeline.docs))
        arguments |= self.schedule()
        arguments["is_paused_upon_creation"] = False
        if options.get("max_consecutive_failed_dag_runs") is not None:
            key = "max_consecutive_failed_dag_runs"
            arguments[key] = options[key]
        if options.get("fail_fast") is not None:
            arguments["fail_fast" if self.version != "2.11" else "fail_stop"] = options["fail_fast"]
        if pipeline.tags:
            arguments["tags"] = list(pipeline.tags)
        if pipeline.params:
            self.airflow("Param")
            arguments["params"] = values.dag_params(pipeline)
        arguments["default_args"] = self.default_args(shared)
        if self.macros:
            arguments["user_defined_macros"] = {
                name: self.helper(name) if name != "run_params" else Code(name)
                for name in sorted(self.macros)
            }
        links = {k: v for k, v in _mapping(options.get("owner_links")).items() if v is not None}
        if links:
            arguments["owner_links"] = links
        return pycode.layout(Call(self.airflow("DAG"), (), tuple(arguments.items())), 0, 5, 1)

    def schedule(self) -> dict[str, object]:
        schedule = self.pipeline.schedule
        if schedule.cron is None or not schedule.enabled:
            return {"schedule": None}
        zone = schedule.timezone
        timetable = Call(
            self.airflow("CronTriggerTimetable"), (schedule.cron,), (("timezone", zone),)
        )
        found: dict[str, object] = {"schedule": timetable}
        start = schedule.start
        if start is not None:
            self.imports.module("pendulum")
            found["start_date"] = values.moment(start, zone)
        elif self.version == "2.11":
            self.imports.module("pendulum")
            found["start_date"] = Call("pendulum.datetime", (2020, 1, 1), (("tz", zone),))
        if schedule.end is not None:
            self.imports.module("pendulum")
            found["end_date"] = values.moment(schedule.end, zone)
        found["catchup"] = False
        return found

    def default_args(self, shared: Mapping[str, object]) -> dict[str, object]:
        pipeline = self.pipeline
        found: dict[str, object] = {}
        if pipeline.owner:
            found["owner"] = pipeline.owner
        found |= shared
        queue = pipeline.options.get("airflow", {}).get("queue")
        if queue:
            found["queue"] = queue
        if pipeline.params:
            found["pre_execute"] = self.params_check()
        return found

    def params_check(self) -> object:
        """The hook that refuses what Airflow's own check of params lets through."""
        check = self.helper("check_params")
        asked = [param.name for param in self.pipeline.params if param.required]
        scheduled = [name for name in asked if name in self.pipeline.schedule.params]
        if not scheduled:
            return check
        return Call(self.airflow("partial"), (check,), (("by_hand", scheduled),))

    def comments(self) -> tuple[Code, ...]:
        schedule = self.pipeline.schedule
        if schedule.cron and schedule.enabled and not schedule.start and self.version == "2.11":
            return (Code("# Airflow 2 asks for a start; with catchup off any past date will do."),)
        if schedule.is_set and not schedule.enabled:
            return (
                Code("# The schedule is switched off: runs start by hand. (Airflow's pause switch"),
                Code("# would count only when the DAG is first deployed.)"),
            )
        return ()

    def imports_of_helpers(self) -> None:
        for name in self.used:
            self.imports.name(module_of(name), name)


def _most_common(found: Sequence[dict[str, object]], tasks: int) -> dict[str, object] | None:
    """What more than half of several tasks have."""
    return next((one for one in found if tasks > 1 and found.count(one) * 2 > tasks), None)


def _run_params(scheduled: Mapping[str, Any]) -> Code:
    items = [
        f"{pycode.literal(name)}: {pycode.literal(values.plain(value))}"
        for name, value in scheduled.items()
    ]
    return Code("{" + ", ".join(["**params", *items]) + "}")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _pad(indent: int) -> Code:
    return Code(" " * indent)
