"""Real runs of every kind of task: the same states, attempts, outputs and messages everywhere."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from case_folders import CASES, TARGETS
from dagglot import api, features
from dagglot.parity import compare
from dagglot.reports import parity
from dagglot.targets import registry
from dagglot.targets.base import Support
from orchestrators.kinds import SECRETS, Told, told

pytestmark = pytest.mark.orchestrator


def accepted(target: str, case: str) -> bool:
    """Whether a target's table refuses nothing of the first pipeline of a case."""
    name, _, version = target.partition("@")
    chosen = registry.get(name)
    table = chosen.capabilities(version or chosen.versions[0])
    pipelines = api.check([CASES / case / "pipeline.yaml"]).pipelines
    return all(
        table[use.feature].support is not Support.UNSUPPORTED
        for use in features.used(pipelines[0], name)
    )


def targets(case: str) -> Any:
    """The targets that accept a case, each in its own group of workers."""
    return pytest.mark.parametrize(
        "target",
        [
            pytest.param(target, marks=pytest.mark.xdist_group(f"kinds-{target}"))
            for target in TARGETS
            if accepted(target, case)
        ],
    )


def outputs(found: Told, key: str) -> dict[str, Any]:
    return {id: task["output"] for id, task in found.tasks(key).items()}


# --- sql ----------------------------------------------------------------------------------------


@targets("kind_sql")
def test_sql(target: str) -> None:
    found = told(target)
    states = found.states("kind_sql")
    assert states.pop("broken") == "failed"
    assert set(states.values()) == {"success"}, states
    assert found.traces["kind_sql"]["run"] == "failed"
    seen = outputs(found, "kind_sql")
    assert seen["rows"] == [
        {
            "region": "emea'; drop table sales; --",
            "amount": 2.5,
            "note": ":not a parameter; nor a statement's end",
        }
    ]
    assert seen["types"] == [{"i": "integer", "f": "real", "s": "text", "n": "null", "d": "text"}]
    assert (seen["count"], seen["after"], seen["rolled_back"]) == (1, 3, 0)
    assert seen["create"] is seen["load"] is seen["each[0]"] is None


# --- http ---------------------------------------------------------------------------------------


@targets("kind_http")
def test_http(target: str) -> None:
    found = told(target)
    states = found.states("kind_http")
    assert {id for id, state in states.items() if state != "success"} == {"wrong", "below", "slow"}
    assert (states["wrong"], states["below"], states["slow"]) == (
        "failed",
        "upstream_failed",
        "failed",
    )
    seen = outputs(found, "kind_http")
    assert seen["get"]["query"] == {"day": ["2026-10-24"], "tag": ["a", "b&c"]}
    assert seen["get"]["headers"]["x-trace"] == "kind_http"
    assert seen["missing"] == "x" * 1000


@targets("kind_http")
def test_http_bodies(target: str) -> None:
    by_body = {one.method: one for one in told(target).requests if one.path == "/echo" and one.body}
    post, put = by_body["POST"], by_body["PUT"]
    query = {"day": ["2026-10-24"], "tag": ["a", "b&c"]}
    assert json.loads(post.body) == {"rows": query, "full": True, "none": None}
    assert post.headers["content-type"] == "application/json"
    assert post.headers["authorization"] == SECRETS["api_token"]
    assert put.body == "day=2026-10-24"
    login = base64.b64encode(b"ada:canary-api-password").decode()
    assert put.headers["authorization"] == f"Basic {login}"


@targets("kind_http")
def test_http_says_what_was_answered_in_short(target: str) -> None:
    log = (told(target).scratch / "log").read_text(errors="replace")
    assert re.search("500: x{200}(?!x)", log)
    assert not re.search("500: x{201}", log)


# --- data ---------------------------------------------------------------------------------------


@targets("checks")
def test_checks(target: str) -> None:
    found = told(target)
    ends = {
        # at its two attempts; what only warns never fails, whatever it finds or raises
        "sales.not_empty": "failed",
        "report": "upstream_failed",
        "whole.part.two[0]": "failed",
        "whole.after[0]": "upstream_failed",
    }
    tasks = found.tasks("checks")
    assert {id: one["state"] for id, one in tasks.items()} == dict.fromkeys(tasks, "success") | ends
    assert tasks["sales.not_empty"]["attempts"] == 2
    assert tasks["sales.no_table"]["attempts"] == 1
    assert found.traces["checks"]["run"] == "failed"
    checks = [
        id for id in tasks if id.partition("[")[0].count(".") > id.startswith(("load", "whole"))
    ]
    assert len(checks) == 12
    assert {tasks[id]["output"] for id in checks} == {None}
    log = (found.scratch / "log").read_text(errors="replace")
    assert re.search("check `?many`?.* (does not hold|is not good)", log)
    assert "no_such_table" in log
    assert "no data was looked at" in log


@targets("assets")
def test_assets(target: str) -> None:
    found = told(target)
    tasks = found.tasks("assets")
    assert {id: one["state"] for id, one in tasks.items()} == {
        **dict.fromkeys(tasks, "success"),
        "rates": "skipped",
    }
    assert tasks["region[1]"]["output"] == [0, 1, 2]
    assert found.traces["assets"]["run"] == "success"


# --- sensors ------------------------------------------------------------------------------------

FOUND = {"http": "http", "path": "x" * 1000, "sql": 1, "call": "sensor_call", "raises": True}


@targets("kind_sensor")
def test_sensors(target: str) -> None:
    found = told(target)
    tasks = found.tasks("kind_sensor")
    ends = {
        "never": "failed",
        "after_never": "upstream_failed",
        "gives_up": "skipped",
        "after_skip": "skipped",
    }
    assert {id: one["state"] for id, one in tasks.items()} == dict.fromkeys(tasks, "success") | ends
    file = str(found.scratch / "ready-kind_sensor.csv")
    nothing = {"duration": None, "until": None, "early": None}
    for id, output in {**FOUND, **nothing, "file": file, "uses": file}.items():
        assert tasks[id]["output"] == output, id
    assert tasks["raises"]["attempts"] == 2
    assert tasks["never"]["attempts"] == 1
    assert len(found_requests(found, "/late/http")) == 3


def found_requests(found: Told, path: str) -> list[Any]:
    return [one for one in found.requests if one.path == path]


# --- other pipelines ----------------------------------------------------------------------------


@targets("kind_trigger_pipeline")
def test_triggered_pipelines(target: str) -> None:
    found = told(target)
    tasks = found.tasks("kind_trigger_pipeline")
    assert {id: one["state"] for id, one in tasks.items()} == {
        "start": "success",
        "forget": "success",
        "fails": "failed",
        "below": "upstream_failed",
        "other": "success",
    }
    assert isinstance(tasks["start"]["output"], str)
    assert tasks["start"]["output"] != tasks["forget"]["output"]
    assert tasks["fails"]["output"] is None


# --- containers ---------------------------------------------------------------------------------


@targets("kind_container_docker")
def test_containers(target: str) -> None:
    found = told(target)
    tasks = found.tasks("kind_container_docker")
    assert {id: (one["state"], one["attempts"]) for id, one in tasks.items()} == {
        "etl": ("success", 1),
        "each[0]": ("success", 1),
        "each[1]": ("success", 1),
        "fails": ("failed", 2),
        "slow": ("failed", 1),
    }
    (etl,) = [one for one in found.containers if one["Image"].endswith("etl:1.4")]
    assert etl["Entrypoint"] == ["python", "-m", "etl"]
    assert etl["Cmd"] == ["--day", "2026-01-31", "{{ not jinja }}"]
    assert {"MODE=append", f"TOKEN={SECRETS['api_token']}"} <= set(etl["Env"])
    assert etl["HostConfig"]["Memory"] == 1024**3


# --- approvals ----------------------------------------------------------------------------------


@targets("kind_approval")
def test_approvals(target: str) -> None:
    found = told(target)
    assert found.states("kind_approval") == {
        "figures": "success",
        "publish": "success",
        "maybe": "skipped",
        "send": "success",
    }
    assert outputs(found, "kind_approval")["publish"] == {"who": "finance", "what": "approved"}


# --- commands of other tools --------------------------------------------------------------------


@targets("kind_dbt")
def test_dbt(target: str) -> None:
    found = told(target)
    build, docs = found.commands("dbt")
    assert build["argv"][0] == "build"
    words = build["argv"]
    assert words[words.index("--select") + 1 :][:2] == ["staging", "+orders"]
    assert json.loads(words[words.index("--vars") + 1]) == {"day": "2026-10-24", "full": False}
    assert "--fail-fast" in words
    assert build["env"]["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"
    assert docs["argv"][:2] == ["docs", "generate"]
    assert set(found.states("kind_dbt").values()) == {"success"}


@targets("kind_notebook")
def test_notebook(target: str) -> None:
    (run,) = told(target).commands("papermill")
    words = run["argv"]
    assert words[0].endswith("notebooks/report.ipynb")
    assert words[1] == "/tmp/dagglot-report.ipynb"
    given = json.loads(words[words.index("--parameters_yaml") + 1])
    assert given == {"day": "2026-10-24", "rows": 3, "names": ["a", "b"]}


@targets("kind_spark")
def test_spark(target: str) -> None:
    local, cluster = told(target).commands("spark-submit")
    words = local["argv"]
    assert words[words.index("--master") + 1] == "local[2]"
    assert "spark.executor.memory=1g" in words
    assert words[-3:] == ["jobs/sales.py", "--day", "2026-10-24"]
    words = cluster["argv"]
    assert words[words.index("--master") + 1] == "spark://spark.example.com:7077"
    assert cluster["env"]["MODE"] == "append"


# --- pools and limits ---------------------------------------------------------------------------


@targets("pools_of_one_slot")
def test_pools_and_jitter(target: str) -> None:
    tasks = told(target).tasks("pools_of_one_slot")
    assert {one["state"] for one in tasks.values()} == {"success"}
    assert tasks["jittered"]["attempts"] == 2


# --- notifications ------------------------------------------------------------------------------


@targets("kind_notify")
def test_everybody_is_told_once(target: str) -> None:
    found = told(target)
    tasks = found.tasks("kind_notify")
    assert {id: one["state"] for id, one in tasks.items()} == {
        "work": "success",
        "all": "success",
        "plain": "success",
        "unreachable": "failed",
    }
    assert tasks["unreachable"]["attempts"] == 2
    (chat,) = found_requests(found, "/echo/canary-slack-hook")
    ready = "Rows of 2026-10-24 are ready"
    assert json.loads(chat.body) == {"text": ready, "channel": "#data"}
    told_hook = [json.loads(one.body) for one in found_requests(found, "/echo/canary-hook-url")]
    first, second = sorted(told_hook, key=lambda event: str(event["task"]))
    assert first.keys() == {
        *("pipeline", "task", "run_id", "state", "url", "error", "owner", "message"),
    }
    assert (first["pipeline"], first["task"], first["state"]) == ("kind_notify", "all", "running")
    assert [first["message"], second["message"]] == [ready, "plain says hello"]
    headers = found_requests(found, "/echo/canary-hook-url")[0].headers
    assert headers["x-token"] == SECRETS["hook_token"]
    (mail,) = found.mails
    assert mail["subject"] == "kind_notify: running"
    assert {one.strip() for one in mail["to"].split(",")} == {"ana@example.com", "bo@example.com"}
    texts = [part for part in mail.walk() if part.get_content_maintype() == "text"]
    assert any(ready in part.get_content() for part in texts)
    (event,) = (found.scratch / "own").read_text().splitlines()
    assert json.loads(event)["message"] == ready


# --- secrets ------------------------------------------------------------------------------------


@targets("secrets")
def test_secrets(target: str) -> None:
    found, length = told(target), len(SECRETS["api_token"])
    seen = outputs(found, "secrets")
    assert (seen["args"], seen["env"]) == (length, str(length))
    assert [seen["mapped[0]"], seen["mapped[1]"]] == [f"a {length}", f"b {length}"]
    host, port = seen["fields"]
    assert host == "127.0.0.1"
    assert port.isdigit()
    assert found.states("secrets")["when"] == "skipped"


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(target, marks=pytest.mark.xdist_group(f"kinds-{target}"))
        for target in TARGETS
        if accepted(target, "secrets")
    ],
)
def test_no_secret_is_left_behind(target: str) -> None:
    """Not in a generated file, nor in what the orchestrator kept, printed, or answered, nor in what
    is told of it."""
    found = told(target)
    compared = [compare(key, [target] * 2, [one] * 2) for key, one in found.traces.items()]
    reports = (
        parity.as_text(compared, lambda text, _: text),
        parity.as_markdown(compared),
        parity.as_json(compared),
    )
    assert all(reports)
    answers = repr((found.traces, found.raw, reports))
    assert not [one for one in found.canaries if one in answers]
    for path in files(found.scratch, found.out):
        content = path.read_bytes()
        seen = [one for one in found.canaries if one.encode() in content]
        assert not seen, path


def files(*folders: Path) -> list[Path]:
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]
