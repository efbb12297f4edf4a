"""What the probes share: the code location as `dagster dev` finds it, a job's tasks, plain JSON.

Imports Dagster only inside functions: run.py, which only supervises, wants nothing of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any, NamedTuple

# Before anything changes the folder: the answer's path may be relative.
ANSWER = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""

# What a step's process imports besides the user's code; in the fork server it costs once, not per
# step: 0.4 s a step instead of 1.2 s with Dagster's own choice and 2.5 s with `spawn`.
PRELOADED = (
    "dagster",
    "dagster._core.instance.factory",
    "dagster._core.storage.event_log.sqlite",
    "dagster._core.storage.fs_io_manager",
    "dagster._core.storage.runs.sqlite",
    "dagster._core.storage.schedules.sqlite",
    "dagster._daemon.daemon",
    "alembic.command",
)


class Location(NamedTuple):
    name: str
    repository: Any
    """A RepositoryDefinition."""
    reconstructable: Any
    """What a step's own process loads the repository from again."""


class Problem(Exception):  # noqa: N818 - a finding about the folder
    """The folder is no code location; the text says why."""


def leave_the_import_path() -> None:
    """Let no module of the user's be shadowed by one of this folder, such as `common` or `run`."""
    here = os.path.dirname(os.path.abspath(__file__))
    kept = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    # while Dagster loads a module it does without the first entry, as that of the script
    sys.path[:] = [os.path.join(here, "nothing"), *kept]
    if "common" in sys.modules:
        sys.modules["dagglot_probe_common"] = sys.modules.pop("common")


@contextlib.contextmanager
def home_folder(kept: str | None = None, *, one_log: bool = False) -> Iterator[str]:
    """A DAGSTER_HOME of its own, gone afterwards unless it is to be kept.

    `one_log`: the events of all runs in one database. Dagster has it for tests: it makes one for
    each run otherwise, which takes longer than the run.
    """
    with contextlib.ExitStack() as stack:
        folder = kept or stack.enter_context(
            tempfile.TemporaryDirectory(prefix="dagster-", ignore_cleanup_errors=True)
        )
        os.makedirs(folder, exist_ok=True)
        os.environ["DAGSTER_HOME"] = folder
        with open(os.path.join(folder, "dagster.yaml"), "w", encoding="utf-8") as file:
            file.write("telemetry: {enabled: false}\n")
            if one_log:
                events = {
                    "module": "dagster._core.storage.event_log",
                    "class": "ConsolidatedSqliteEventLogStorage",
                    "config": {"base_dir": os.path.join(folder, "history")},
                }
                file.write(f"event_log_storage: {json.dumps(events)}\n")
        yield folder


def location(root: str) -> Location:
    """The code location that `dagster dev`, started in `root`, would serve; changes to that folder.

    Problem when there is none, or more than one: `dagster dev` starts happily with nothing loaded
    when pyproject.toml has a [tool.dagster] without `module_name`, and `dagster definitions
    validate` passes.
    """
    import click
    from dagster._cli.workspace.cli_target import WorkspaceOpts, workspace_opts_to_load_target
    from dagster._grpc.server import LoadedRepositories

    os.chdir(root)
    try:
        origins = workspace_opts_to_load_target(WorkspaceOpts()).create_origins()
    except click.UsageError as error:
        raise Problem(f"`dagster dev` finds nothing to load in {root}: {error.message}") from error
    if len(origins) != 1:
        raise Problem(
            f"`dagster dev` finds {len(origins)} code locations in {root}, one is expected"
        )
    [origin] = origins
    loaded = LoadedRepositories(  # what the code server of `dagster dev` itself does
        origin.loadable_target_origin,
        container_image=None,
        entry_point=["dagster"],
        container_context=None,
    )
    if len(loaded.definitions_by_name) != 1:
        raise Problem(f"{origin.location_name} has {len(loaded.definitions_by_name)} repositories")
    [name] = loaded.definitions_by_name
    repository = loaded.definitions_by_name[name]
    repository.validate_loadable()
    return Location(origin.location_name, repository, loaded.reconstructables_by_name[name])


def leaves(graph: Any, prefix: str = "", outer: Any = None) -> Iterator[dict[str, Any]]:
    """Every op of a graph and of the graphs in it: its path, its node, what its inputs come from.

    An input has `from`, the paths of the ops that feed it, and `kind`: direct, fan_in, collect or
    dynamic (one instance of the op for each element).
    """
    structure = graph.dependency_structure
    for node in graph.nodes:
        path = prefix + node.name
        inputs: dict[str, dict[str, Any]] = {}
        for handle, sources in structure.input_to_upstream_outputs_for_node(node.name).items():
            feeding = [op for source in sources for op in _origins(source, prefix)]
            kind = structure.get_dependency_type(handle).name.lower()
            if kind == "direct" and any(source.output_def.is_dynamic for source in sources):
                kind = "dynamic"
            inputs[handle.input_name] = {"from": feeding, "kind": kind}
        for mapping in graph.input_mappings:
            to = mapping.maps_to
            given = (outer or {}).get(mapping.graph_input_name)
            if to.node_name == node.name and given:
                inputs[to.input_name] = given
        if hasattr(node.definition, "nodes"):
            yield from leaves(node.definition, path + ".", inputs)
        else:
            mapped = structure.is_dynamic_mapped(node.name)
            yield {"path": path, "node": node, "inputs": inputs, "mapped": mapped}


def upstream(inputs: dict[str, dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(path for each in inputs.values() for path in each["from"]))


def _origins(source: Any, prefix: str) -> Iterator[str]:
    if not hasattr(source.node.definition, "nodes"):
        yield prefix + source.node_name
        return
    _, handle = source.node.definition.resolve_output_to_origin(source.output_name, None)
    if handle is not None:
        yield f"{prefix}{source.node_name}.{'.'.join(handle.path)}"


def params_key(job: Any) -> str:
    """The resource of a job's params; those of a job of assets are called after the job."""
    own = f"{job.name}_params"
    return own if own in job.resource_defs else "params"


def plain(value: Any) -> Any:
    """As JSON, with text for what JSON cannot hold."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else repr(value)
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if type(value) in (list, tuple, set, frozenset):  # Dagster has tuples that refuse iteration
        return [plain(each) for each in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return plain(value.value) if hasattr(value, "value") else repr(value)


def described(error: BaseException) -> str:
    """One exception and what caused it, without the stack."""
    parts: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(parts) < 6:
        parts.append(f"{type(seen).__name__}: {seen}".strip())
        seen = seen.__cause__ or seen.__context__
    return "\n".join(parts)


def write_answer(answer: dict[str, Any]) -> None:
    """Whole or not at all: a reader never sees half a file."""
    partial = ANSWER + ".partial"
    with open(partial, "w", encoding="utf-8", errors="backslashreplace") as file:
        json.dump(answer, file)
    os.replace(partial, ANSWER)


# --- what makes runs quicker, and ends none of them otherwise ------------------------------------


def shorten_waits() -> None:
    """For tests only: retry at once. What Dagster decided to wait is still in the events."""
    from dagster._core.execution.plan.active import ActiveExecution

    original = ActiveExecution.mark_up_for_retry

    def at_once(self: Any, step_key: str, at_time: float | None = None) -> None:
        original(self, step_key, None)

    ActiveExecution.mark_up_for_retry = at_once


def run_steps_in_this_process() -> None:
    """For tests only: a job that wants a process for each step gets one for all, which runs one
    step at a time."""
    from dagster._core.executor.in_process import InProcessExecutor
    from dagster._core.executor.multiprocess import MultiprocessExecutor

    def execute(self: Any, plan_context: Any, execution_plan: Any) -> Any:
        executor = InProcessExecutor(self.retries, self.step_dependency_config)
        return executor.execute(plan_context, execution_plan)

    MultiprocessExecutor.execute = execute


def keep_engines() -> None:
    """For tests only: the database of events stays open, and waits for no disk.

    Dagster opens it for each event, and closes it.
    """
    from dagster._core.storage.event_log.sqlite import consolidated_sqlite_event_log as storage
    from sqlalchemy import event

    original = storage.create_engine
    made: dict[str, Any] = {}

    def create_engine(url: str, **settings: Any) -> Any:
        if url not in made:
            made[url] = original(url, **{**settings, "poolclass": None})
            event.listen(made[url], "connect", wait_for_no_disk)
        return made[url]

    def wait_for_no_disk(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    storage.create_engine = create_engine


def start_steps_quickly() -> None:
    """Where a job leaves it open: fork the processes of steps from one that has Dagster loaded."""
    from dagster._core.executor.multiprocess import MultiprocessExecutor

    original = MultiprocessExecutor.__init__

    def begin(self: Any, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("start_method") is None:
            kwargs |= {"start_method": "forkserver", "explicit_forkserver_preload": [*PRELOADED]}
        original(self, *args, **kwargs)

    MultiprocessExecutor.__init__ = begin
