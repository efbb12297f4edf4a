"""The cases of alerts on unpatched orchestrators, with servers that keep what they are told.

Whom a run tells is told by programs that `DAG.test()` and its like do not start: Airflow's DAG
processor, Prefect's automations, Dagster's daemon. So these run as users run theirs, by the scripts
of the conformance suite.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from case_folders import CASES
from conformance import engines as conformance
from conformance.test_as_users import HERE as CONFORMANCE
from conformance.test_as_users import SCRIPTS
from dagglot import api, features, replays, trace
from dagglot.ir.model import Pipeline
from dagglot.runtimes import environments, probe
from dagglot.stores import Stores
from dagglot.targets import registry
from dagglot.targets.base import RunSpec, Support
from orchestrators.engines import SOURCES
from services import HttpServer, MailServer
from services.http import Request

TOKEN: Final = "canary-hook-token"  # noqa: S105 - of the server of these tests
SECONDS: Final = 900.0
LINGER: Final = 120.0
"""Seconds that alerts may come after the last run has ended."""
MORE: Final = 8.0
"""Seconds in which an alert would come that is one too many."""

Event = dict[str, str]

HOOK: Final = "/echo/canary-hook-url"
CHAT: Final = "/echo/canary-slack-hook"


STOPPED: Final = "told_stopped"
"""Of the tasks of a run that is stopped each orchestrator tells as it can."""
TOLD: Final = {
    "told_failed": [("flaky", "failed"), ("", "failed")],
    "told_success": [("first", "success"), ("", "success")],
    STOPPED: [("", "failed")],
    "told_each": [
        *(("shaky", "retrying"), ("shaky", "success"), ("slow", "failed"), ("each", "failed")),
        *(("no_list", "failed"), ("tidy", "success"), ("", "failed")),
    ],
    "told_late": [("", "late"), ("", "success")],
    "deadline_kept": [("work", "success")],
}
"""The task, "" for the run, and the state of every event that the webhook is told."""


@dataclass(frozen=True)
class Heard:
    """What was told of the runs, and what became of them."""

    traces: Mapping[str, dict[str, Any]]
    requests: tuple[Request, ...]
    mails: tuple[Any, ...]
    scratch: Path
    canaries: tuple[str, ...]

    @property
    def hook(self) -> list[Event]:
        """What the webhook was told, in order."""
        return [json.loads(one.body) for one in self.requests if one.path == HOOK]

    def told(self, pipeline: str, task: str = "") -> list[Event]:
        """What the webhook was told of one task, or of the run."""
        return [one for one in self.hook if (one["pipeline"], one["task"]) == (pipeline, task)]

    def own(self, name: str) -> list[Event]:
        """What a Python function was told."""
        return [json.loads(line) for line in (self.scratch / name).read_text().splitlines()]

    def states(self, pipeline: str) -> dict[str, str]:
        return {
            task["id"] if task["index"] is None else f"{task['id']}[{task['index']}]": task["state"]
            for task in self.traces[pipeline]["tasks"]
        }


def accepted(target: str, pipeline: Pipeline) -> bool:
    name, _, version = target.partition("@")
    chosen = registry.get(name)
    table = chosen.capabilities(version or chosen.versions[0])
    return all(
        table[use.feature].support is not Support.UNSUPPORTED
        for use in features.used(pipeline, name)
    )


@cache
def pipelines(target: str) -> tuple[Pipeline, ...]:
    """Those of the cases that the target accepts and that a hand can start."""
    names = ("failed", "success", "stopped", "each", "late", "deadlines")
    found = api.check([CASES / f"told_{name}" / "pipeline.yaml" for name in names]).pipelines
    return tuple(one for one in found if one.id in TOLD and accepted(target, one))


@cache
def heard(target: str) -> Heard | str:
    """Every run, once; or why there is none: that is not tried again for each test."""
    try:
        return _heard(target, tuple(TOLD), as_users=True)
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"


@cache
def heard_in_process(target: str) -> Heard:
    """What `dagglot run` tells, where an orchestrator's in-process runs tell at all."""
    return _heard(target, ("told_failed", "told_success", "told_each"), as_users=False)


def _heard(target: str, ids: tuple[str, ...], *, as_users: bool) -> Heard:
    chosen = tuple(one for one in pipelines(target) if one.id in ids)
    scratch = Path(tempfile.mkdtemp(prefix="dagglot-alerts-"))
    asked = conformance.job(target, quick=False)
    made, refused = replays.generated(chosen, asked)
    assert not refused, {id: [one.message for one in found] for id, found in refused.items()}
    root = scratch / "out"
    for path, text in made.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    runtime = environments.resolve(asked.target.name, asked.version)
    assert runtime is not None
    names = {one.id: asked.target.names(one, asked.context) for one in chosen}
    expected = sum(len(TOLD[id]) for id in names)
    with HttpServer() as http, MailServer() as mail:
        stores = Stores(
            {"mail": {"type": "smtp", "host": "127.0.0.1", "port": mail.port}}, _secrets(http)
        )
        request = {
            **asked.target.run_request(
                root, [SOURCES], [RunSpec(id, name) for id, name in names.items()], {}, stores
            ),
            "pools": {},
            "probe": str(asked.target.probe("run").parent),
            "seconds": SECONDS,
            "heard": str(scratch / "heard"),
            "linger": LINGER,
            "home": str(scratch / "home"),
        }
        threading.Thread(
            target=_listen, args=(http, expected, scratch / "heard"), daemon=True
        ).start()
        said = probe.run(
            environments.ensure(runtime),
            CONFORMANCE / "as_users" / SCRIPTS[asked.target.name]
            if as_users
            else asked.target.probe("run"),
            request,
            timeout=SECONDS + 900,
            cwd=scratch,
            env={"BEHAVIOUR_DIR": str(scratch)},
            log=scratch / "log",
        )
        return Heard(
            {
                one["key"]: trace.from_probe(one, names[one["key"]], one["key"], target)
                for one in said["runs"]
            },
            tuple(http.requests),
            tuple(mail.mails),
            scratch,
            tuple(stores.secrets.values()),
        )


def _listen(http: HttpServer, expected: int, file: Path) -> None:
    """Say that all was heard, a little later: what is told twice is heard too."""
    while len(http.asked(HOOK)) < expected:
        time.sleep(1)
    time.sleep(MORE)
    file.touch()


def _secrets(http: HttpServer) -> dict[str, str]:
    return {
        "slack_hook": f"{http.address}{CHAT}",
        "hook_url": f"{http.address}{HOOK}",
        "hook_token": TOKEN,
        "gone_url": "http://127.0.0.1:9/canary-gone-url",
    }
