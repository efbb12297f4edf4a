"""What a run did, in the same shape for every target (architecture.md, "A trace")."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from dagglot.targets.base import RunNames

VERSION: Final = 1
_STATES: Final = frozenset({"success", "failed", "skipped", "upstream_failed"})


def from_probe(
    answer: Mapping[str, Any], names: RunNames, pipeline: str, target: str
) -> dict[str, Any]:
    """The trace of one run that a probe reported, with the pipeline's own ids.

    Tasks are sorted by id and index. A generated helper task is left out; a state that the target
    has and the language has not (a crash) is a failure.
    """
    tasks = []
    reported = answer["tasks"] if names.read is None else names.read(answer["tasks"])
    for task in reported:
        if task["id"] in names.helpers or task["id"] not in names.tasks:
            continue
        state = task["state"]
        tasks.append(
            {
                "id": names.tasks[task["id"]],
                "index": task.get("index"),
                "state": state if state in _STATES else "failed",
                "attempts": task.get("attempts", 0),
                "output": task.get("output") if state == "success" else None,
            }
        )
    tasks.sort(key=lambda task: (task["id"], -1 if task["index"] is None else task["index"]))
    made: dict[str, Any] = {
        "dagglot_trace": VERSION,
        "pipeline": pipeline,
        "target": target,
        "run": answer["run"],
    }
    if answer.get("error"):
        made["error"] = answer["error"]
    made["tasks"] = tasks
    return made


def to_json(trace: Mapping[str, Any]) -> str:
    """The trace as text, one task a line, so that two traces can be compared by eye."""
    head = {key: value for key, value in trace.items() if key != "tasks"}
    lines = [json.dumps(task, ensure_ascii=False) for task in trace["tasks"]]
    text = json.dumps(head, ensure_ascii=False)[:-1] + ', "tasks": ['
    return text + ("\n  " + ",\n  ".join(lines) if lines else "") + "]}\n"
