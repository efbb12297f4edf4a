"""The call that makes a DAG: its schedule, its params, what all tasks have alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from dagglot import pycode
from dagglot.expressions.emit_jinja import protected
from dagglot.ir.expand import thaw
from dagglot.ir.model import AssetCondition
from dagglot.pycode import Call, Code
from dagglot.targets.airflow import assets, docs, partitions, values
from dagglot.targets.airflow.timetables import Timetable, timetable
from dagglot.targets.airflow.view import Starter

if TYPE_CHECKING:
    from dagglot.ir.model import Schedule
    from dagglot.targets.airflow.lower import File


class Head:
    """``DAG(…)`` of a file whose tasks are known."""

    def __init__(self, file: File) -> None:
        self.file = file

    def dag(self, shared: Mapping[str, object]) -> Code:
        pipeline, options = self.file.pipeline, self.file.pipeline.options.get("airflow", {})
        arguments: dict[str, object] = {"dag_id": pipeline.id}
        if options.get("dag_display_name"):
            arguments["dag_display_name"] = options["dag_display_name"]
        if pipeline.description:
            arguments["description"] = pipeline.description
        if pipeline.docs:
            arguments["doc_md"] = pycode.text_block(docs.markdown(pipeline.docs))
        arguments |= self.schedule()
        arguments["is_paused_upon_creation"] = False
        if pipeline.timeout is not None:
            arguments["dagrun_timeout"] = self.file.duration(pipeline.timeout)
        if self.file.callbacks is not None:
            arguments |= self.file.callbacks.of_run()
        if pipeline.concurrency.max_active_runs is not None:
            arguments["max_active_runs"] = pipeline.concurrency.max_active_runs
        if pipeline.concurrency.max_active_tasks is not None:
            arguments["max_active_tasks"] = pipeline.concurrency.max_active_tasks
        if options.get("max_consecutive_failed_dag_runs") is not None:
            key = "max_consecutive_failed_dag_runs"
            arguments[key] = options[key]
        if options.get("fail_fast") is not None:
            arguments["fail_fast" if self.file.version != "2.11" else "fail_stop"] = options[
                "fail_fast"
            ]
        if pipeline.tags:
            arguments["tags"] = list(pipeline.tags)
        if self.file.has_params:
            self.file.airflow("Param")
            arguments["params"] = values.dag_params(pipeline)
        arguments["default_args"] = self.default_args(shared)
        if self.file.macros:
            arguments["user_defined_macros"] = {
                name: Code(name) if name in _OWN else self.file.helper(name)
                for name in sorted(self.file.macros)
            }
        links = {k: v for k, v in _mapping(options.get("owner_links")).items() if v is not None}
        if links:
            arguments["owner_links"] = links
        suffix = " as dag" if self.file.needs_dag else ""
        call = Call(self.file.airflow("DAG"), (), tuple(arguments.items()))
        return Code(f"{pycode.layout(call, 0, 5, len(suffix) + 1)}{suffix}")

    def schedule(self) -> dict[str, object]:
        return self.when(self.file.pipeline.schedule)

    def when(self, schedule: Schedule) -> dict[str, object]:
        """The arguments of a DAG that say when it runs."""
        made = timetable(schedule, self.file.version)
        found: dict[str, object]
        if schedule.on_assets is not None and schedule.enabled:
            found = {"schedule": self.condition(schedule.on_assets)}
        elif made is None:
            return {"schedule": None}
        else:
            found = {"schedule": self.timetable(made)}
        zone = schedule.timezone
        start = schedule.start
        if start is not None:
            self.file.imports.module("pendulum")
            found["start_date"] = values.moment(start, zone)
        elif self.file.version == "2.11":
            self.file.imports.module("pendulum")
            found["start_date"] = Call("pendulum.datetime", (2020, 1, 1), (("tz", zone),))
        if schedule.end is not None:
            self.file.imports.module("pendulum")
            found["end_date"] = values.moment(schedule.end, zone)
        found["catchup"] = schedule.catchup
        return found

    def condition(self, given: AssetCondition) -> object:
        names, version = self.file.names.assets, self.file.version
        made = assets.condition(given, names, version)
        if isinstance(made, Call):
            for name in assets.joints(given, version):
                self.file.airflow(name)
        return made

    def assets(self) -> Iterator[Code]:
        pipeline, version = self.file.pipeline, self.file.version
        for asset in assets.used(pipeline) if pipeline.assets else ():
            made = assets.call(asset, version)
            self.file.airflow(made.function)
            yield pycode.assignment(self.file.names.assets[asset.name], made)

    def timetable(self, made: Timetable) -> Call:
        name = self.file.airflow(made.name)
        if made.every is None:
            return Call(name, made.lines, (("timezone", made.zone),))
        return Call(name, (self.file.duration(made.every),))

    def starter(self) -> Starter | None:
        """The DAG that starts a run for each key."""
        file, schedule = self.file, self.file.schedule
        found = file.pipeline.partitions
        if found is None or not found.keys or timetable(schedule, file.version) is None:
            return None
        pipeline = file.pipeline
        arguments: dict[str, object] = {
            "dag_id": partitions.schedule_id(pipeline.id),
            "description": f"Starts a run of {pipeline.id} for each of its partitions.",
            **self.when(schedule),
            "is_paused_upon_creation": False,
        }
        if pipeline.tags:
            arguments["tags"] = list(pipeline.tags)
        owner = {"owner": pipeline.owner} if pipeline.owner else {}
        arguments["default_args"] = {**owner, "retries": 0}
        dag = Call(file.airflow("DAG"), (), tuple(arguments.items()))
        task = {
            "task_id": "start",
            "trigger_dag_id": pipeline.id,
            "logical_date": partitions.LATER_BY_INDEX,
            "skip_when_already_exists": True,
        }
        partial = Call(f"{file.airflow('TriggerDagRunOperator')}.partial", (), tuple(task.items()))
        given = [{partitions.PARAM: key, **schedule.params} for key in found.keys]
        confs = [_rendered_to(thaw(one)) for one in given]
        return Starter(
            dag=pycode.layout(dag, 0, 5, 1),
            task=pycode.assignment("start", partial, pycode.INDENT),
            expanded=pycode.call("start.expand", (), {"conf": confs}, pycode.INDENT),
        )

    def default_args(self, shared: Mapping[str, object]) -> dict[str, object]:
        pipeline = self.file.pipeline
        found: dict[str, object] = {}
        if pipeline.owner:
            found["owner"] = pipeline.owner
        found |= shared
        if any(task.priority is not None for task in pipeline.tasks):
            # Airflow's own default adds the priorities of all that is downstream
            found["weight_rule"] = "absolute"
        queue = pipeline.options.get("airflow", {}).get("queue")
        if queue:
            found["queue"] = queue
        if self.file.has_params:
            found["pre_execute"] = self.file.params_check()
        return found

    def comments(self) -> tuple[Code, ...]:
        schedule = self.file.schedule
        made = timetable(schedule, self.file.version)
        if made is not None and made.why:
            return (Code(f"# {made.why}"),)
        fires = made is not None or (schedule.on_assets is not None and schedule.enabled)
        if fires and not schedule.start and self.file.version == "2.11":
            return (Code("# Airflow 2 asks for a start; with catchup off any past date will do."),)
        if schedule.is_set and not schedule.enabled:
            return (
                Code("# The schedule is switched off: runs start by hand. (Airflow's pause switch"),
                Code("# would count only when the DAG is first deployed.)"),
            )
        return ()


def _rendered_to(value: object) -> object:
    """What Jinja makes this value of: it renders every text of a `conf`."""
    if isinstance(value, str):
        return protected(value)
    if isinstance(value, list):
        return [_rendered_to(one) for one in value]
    return {k: _rendered_to(one) for k, one in value.items()} if isinstance(value, dict) else value


_OWN: Final = ("run_params", partitions.VARIABLE)
"""What templates use that the DAG file itself defines."""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
