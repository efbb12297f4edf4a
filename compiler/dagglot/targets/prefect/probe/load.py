"""Loads generated flow files and prefect.yaml in the real Prefect and says what it sees.

``python load.py ANSWER`` reads one request from standard input::

    {"root": "/abs/out/prefect", "files": ["flows/x_flow.py"], "python_path": ["/abs/src"],
     "deploy": false, "cache": null}

and writes ``{"version", "errors": [{"file", "message"}], "pipelines": [...], "deployments":
[...]}``; a pipeline has its own deployments once more, under ``deployments``, and the next times
that Prefect makes runs for under ``fire_times``.

Prefect has no static graph (`flow.visualize` refuses ``.submit``), so the flow's own function
is called once, with the defaults of its params (None where there is none), in a flow run
context whose task runner only writes down what it is asked to submit: no body runs, no API is
asked. What the flow does with a result at that moment is done with None; where that fails,
``graph_error`` says so, and the tasks are those submitted until then. Tasks that other tasks
submit are not seen. A task is ``mapped`` where its run name has an ``{index}``.

With ``deploy`` the project is really deployed, by ``prefect deploy --all`` against a server of
its own, and the deployments are what that server then holds. The escape of `deployments.ESCAPE`
is taken out of texts that were only read, so that both ways give the same.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import sys
from typing import Any

import common
import deployments

import firetimes


def main() -> None:
    answer_path = os.path.abspath(sys.argv[1])  # the project becomes the working directory
    request = common.read_request()
    errors: list[dict[str, str]] = []
    pipelines: list[dict[str, Any]] = []
    with common.throw_away_home() as home, contextlib.ExitStack() as stack:
        if request.get("deploy"):  # before Prefect is imported: it reads the API's address then
            stack.enter_context(common.server(home, request.get("cache")))
        common.enter_project(request["root"], request["python_path"])
        for file in request["files"]:
            try:
                module = common.load_flow_file(file)
                flows = common.flows_of(module)
                pipelines += [describe(flow, module, name, file) for name, flow in flows.items()]
            except BaseException as error:
                errors.append({"file": file, "message": common.one_line(error)})
        found = deployments.deploy(errors) if request.get("deploy") else deployments.read(errors)
    for pipeline in pipelines:
        entrypoint = f"{pipeline['file']}:{pipeline['function']}"
        pipeline["deployments"] = [one for one in found if one.get("entrypoint") == entrypoint]
        pipeline["fire_times"] = firetimes.of(pipeline.pop("flow"), pipeline["deployments"])
    answer = {
        "version": common.version(),
        "errors": errors,
        "pipelines": pipelines,
        "deployments": found,
    }
    common.write_answer(answer_path, answer)


def describe(flow: Any, module: Any, function: str, file: str) -> dict[str, Any]:
    tasks, graph_error = submitted(flow, tasks_of(module))
    return {
        "id": flow.name,
        "file": file,
        "function": function,
        "description": flow.description,
        "docs": inspect.getdoc(flow.fn),
        "version": flow.version,
        "params": params(flow),
        "retries": flow.retries,
        "timeout": flow.timeout_seconds,
        "tells": {
            "failed": told(flow.on_failure_hooks),
            "crashed": told(flow.on_crashed_hooks),
            "success": told(flow.on_completion_hooks),
        },
        "tasks": tasks,
        "graph_error": graph_error,
        "flow": flow,
    }


def told(hooks: Any) -> list[str]:
    """The functions that hooks, or a retry condition, call to tell somebody."""
    return [
        each.__name__
        for hook in hooks or ()
        for each in inspect.getclosurevars(hook).nonlocals.get("alerts", ())
    ]


def params(flow: Any) -> dict[str, Any]:
    schema = flow.parameters.model_dump(mode="json")
    definitions = schema.get("definitions") or {}
    found = {}
    for name, part in schema["properties"].items():
        part = {key: value for key, value in part.items() if key != "position"}
        if "$ref" in str(part):
            part["definitions"] = definitions
        required = name in (schema.get("required") or ())
        found[name] = {"schema": part, "default": part.get("default"), "required": required}
    return found


def submitted(flow: Any, defined: dict[str, Any]) -> tuple[list[dict[str, Any]], str | None]:
    """The tasks that the flow submits, in that order, with the tasks that each waits for."""
    from uuid import uuid4

    from prefect.client.schemas.objects import FlowRun
    from prefect.context import FlowRunContext
    from prefect.task_runners import TaskRunner
    from prefect.types._datetime import now
    from prefect.utilities.engine import collect_task_run_inputs_sync

    future_class = written_future()
    submissions: list[tuple[Any, str, set[str], bool]] = []

    class Notebook(TaskRunner[Any]):
        """Submits nothing and writes everything down."""

        def duplicate(self) -> Notebook:
            return self

        def submit(
            self, task: Any, parameters: Any, wait_for: Any = None, dependencies: Any = None
        ) -> Any:
            return self.write(task, parameters, wait_for, mapped=False)

        def map(self, task: Any, parameters: Any, wait_for: Any = None) -> Any:
            from prefect.futures import PrefectFutureList

            return PrefectFutureList([self.write(task, parameters, wait_for, mapped=True)])

        def write(self, task: Any, parameters: Any, wait_for: Any, mapped: bool) -> Any:
            inputs = collect_task_run_inputs_sync([parameters, wait_for])
            future = future_class(uuid4())
            waits_for = {str(source.id) for source in inputs if hasattr(source, "id")}
            submissions.append((task, str(future.task_run_id), waits_for, mapped))
            return future

    graph_error = None
    signature = inspect.signature(flow.fn).parameters
    values = {name: None if p.default is p.empty else p.default for name, p in signature.items()}
    run = FlowRun(
        id=uuid4(), flow_id=uuid4(), name="probe", parameters={}, expected_start_time=now("UTC")
    )
    context = FlowRunContext.model_construct(
        flow=flow, flow_run=run, parameters=values, task_runner=Notebook(), start_time=now("UTC")
    )
    try:
        with context:
            flow.fn(**values)
    except BaseException as error:
        graph_error = common.one_line(error)

    names = {run_id: task.name for task, run_id, _, _ in submissions}
    tasks: dict[str, dict[str, Any]] = {}
    for task, _, waits_for, mapped in submissions:
        # what is submitted may be a copy that was changed for one run
        task = defined.get(task.name, task)
        mapped |= "{index}" in str(task.task_run_name)
        entry = tasks.setdefault(
            task.name, {**describe_task(task), "mapped": False, "upstream": []}
        )
        entry["mapped"] |= mapped
        upstream = {names[run_id] for run_id in waits_for if run_id in names}
        entry["upstream"] = sorted({*entry["upstream"], *upstream})
    return list(tasks.values()), graph_error


def tasks_of(module: Any) -> dict[str, Any]:
    """The tasks that a file defines, by their names."""
    from prefect import Task

    return {one.name: one for one in vars(module).values() if isinstance(one, Task)}


def written_future() -> Any:
    from prefect.futures import PrefectTaskRunFuture
    from prefect.states import Completed

    class WrittenFuture(PrefectTaskRunFuture[Any]):
        """The future of a task that is never run: completed, with None."""

        @property
        def state(self) -> Any:
            return Completed(data=None)

        def wait(self, timeout: float | None = None) -> None:
            self._final_state = self.state

        def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> None:
            return None

        def add_done_callback(self, fn: Any) -> None:
            fn(self)

    return WrittenFuture


def describe_task(task: Any) -> dict[str, Any]:
    return {
        "id": task.name,
        "description": task.description,
        "docs": inspect.getdoc(task.fn),
        "tags": sorted(task.tags),
        "tells": {
            "failed": told(task.on_failure_hooks),
            "success": told(task.on_completion_hooks),
            "retrying": told([task.retry_condition_fn] if task.retry_condition_fn else ()),
        },
        "retries": task.retries,
        "retry_delays": task.retry_delay_seconds,
        "retry_jitter_factor": task.retry_jitter_factor,
        "timeout": task.timeout_seconds,
        "produces": sorted(asset.key for asset in getattr(task, "assets", ())),
        "consumes": sorted(asset.key for asset in task.asset_deps or ()),
    }


if __name__ == "__main__":
    main()
