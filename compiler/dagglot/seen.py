"""What an orchestrator says that it sees of generated code, against what it should see."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice, takewhile
from typing import Any, Final

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Span
from dagglot.ir.model import Pipeline
from dagglot.jobs import Job

Path = tuple[str, ...]
"""Of a fact: its key in the facts of a pipeline, below ``tasks`` the name of the task first."""
Difference = tuple[Path, Any, Any]
"""The fact, what the orchestrator sees, and what the target should have been given."""
FIRE_TIMES: Final = ("fire_times",)
_TIMES: Final = 5
"""Fire times that are compared."""
_KEYS: Final = {
    "upstream": "depends_on",
    "mapped": "for_each",
    "outlets": "produces",
    "inlets": "consumes",
    "deps": "consumes",
    "retry_delay": "retries",
    "retry_policy": "retries",
    "retry_jitter_factor": "retries",
    "max_retry_delay": "retries",
    "jitter": "retries",
    "pool_slots": "pool",
    "teardown": "teardown_of",
    "operator": "type",
    "definition": "type",
}
"""The keys of the language from which facts of other names are made."""
_OF_SCHEDULE: Final = frozenset({"schedule", "schedules", "deployments", "sensor", *FIRE_TIMES})


def compare(
    job: Job, pipelines: Sequence[Pipeline], answer: Mapping[str, Any]
) -> Iterator[Diagnostic]:
    """What the load probe saw against what the target should have been given."""
    title = f"{job.target.title} {answer.get('version', job.version)}"
    for error in answer.get("errors", ()):
        message = str(error.get("message", "")).strip().splitlines() or ["no message"]
        yield codes.NOT_LOADED.at(
            None,
            target=title,
            file=error.get("file"),
            reason=message[-1],
            help="\n".join(message[-8:]) if len(message) > 1 else None,
        )
    there = {one["id"]: one for one in answer.get("pipelines", ())}
    for pipeline in pipelines:
        expected = job.target.expected(pipeline, job.context)
        actual = there.get(str(expected["id"]))
        if actual is None:
            if not answer.get("errors"):
                yield codes.DIFFERS.at(
                    pipeline.span,
                    target=title,
                    what=f"the pipeline `{pipeline.id}`",
                    seen="missing",
                    said="it is there",
                )
            continue
        ids = job.target.names(pipeline, job.context).tasks
        facts = (*differences(expected, actual), *fire_times(job, pipeline, actual))
        for path, saw, said in facts:
            yield codes.DIFFERS.at(
                place(pipeline, ids, path),
                target=title,
                what=f"`{pipeline.id}`: {words(path)}",
                seen=f"`{_shown(saw)}`",
                said=f"`{_shown(said)}`",
            )


def fire_times(job: Job, pipeline: Pipeline, actual: Mapping[str, Any]) -> Iterator[Difference]:
    """Where the next times at which the loaded schedule starts runs are not those that the target's
    own model gives."""
    seen = actual.get("fire_times")
    if seen is None:
        return
    since = datetime.fromisoformat(seen["since"])
    found = job.target.fire_times(pipeline, job.context, since)
    if seen["until"] is not None:
        last = datetime.fromisoformat(seen["until"])
        found = takewhile(lambda at: at <= last, found)
    saw = [datetime.fromisoformat(time).astimezone(UTC) for time in seen["times"]][:_TIMES]
    said = list(islice(found, _TIMES))
    if saw != said:
        yield FIRE_TIMES, _texts(saw), _texts(said)


def _texts(times: Sequence[datetime]) -> list[str]:
    return [at.isoformat() for at in times]


def differences(
    expected: Mapping[str, Any], actual: Mapping[str, Any], prefix: Path = ()
) -> Iterator[Difference]:
    """Where two facts differ; only what is expected is looked at, tasks and edges exactly."""
    for key, said in expected.items():
        path = (*prefix, key)
        saw = actual.get(key)
        if key == "tasks":
            saw_tasks = {task["id"]: task for task in saw or ()}
            said_tasks = {task["id"]: task for task in said}
            for id in sorted({*saw_tasks, *said_tasks}):
                if id not in saw_tasks or id not in said_tasks:
                    yield (*path, id), id in saw_tasks, id in said_tasks
                else:
                    yield from differences(said_tasks[id], saw_tasks[id], (*path, id))
        elif isinstance(said, Mapping) and isinstance(saw, Mapping):
            yield from differences(said, saw, path)
        elif _plain(said) != _plain(saw):
            yield path, saw, said


def words(path: Path) -> str:
    """A path of facts as a message names it."""
    match path:
        case ("tasks", id):
            return f"task `{id}`"
        case ("tasks", id, *rest):
            return f"task `{id}`: {'.'.join(rest)}"
        case _ if path == FIRE_TIMES:
            return "its next fire times"
        case _:
            return ".".join(path)


def place(pipeline: Pipeline, ids: Mapping[str, str], path: Path) -> Span:
    """Where the document says what a fact is made from; ``ids`` are the tasks' by their names in
    the orchestrator."""
    match path:
        case ("tasks", name, *rest):
            by_id = {task.id: task for task in pipeline.tasks}
            task = by_id.get(ids.get(name, name))
            if task is None:
                return pipeline.span
            return task.at(_KEYS.get(rest[0], rest[0])) if rest else task.span
        case ("params" | "parameters", name, *_):
            params = {param.name: param.span for param in pipeline.params}
            return params.get(name, pipeline.span)
        case (key, *_) if key in _OF_SCHEDULE and pipeline.schedule.is_set:
            return pipeline.schedule.span
        case _:
            return pipeline.at(path[0])


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
