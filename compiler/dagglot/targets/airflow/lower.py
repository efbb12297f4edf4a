"""A pipeline to the view of its DAG file: every decision about Airflow is made here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from dagglot import pycode
from dagglot.ir import connections
from dagglot.ir.expand import thaw
from dagglot.ir.kinds import NEEDS_GROUND
from dagglot.ir.model import Group, Pipeline, Task
from dagglot.pycode import Call, Code
from dagglot.targets.airflow import assets, docs, edges, values
from dagglot.targets.airflow.credentials import python_connection, type_of
from dagglot.targets.airflow.head import Head
from dagglot.targets.airflow.imports import Imports, airflow_module
from dagglot.targets.airflow.names import FileNames, file_names, groups, module_name
from dagglot.targets.airflow.natives import native_aliases, provider_package
from dagglot.targets.airflow.order import Block, arranged
from dagglot.targets.airflow.partitions import VARIABLE, declared, schedule_id, without_schedule
from dagglot.targets.airflow.passing import Passing
from dagglot.targets.airflow.retries import Attempts, attempts
from dagglot.targets.airflow.shared import module_of
from dagglot.targets.airflow.steps import Woven
from dagglot.targets.airflow.tasks import Tasks
from dagglot.targets.airflow.view import DagFile, Item, MappedGroup, Statement
from dagglot.targets.airflow.weaving import woven
from dagglot.targets.base import Context, Lowered, View

if TYPE_CHECKING:
    from dagglot.targets.airflow.callbacks import Callbacks


def lower(pipeline: Pipeline, context: Context) -> Lowered:
    """The DAG file, and the helpers and packages that it needs."""
    file = File(pipeline, context.version)
    view = file.view()
    path = PurePosixPath("dags", f"{module_name(pipeline)}.py")
    contribution: dict[str, Any] = {
        "helpers": sorted({*file.used, *file.flags}),
        "packages": sorted(file.packages),
        "setup": _setup(pipeline, context),
    }
    if view.starter is not None:
        contribution["starts"] = schedule_id(pipeline.id)
    data = {field: getattr(view, field) for field in DagFile.__dataclass_fields__}
    return Lowered((View("airflow/dag.py.j2", path, data),), contribution)


def _setup(pipeline: Pipeline, context: Context) -> dict[str, Any]:
    """What must exist in Airflow outside the code; most pipelines need nothing."""
    pools = any(task.pool is not None for task in pipeline.tasks)
    stores = pipeline.connections or pipeline.alerts or pools or any(connections.secrets(pipeline))
    if not (stores or any(isinstance(task.body, NEEDS_GROUND) for task in pipeline.tasks)):
        return {}
    from dagglot.targets.airflow import setup

    return setup.needs(pipeline, context.version)


class File:
    """One DAG file while it is made; ``used`` collects the helpers that it calls."""

    def __init__(self, pipeline: Pipeline, version: str) -> None:
        self.schedule = pipeline.schedule
        pipeline = without_schedule(pipeline)
        self.woven: Woven = woven(pipeline)
        self.pipeline = self.woven.pipeline
        self.version = version
        self.used: set[str] = set()
        self.flags: set[str] = set()
        """What a module of helpers must be able to do, and nothing that is imported."""
        self.macros: set[str] = set()
        self.packages: set[str] = set()
        self.imports = Imports()
        self.natives = native_aliases(pipeline, version)
        self.names: FileNames = file_names(self.pipeline, set(self.natives.values()))
        self.passing = Passing(self.woven)
        self.needs_dag = False
        self.callbacks = _callbacks(self) if pipeline.alerts else None

    def airflow(self, name: str) -> Code:
        """A name of Airflow's or the standard library's, imported."""
        self.imports.name(airflow_module(name, self.version), name)
        return Code(name)

    def helper(self, name: str) -> Code:
        """A generated helper, imported."""
        self.used.add(name)
        return Code(name)

    def secret(self, name: str) -> str:
        """A secret, as a function reads it."""
        return f"{self.airflow('Variable')}.get({pycode.literal(name)})"

    def connection(self, name: str, field: str) -> str:
        """A field of a connection, as a function reads it."""
        self.airflow("BaseHook")
        return python_connection(type_of(self.pipeline, name), name, field)

    def native(self, module: str, name: str) -> Code:
        """A class or a function that only the author of the pipeline knows, imported."""
        first, dot, rest = name.partition(".")
        alias = self.natives[module, first]
        self.imports.name(module, first, alias)
        if package := provider_package(module):
            self.packages.add(package)
        return Code(f"{alias}{dot}{rest}")

    def reference(self, id: str, scope: str) -> Code:
        """What a task or a group is called in a group's block, or in the DAG's for ""."""
        group = self.woven.groups.get(id)
        if group is None or scope == group.id or scope.startswith(f"{group.id}."):
            return Code(self.names.variables[id])
        # what a function makes is known outside by its id alone
        self.needs_dag = True
        return Code(f"dag.get_task({pycode.literal(id)})")

    def result(self, id: str) -> Code:
        """A task's output as an argument: what TaskFlow returns, else an operator's `.output`."""
        variable = self.names.variables[id]
        return Code(variable if id in self.names.functions else f"{variable}.output")

    def max_parallel(self, task: Task) -> int | None:
        """How many instances of a task may run at once."""
        if task.for_each is not None:
            return task.for_each.max_parallel
        group = self.woven.groups.get(task.id)
        each = None if group is None else group.for_each
        return None if each is None or task.id in self.woven.steps else each.max_parallel

    def instances(self, task: Task, used: set[str]) -> values.Instances:
        """How templates of a task read what has several instances."""
        group = self.woven.groups.get(task.id)

        def output(id: str) -> str:
            if self.woven.together(task.id, id):
                return f"ti.xcom_pull(task_ids='{id}', map_indexes=ti.map_index)"
            if self.woven.is_mapped(id):
                used.add("outputs_of")
                return f"outputs_of(ti, '{id}')"
            return f"ti.xcom_pull(task_ids='{id}')"

        item = "task.item"
        if group is not None:
            item = f"ti.xcom_pull(task_ids='{self.woven.items[group.id]}')[ti.map_index]"
        return values.Instances(output, item)

    @property
    def has_params(self) -> bool:
        """Whether a run is given something; its partition is a param."""
        return bool(self.pipeline.params) or self.pipeline.partitions is not None

    def partitions(self) -> Code | None:
        """The statement that declares the partitions."""
        if self.pipeline.partitions is None:
            return None
        made = declared(self.pipeline.partitions)
        self.helper(made.function)
        return pycode.assignment(VARIABLE, made)

    def hooks_before(self, task: Task) -> list[Code]:
        """The calls of the hooks that a hook of the task's own stands in the place of."""
        found = []
        if self.has_params:
            check = self.params_check()
            by_hand = check.kwargs if isinstance(check, Call) else ()
            found.append(pycode.literal(Call("check_params", (Code("context"),), by_hand)))
        plan = attempts(task)
        if plan.own and self.version == "2.11":
            found += [Code(f"{pycode.literal(hook)}(context)") for hook in self.waiting(plan)]
        return found

    def waiting(self, plan: Attempts) -> list[Code | Call]:
        """The hooks of 2.11 that wait for what Airflow itself does not."""
        found: list[Code | Call] = []
        if plan.own != "constant":
            name = "wait_linearly" if plan.own == "linear" else "wait_exponentially"
            found.append(self.helper(name))
        if plan.jitter is not None:
            seconds = plan.jitter.total_seconds()
            found.append(Call(self.helper("wait_up_to"), (seconds,)))
        return found

    def duration(self, value: timedelta) -> Call:
        self.airflow("timedelta")
        return values.duration(value)

    def attempt_arguments(self, task: Task) -> dict[str, object]:
        """Retries and the timeout of a task, as arguments of its operator."""
        found: dict[str, object] = {}
        plan = attempts(task)
        found["retries"] = plan.count
        if plan.count:
            found["retry_delay"] = self.duration(plan.delay)
            if plan.waits == "exponential":
                # a factor on 3.3, a flag on 2.11
                found["retry_exponential_backoff"] = True if self.version == "2.11" else 2.0
            if plan.max_delay is not None:
                found["max_retry_delay"] = self.duration(plan.max_delay)
            if plan.own:
                found |= self.own_waits(plan)
        if task.timeout is not None:
            found["execution_timeout"] = self.duration(task.timeout)
        return found

    def own_waits(self, plan: Attempts) -> dict[str, object]:
        """Generated code for waits that Airflow does not compute: a policy of its own on 3.x, a
        hook that waits for the rest on 2.11."""
        if self.version != "2.11":
            jitter = () if plan.jitter is None else (("jitter", self.duration(plan.jitter)),)
            return {"retry_policy": Call(self.helper(f"{plan.own.title()}RetryPolicy"), (), jitter)}
        hooks: list[object] = [*self.waiting(plan)]
        if self.has_params:
            hooks.insert(0, self.params_check())
        if len(hooks) == 1:
            return {"pre_execute": hooks[0]}
        return {"pre_execute": Call(self.helper("each_of"), tuple(hooks))}

    def shared_arguments(self, attempts: Mapping[str, dict[str, object]]) -> dict[str, object]:
        """What most tasks have alike, for ``default_args``; else no retries, said explicitly."""
        found = [own for id, own in attempts.items() if id not in self.woven.steps]
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

    def told(self, shared: dict[str, object]) -> dict[str, dict[str, object]]:
        """The callbacks of each task; what most tasks have alike comes to ``shared``."""
        if self.callbacks is None:
            return {}
        told = {task.id: self.callbacks.of_task(task) for task in self.pipeline.tasks}
        # a step that tells nobody would have to say so
        for name in dict.fromkeys(name for found in told.values() for name in found):
            common = _most_common([{name: found.get(name)} for found in told.values()], len(told))
            if common is not None and common[name] is not None:
                shared |= common
        return told

    def view(self) -> DagFile:
        attempts = {task.id: self.attempt_arguments(task) for task in self.pipeline.tasks}
        shared = self.shared_arguments(attempts)
        told = self.told(shared)
        tasks = Tasks(self, attempts, shared, told)
        blocks = arranged(self.pipeline, self.passing.outputs)
        written = edges.statements(self.pipeline, self.passing.edges())
        referenced = {id for one in written for step in one.steps for id in step}
        for teardown, setups in self.woven.setups.items():
            referenced |= {teardown, *setups}
        items = self.items(blocks, tasks, written, referenced)
        dag, starter = Head(self).dag(shared), Head(self).starter()
        callbacks = self.callbacks
        this_event = None if callbacks is None else callbacks.this_event()
        alerts = () if callbacks is None else tuple(callbacks.written())
        constants = tuple(Head(self).assets())
        scheduled = self.pipeline.schedule.params
        partitions = self.partitions()
        self.imports_of_helpers()
        return DagFile(
            partitions=partitions,
            starter=starter,
            doc=docs.header(self.pipeline),
            imports=self.imports.blocks(),
            run_params=_run_params(scheduled) if scheduled and self.pipeline.params else None,
            this_event=this_event,
            alerts=alerts,
            run_type=assets.run_type(self.pipeline.schedule, self.version),
            comments=Head(self).comments(),
            assets=constants,
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
        for block in blocks:
            indent = pycode.INDENT * (1 + block.depth)
            if block.task is not None:
                task = self.pipeline.task(block.task)
                made.append(tasks.item(task, indent, task.id in referenced))
            elif block.resumes:
                name = self.names.variables[block.group]
                made.append(Statement(_pad(indent), Code(f"with {name}:"), "group"))
            elif block.opens and tree[block.group].for_each is not None:
                made.append(self.mapped_group(tree[block.group], indent))
            elif block.opens:
                made.append(self.group(tree[block.group], indent, referenced | again))
            else:
                for one in written:
                    if one.scope == block.group:
                        text = self.edges(one, indent)
                        made.append(Statement(_pad(indent), text, "edges"))
                made += self.teardowns(block.group, indent)
                if block.group and tree[block.group].for_each is not None:
                    made.append(
                        self.expanded(tree[block.group], indent - pycode.INDENT, referenced)
                    )
        return tuple(made)

    def teardowns(self, scope: str, indent: int) -> Iterator[Statement]:
        group_of = {task.id: task.group for task in self.pipeline.tasks}
        for teardown, setups in self.woven.setups.items():
            if edges.common(group_of, teardown, *setups) != scope:
                continue
            given = [self.reference(id, scope) for id in setups]
            function = f"{self.reference(teardown, scope)}.as_teardown"
            text = pycode.call(function, (), {"setups": given}, indent)
            yield Statement(_pad(indent), text, "edges")

    # --- mapped groups ----------------------------------------------------------------------

    def mapped_group(self, group: Group, indent: int) -> MappedGroup:
        function = self.names.functions[group.id]
        name = group.id.rpartition(".")[2]
        arguments: dict[str, object] = {"group_id": name} if function != name else {}
        arguments |= dict(docs.group_arguments(group, self.version))
        decorator = self.airflow("task_group")
        if arguments:
            decorator = pycode.call(decorator, (), arguments, indent, prefix="@")
        signature = pycode.call(function, (Code("item"),), (), indent, "def ", ":")
        return MappedGroup(_pad(indent), decorator, signature)

    def expanded(self, group: Group, indent: int, referenced: set[str]) -> Statement:
        items = self.reference(self.woven.items[group.id], group.parent)
        made = Call(f"{self.names.functions[group.id]}.expand", (), (("item", items),))
        text = pycode.layout(made, indent)
        if group.id in referenced:
            text = pycode.assignment(self.names.variables[group.id], made, indent)
        return Statement(_pad(indent), text)

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
        steps: list[object] = [
            self.reference(step[0], one.scope)
            if len(step) == 1
            else [self.reference(id, one.scope) for id in step]
            for step in one.steps
        ]
        text = " >> ".join(map(pycode.literal, steps))
        if indent + len(text) <= pycode.LINE_LENGTH:
            return Code(text)
        return pycode.call(self.airflow("chain"), steps, indent=indent)

    def params_check(self) -> object:
        """The hook that refuses what Airflow's own check of params lets through."""
        check = self.helper("check_params")
        asked = [param.name for param in self.pipeline.params if param.required]
        scheduled = [name for name in asked if name in self.pipeline.schedule.params]
        keywords: list[tuple[str, object]] = [("by_hand", scheduled)] if scheduled else []
        if self.pipeline.partitions is not None:
            self.flags.add("check_partition")
            keywords.append((VARIABLE, Code(VARIABLE)))
        return Call(self.airflow("partial"), (check,), tuple(keywords)) if keywords else check

    def imports_of_helpers(self) -> None:
        for name in self.used:
            self.imports.name(module_of(name), name)


def _callbacks(file: File) -> Callbacks:
    from dagglot.targets.airflow import callbacks  # few pipelines tell anybody

    return callbacks.Callbacks(file, callbacks.functions(file.pipeline, file.names))


def _most_common(found: Sequence[dict[str, object]], tasks: int) -> dict[str, object] | None:
    """What more than half of several tasks have."""
    return next((one for one in found if tasks > 1 and found.count(one) * 2 > tasks), None)


def _run_params(scheduled: Mapping[str, Any]) -> Code:
    items = [
        f"{pycode.literal(name)}: {pycode.literal(thaw(value))}"
        for name, value in scheduled.items()
    ]
    return Code("{" + ", ".join(["**params", *items]) + "}")


def _pad(indent: int) -> Code:
    return Code(" " * indent)
