"""Executes runs for run.py: `python worker.py CHANNEL`, one JSON object a line in, one a line out.

First {"root", "options", "pools"}, answered by {"version", "jobs": [names]}; then {"execute": run}
or {"read": run}, answered by the run: "run" is success or failed; a run whose config was refused
has no tasks. A task has
{"id", "index", "state", "attempts", "output", "started", "ended", "waits", "error", "missing",
"materialized", "checked"}:
- `state`: what Dagster says of the step. A step without any event was abandoned, `upstream_failed`,
  when an ancestor failed, else it had nothing to do, `skipped`. An output named `outcome` says more
  than Dagster can: it has `states`, and `index` where the op is mapped (None for all instances of a
  task that did not come to have any); or it is a map with `state`, and `value` for the output.
- `output`: read from the IO manager's storage; a map by name when an op has several, a list where
  one is dynamic.
- `waits`: seconds that Dagster decided to wait before each further attempt.
- `materialized`, `checked`: the assets that the step says it made, and what it found of assets.
- `missing`: outputs that a successful step did not yield, which is how an op closes a gate.

Every process of the multiprocess executor imports this file as its main module: no import here but
the standard library's, and nothing done.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import pickle
import re
import sys
import time
import warnings
from typing import Any

OF_NO_STEP = (
    "ASSET_MATERIALIZATION_PLANNED",
    "ASSET_CHECK_EVALUATION_PLANNED",
    "ASSET_FAILED_TO_MATERIALIZE",
)
"""Events that name a step which need not have begun."""
STATES = ("success", "failed", "skipped", "upstream_failed")


def main() -> None:
    import common

    common.leave_the_import_path()
    warnings.filterwarnings("ignore")
    with open(int(sys.argv[1]), "w", encoding="utf-8", errors="backslashreplace") as channel:
        # An op's own processes must not hold the channel open: its end is how a death is noticed.
        os.set_inheritable(channel.fileno(), False)
        setup = json.loads(sys.stdin.readline())
        import dagster

        location = common.location(setup["root"])
        with dagster.DagsterInstance.get() as instance:
            for name, slots in (setup.get("pools") or {}).items():
                instance.event_log_storage.set_concurrency_slots(name, slots)
            runner = Runner(common, location, instance, setup["options"])
            jobs = [job.name for job in location.repository.get_all_jobs()]
            begun = {"version": dagster.__version__, "jobs": jobs}
            print(json.dumps(begun), file=channel, flush=True)
            with runner.open:
                for line in sys.stdin:
                    [(action, run)] = json.loads(line).items()
                    print(json.dumps(getattr(runner, action)(run)), file=channel, flush=True)


class Runner:
    def __init__(self, common: Any, location: Any, instance: Any, options: dict[str, Any]) -> None:
        self.common = common
        self.location = location
        self.instance = instance
        self.options = options
        self.open = contextlib.ExitStack()
        self.built: dict[tuple[str, str], Any] = {}
        if options["short_waits"]:
            common.shorten_waits()
        if options["in_process"]:
            common.run_steps_in_this_process()
            common.keep_engines()
        elif options["start_method"] == "forkserver":
            common.start_steps_quickly()

    def execute(self, run: dict[str, Any]) -> dict[str, Any]:
        from dagster._core.execution.api import execute_run

        begin = time.monotonic()
        try:
            reconstructable = self.location.reconstructable.get_reconstructable_job(run["job"])
            job = reconstructable.get_definition()
            created = self.instance.create_run_for_job(
                job_def=job,
                run_id=run["run_id"],
                run_config=self.run_config(job, run),
                tags=self.tags(job, run),
                job_code_origin=reconstructable.get_python_origin(),
            )
        except Exception as error:  # refused before anything ran
            return {
                "key": run["key"],
                "run": "failed",
                "run_id": None,
                "error": self.common.described(error),
                "seconds": round(time.monotonic() - begin, 3),
                "tasks": [],
            }
        error = None
        try:
            execute_run(reconstructable, created, self.instance, raise_on_error=False)
        except Exception as raised:  # such as one for each op whose process died
            error = self.common.described(raised)
        done = self.read(run)
        return {
            **done,
            "seconds": round(time.monotonic() - begin, 3),
            "error": error or done["error"],
        }

    def tags(self, job: Any, run: dict[str, Any]) -> dict[str, str]:
        """The run's tags. Of a job of partitioned assets the UI asks which partition a run is for:
        here it is the last one that is complete."""
        tags = {**job.run_tags, **(run.get("tags") or {})}
        windows = job.partitions_def
        if assets(job) and hasattr(windows, "cron_schedule") and "dagster/partition" not in tags:
            import dagster

            time = tags.get(".dagster/scheduled_execution_time")
            at = dt.datetime.fromisoformat(time) if time else dt.datetime.now(dt.UTC)
            with dagster.partition_loading_context(effective_dt=at):
                last = windows.get_last_partition_key()
            tags |= {"dagster/partition": last} if last else {}
        return tags

    def run_config(self, job: Any, run: dict[str, Any]) -> dict[str, Any]:
        """The run's config, with this probe's choice of executor where the job leaves one."""
        config = dict(run.get("run_config") or {})
        if run.get("params") and not config:
            key = self.common.params_key(job)
            config = {"resources": {key: {"config": run["params"]}}}
        if self.options["in_process"] and not self.options["console"]:
            config.setdefault("loggers", {"console": {"config": {"log_level": "CRITICAL"}}})
        if "execution" in config:
            return config
        field = job.run_config_schema.run_config_schema_type.fields["execution"].config_type
        kinds = getattr(field.fields["config"].config_type, "fields", {})
        if self.options["in_process"] and "in_process" in kinds:
            config["execution"] = {"config": {"in_process": {}}}
        elif "multiprocess" in kinds and self.options["start_method"] == "forkserver":
            server = {"forkserver": {"preload_modules": list(self.common.PRELOADED)}}
            config["execution"] = {"config": {"multiprocess": {"start_method": server}}}
        return config

    def read(self, run: dict[str, Any]) -> dict[str, Any]:
        """The run as the instance's storage has it, also one whose process died."""
        found = self.instance.get_run_by_id(run["run_id"])
        job = self.location.repository.get_job(run["job"])
        records = self.instance.all_logs(run["run_id"]) if found else []
        steps: dict[str, Step] = {}
        error = None
        for record in records:
            event = record.dagster_event
            if event is None:
                continue
            if event.event_type_value == "PIPELINE_FAILURE":
                # a run that the daemon stopped has no data of its failure
                data = event.event_specific_data
                error = (data and _root_message(data.error)) or event.message
            elif event.step_key and event.event_type_value not in OF_NO_STEP:
                steps.setdefault(event.step_key, Step()).see(event, record.timestamp)
        succeeded = found is not None and found.status.value == "SUCCESS"
        return {
            "key": run["key"],
            "run": "success" if succeeded else "failed",
            "run_id": run["run_id"] if found else None,
            "error": error,
            "seconds": None,
            # Without a single step the run was refused as it started: its resources did not build.
            "tasks": self.tasks(job, steps, run["run_id"]) if succeeded or steps else [],
        }

    def managers(self, job: Any, key: str) -> Any:
        """The IO manager of a key, as a job's resources; built once for all that is asked."""
        import dagster

        if (job.name, key) not in self.built:
            made = dagster.build_resources({key: job.resource_defs[key]}, instance=self.instance)
            self.built[job.name, key] = self.open.enter_context(made)
        return self.built[job.name, key]

    def load(self, job: Any, run_id: str, step: str, output: tuple[str, str | None]) -> Any:
        """What the job's own IO manager keeps of an output; None where it does not say."""
        import dagster

        name, mapping_key = output
        node = next((one for one in job.nodes if one.name == step.partition("[")[0]), None)
        key = node.definition.output_dict[name].io_manager_key if node else "io_manager"
        made_of = next((x for x in assets(job) if x.to_python_identifier() == step), None)
        with contextlib.suppress(Exception):
            made = self.managers(job, key)
            # contexts without resources make an instance each, which takes longer than a run
            kept = dagster.build_output_context(
                step, name, None, run_id, mapping_key, resources=made, asset_key=made_of
            )
            given = dagster.InputContext(upstream_output=kept, resources=made)
            return getattr(made, key).load_input(given)
        return None

    def tasks(self, job: Any, steps: dict[str, Step], run_id: str) -> list[dict[str, Any]]:
        for key, step in steps.items():
            step.values = [(one[0], self.load(job, run_id, key, one)) for one in step.elsewhere]
        leaves = {leaf["path"]: leaf for leaf in self.common.leaves(job.graph)}
        instances: dict[str, list[tuple[str, Step]]] = {path: [] for path in leaves}
        for key, step in steps.items():
            path, bracket, rest = key.partition("[")
            step.is_mapped = bool(bracket)
            instances.setdefault(path, []).append((rest.rstrip("]"), step))
        for path, leaf in leaves.items():
            begun = {mapping_key for mapping_key, _ in instances[path]}
            for mapping_key in _mapping_keys(leaf, steps):
                if mapping_key not in begun:  # the process of one before it died
                    instances[path].append((mapping_key, Step(state="upstream_failed")))
        upstream = {path: self.common.upstream(leaf["inputs"]) for path, leaf in leaves.items()}
        bad: dict[str, bool] = {}

        def has_failed(path: str) -> bool:
            """Whether the op, or what it waited for in vain, failed."""
            if path not in bad:
                ended = [step.state for _, step in instances[path]]
                bad[path] = (
                    any(state in ("failed", "upstream_failed") for state in ended)
                    if ended
                    else any(has_failed(each) for each in upstream[path])
                )
            return bad[path]

        shown: dict[tuple[str, int | None], dict[str, Any]] = {}
        for path in sorted(leaves):
            for mapping_key, step in instances[path]:
                step.finish(leaves[path]["node"].definition, self.common.plain)
                index = step.index if step.has_outcome else _index(mapping_key)
                shown.setdefault((path, index), step.shown(path, index))
            if not instances[path]:
                state = "upstream_failed" if has_failed(path) else "skipped"
                shown[path, None] = Step(state=state).shown(path, None)
        return sorted(shown.values(), key=lambda task: (task["id"], task["index"] or 0))


def assets(job: Any) -> list[Any]:
    """The keys of the assets that a job makes; none of a job of ops."""
    return list(job.asset_layer.selected_asset_keys)


class Step:
    """One step, from its events."""

    def __init__(self, state: str = "failed") -> None:
        self.state = state
        """`failed` until an event says otherwise: a step that only began died with its process."""
        self.attempts = 0
        self.waits: list[float] = []
        self.started: float | None = None
        self.ended: float | None = None
        self.error: str | None = None
        self.is_mapped = False
        self.has_outcome = False
        self.index: int | None = None
        self.mapping_keys: list[str] = []
        """Of the dynamic outputs that it yielded."""
        self.yielded: set[str] = set()
        self.stored: dict[str, str] = {}
        """The names of outputs by the files that hold them."""
        self.elsewhere: list[tuple[str, str | None]] = []
        """Those that the job's own IO manager keeps, by name and mapping key."""
        self.values: list[tuple[str, Any]] = []
        self.yielded_last: str | None = None
        self.output: Any = None
        self.missing: list[str] = []
        self.materialized: list[dict[str, Any]] = []
        self.checked: list[dict[str, Any]] = []

    def see(self, event: Any, when: float) -> None:
        match event.event_type_value:
            case "STEP_START" | "STEP_RESTARTED":
                self.attempts += 1
                self.started = self.started or when
            case "STEP_UP_FOR_RETRY":
                self.waits.append(event.step_retry_data.seconds_to_wait or 0)
            case "STEP_SUCCESS":
                self.state, self.ended = "success", when
            case "STEP_SKIPPED":
                self.state = "skipped"
            case "STEP_FAILURE":
                self.state, self.ended = "failed", when
                self.error = _root_message(event.step_failure_data.error)
            case "STEP_OUTPUT":
                self.yielded.add(event.step_output_data.output_name)
                if event.step_output_data.mapping_key is not None:
                    self.mapping_keys.append(event.step_output_data.mapping_key)
                self.yielded_last = event.step_output_data.mapping_key
            case "ASSET_MATERIALIZATION":
                made = event.event_specific_data.materialization
                self.materialized.append(
                    {
                        "asset": made.asset_key.to_user_string(),
                        "partition": made.partition,
                        "metadata": {name: one.value for name, one in made.metadata.items()},
                    }
                )
            case "ASSET_CHECK_EVALUATION":
                found = event.event_specific_data
                self.checked.append(
                    {
                        "asset": found.asset_key.to_user_string(),
                        "check": found.check_name,
                        "passed": found.passed,
                        "severity": found.severity.value.lower(),
                    }
                )
            case "HANDLED_OUTPUT":
                data = event.event_specific_data
                path = (data.metadata or {}).get("path")
                if path is not None:
                    self.stored[path.value] = data.output_name
                else:
                    self.elsewhere.append((data.output_name, self.yielded_last))

    def finish(self, definition: Any, plain: Any) -> None:
        """Read the outputs, and what an `outcome` among them says of the state."""
        values: dict[str, Any] = {}
        kept = list(self.values)
        for path, name in self.stored.items():
            value = None
            with contextlib.suppress(Exception), open(path, "rb") as file:
                value = pickle.load(file)
            kept.append((name, value))
        for name, value in kept:
            if name == "outcome" and hasattr(value, "states"):
                self.told(value)
                continue
            value = plain(value)
            if definition.output_dict[name].is_dynamic:
                values.setdefault(name, []).append(value)
            else:
                values[name] = value
        outcome = values.pop("outcome", None)
        if isinstance(outcome, dict) and outcome.get("state") in STATES:
            self.state = outcome["state"]
            values = {"result": outcome.get("value"), **values}
        if self.state == "upstream_failed" or (self.state == "failed" and self.has_no_element):
            self.attempts = 0
        if self.state == "success":
            self.missing = sorted(
                name
                for name, output in definition.output_dict.items()
                if not output.is_required and not output.is_dynamic and name not in self.yielded
            )
            self.output = values if len(values) > 1 else next(iter(values.values()), None)

    def told(self, outcome: Any) -> None:
        """What the op itself says of how its task ended."""
        self.has_outcome = True
        self.index = getattr(outcome, "index", None)
        if len(outcome.states) == 1:
            (self.state,) = outcome.states

    @property
    def has_no_element(self) -> bool:
        """Whether it failed because there was no list to map over."""
        return self.has_outcome and self.index is None and self.is_mapped

    def shown(self, path: str, index: int | None) -> dict[str, Any]:
        return {
            "id": path,
            "index": index,
            "state": self.state,
            "attempts": self.attempts,
            "output": self.output,
            "started": _iso(self.started),
            "ended": _iso(self.ended),
            "waits": self.waits,
            "error": self.error,
            "missing": self.missing,
            "materialized": self.materialized,
            "checked": self.checked,
        }


def _root_message(error: Any) -> str | None:
    """What the user's code raised, below Dagster's own words for that it did."""
    wrappers = ("Dagster", "RetryRequested")
    while error is not None and error.cause is not None and error.cls_name.startswith(wrappers):
        error = error.cause
    return error.message.strip() if error is not None else None


def _mapping_keys(leaf: dict[str, Any], steps: dict[str, Step]) -> list[str]:
    """Those of the dynamic outputs that an op is mapped over."""
    return [
        mapping_key
        for source in leaf["inputs"].values()
        if source["kind"] == "dynamic"
        for path in source["from"]
        if path in steps
        for mapping_key in steps[path].mapping_keys
    ]


def _index(mapping_key: str) -> int | None:
    digits = re.search(r"\d+$", mapping_key)
    return int(digits[0]) if digits else None


def _iso(when: float | None) -> str | None:
    return dt.datetime.fromtimestamp(when, dt.UTC).isoformat() if when else None


if __name__ == "__main__":
    main()
