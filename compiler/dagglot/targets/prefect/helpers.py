"""The package of helpers beside the flows: only the modules and functions that some flow needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from dagglot.expressions.helpers import needed
from dagglot.ir.model import TriggerRule
from dagglot.targets.base import View
from dagglot.targets.prefect.names import FOLDER, PACKAGE

MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "secrets": ("secret",),
    "connections": ("connection", "database"),
    "databases": ("run_sql", "sql_timeout", "sql_hidden"),
    "web": ("send_request", "expected_response"),
    "waiting": (
        *("polls", "sleep_until", "first_start", "existing_file"),
        *("WaitTimedOut", "unless_timed_out"),
    ),
    "other_runs": ("start_run", "id_if_completed", "has_completed"),
    "checks": ("only_warns",),
    "assets": ("last_update",),
    "jitter": ("retry_jitter",),
    "partitions": (
        *("HourlyPartitions", "DailyPartitions", "WeeklyPartitions"),
        *("MonthlyPartitions", "CronPartitions"),
    ),
    "past": ("after_previous_run",),
    "containers": ("run_container", "gpus"),
    "pods": ("run_pod",),
    "approvals": ("ask_for_approval", "unless_rejected"),
    "events": ("this_event",),
    "alerts": ("tell",),
    "hooks": ("tells", "tells_retries"),
    "deadlines": ("tell_when_late",),
    "failures": ("raise_failures",),
    "chat": ("send_slack",),
    "mail": ("send_email",),
    "webhooks": ("post_event",),
    "calls": ("call_python", "call_or_skip", "call_gate", "chosen"),
    "params": ("IsoDate", "iso_datetime", "exactly", "one_of"),
    "processes": (
        *(
            "run_shell",
            "run_command",
            "call_with_timeout",
            "gate_with_timeout",
            "tell_with_timeout",
        ),
        *("skip_exit_code", "skip_on"),
    ),
    "rules": (
        *("submit", "submit_each", "finish", "Items", "is_open", "chose"),
        *("max_parallel", "leaves", "skips_update"),
        *(rule.value for rule in TriggerRule),
    ),
    "runs": ("run_time", "is_outside_schedule", "seconds_left", "has_ended"),
}
"""Each module with what it can hold."""

_FLAGS: Final[Mapping[str, tuple[str, ...]]] = {
    "alerts": ("tells", "tell_when_late"),
    "hooks": ("seconds_left", "WaitTimedOut", "failed_tasks"),
    "rules": ("failed_tasks",),
    "waiting": ("has_ended",),
}
"""What a module must know of the others."""

_NEEDS: Final[Mapping[str, str]] = {
    "connection": "secret",
    "sql_timeout": "call_with_timeout",
    "call_or_skip": "call_python",
    "call_gate": "call_python",
    "gate_with_timeout": "call_with_timeout",
    "tell_with_timeout": "call_with_timeout",
    "send_slack": "send_request",
    "post_event": "send_request",
    "polls": "first_start",
    "sleep_until": "first_start",
    "chosen": "call_python",
    "tells": "tell",
    "tells_retries": "tell",
    "tell_when_late": "tell",
}
_ASK_FOR_THE_END: Final = frozenset({"tells", "tells_retries", "polls", "sleep_until"})
_NEEDS_TO_JSON: Final = frozenset({"call_python", "call_with_timeout"})


def views(contributions: Sequence[Mapping[str, Any]]) -> Iterator[View]:
    """The files of the package."""
    helpers = {name for one in contributions for name in one["helpers"]}
    values = {name for one in contributions for name in one["values"]}
    helpers |= {_NEEDS[name] for name in helpers & _NEEDS.keys()}
    if "seconds_left" in helpers and helpers & _ASK_FOR_THE_END:
        helpers.add("has_ended")
    if helpers & _NEEDS_TO_JSON:
        values.add("to_json")
    if not helpers and not values:
        return
    folder = FOLDER / PACKAGE
    yield View("prefect/pipeline_helpers/__init__.py.j2", folder / "__init__.py")
    for module, names in MODULES.items():
        chosen = [name for name in names if name in helpers]
        if chosen:
            flags = [name for name in _FLAGS.get(module, ()) if name in helpers]
            yield _view(folder, module, {"functions": chosen + flags})
    if "call_with_timeout" in helpers:
        yield _view(folder, "child", {"functions": sorted(helpers)})
    if "send_request" in helpers:
        values.add("to_text")
    if "run_sql" in helpers:
        values.add("to_json")
        yield _view(folder, "sql", {"functions": sorted(helpers)})
    if values:
        functions = list(needed(values))
        yield View("helpers/values.py.j2", folder / "values.py", {"functions": functions})


def _view(folder: PurePosixPath, module: str, data: Mapping[str, Any]) -> View:
    return View(f"prefect/pipeline_helpers/{module}.py.j2", folder / f"{module}.py", data)
