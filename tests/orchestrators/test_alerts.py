"""Alerts on orchestrators as users have them: the right one, once, with the right fields."""

from __future__ import annotations

import json
from typing import Any

import pytest

from case_folders import TARGETS
from orchestrators import alerts
from orchestrators.alerts import CHAT, HOOK, STOPPED, TOKEN, TOLD, Heard, pipelines

pytestmark = pytest.mark.users


def targets(*names: str) -> Any:
    """The targets that accept a pipeline, each in its own group of workers."""
    return pytest.mark.parametrize(
        ("target", "pipeline"),
        [
            pytest.param(target, name, marks=pytest.mark.xdist_group(target))
            for target in TARGETS
            for name in names
            if any(one.id == name for one in pipelines(target))
        ],
    )


def heard(target: str) -> Heard:
    found = alerts.heard(target)
    assert not isinstance(found, str), found
    return found


@targets(*TOLD)
def test_everybody_is_told_once(target: str, pipeline: str) -> None:
    told = [one for one in heard(target).hook if one["pipeline"] == pipeline]
    if pipeline == STOPPED:
        told = [one for one in told if not one["task"]]
    assert sorted((one["task"], one["state"]) for one in told) == sorted(TOLD[pipeline])


ENDS = {
    "told_failed": {
        **dict.fromkeys(("flaky", "allowed"), "failed"),
        "below": "upstream_failed",
        "skipped": "skipped",
        **dict.fromkeys(("fine", "last"), "success"),
    },
    "told_success": {"first": "success", "second": "success"},
    "told_late": {"slow": "success"},
    "told_each": {
        **dict.fromkeys(("slow", "each[2]", "no_list"), "failed"),
        **dict.fromkeys(("shaky", "each[0]", "each[1]", "tidy"), "success"),
    },
}


@targets(*ENDS)
def test_an_alert_changes_no_state(target: str, pipeline: str) -> None:
    found = heard(target)
    assert found.states(pipeline) == ENDS[pipeline]
    ended = "failed" if ("", "failed") in TOLD[pipeline] else "success"
    assert found.traces[pipeline]["run"] == ended


@targets(*TOLD)
def test_an_event_has_the_same_fields_everywhere(target: str, pipeline: str) -> None:
    events = [one for one in heard(target).hook if one["pipeline"] == pipeline]
    for event in events:
        assert set(event) == {
            *("pipeline", "task", "run_id", "state", "url", "error", "owner", "message"),
        }
        assert all(isinstance(value, str) for value in event.values())
    assert len({one["run_id"] for one in events}) == 1


@targets("told_failed")
def test_a_failure_says_why_and_no_password(target: str, pipeline: str) -> None:
    found = heard(target)
    error = "RuntimeError: no way to https://***@db/x"
    (flaky,) = found.told(pipeline, "flaky")
    assert (flaky["error"], flaky["owner"]) == (error, "ana")
    assert flaky["message"] == "told_failed: flaky failed"
    (run,) = found.told(pipeline)
    assert (run["error"], run["owner"]) == ("allowed, flaky", "data-team")
    assert run["message"] == "told_failed: failed"
    chat = [json.loads(one.body) for one in found.requests if one.path == CHAT]
    retry = {"text": f"flaky retrying (ana): {error}", "channel": "#data"}
    fine = {"text": "fine success (data-team): ", "channel": "#data"}
    assert sorted(chat, key=repr) == sorted([retry, retry, fine], key=repr)
    assert not [one.path for one in found.requests if "canary" in one.body]


@targets("told_each")
def test_instances_and_timeouts(target: str, pipeline: str) -> None:
    found = heard(target)
    (each,) = found.told(pipeline, "each")
    assert each["error"] == "ValueError: 2 is more than 1"
    assert each["message"] == "told_each of orders: each failed"
    (slow,) = found.told(pipeline, "slow")
    assert (slow["error"], slow["owner"]) == ("timed out", "bo@example.com")
    (run,) = found.told(pipeline)
    assert run["error"] == "each, no_list, slow"


@targets("told_failed")
def test_a_mail_and_a_function(target: str, pipeline: str) -> None:
    found = heard(target)
    (mail,) = found.mails
    assert mail["subject"] == "told_failed failed"
    assert {one.strip() for one in mail["to"].split(",")} == {"ana@example.com", "bo@example.com"}
    texts = [part for part in mail.walk() if part.get_content_maintype() == "text"]
    assert any(f"{pipeline}: failed" in part.get_content() for part in texts)
    own = sorted((one["task"], one["state"]) for one in found.own(pipeline))
    assert own == [
        ("allowed", "failed"),
        ("fine", "success"),
        ("flaky", "failed"),
        ("last", "success"),
    ]


@targets("told_success")
def test_whoever_cannot_be_told_keeps_no_other_from_it(target: str, pipeline: str) -> None:
    (run,) = heard(target).told(pipeline)
    assert run["message"].endswith(f": done, says {run['run_id']}")


@targets(STOPPED)
def test_a_run_that_is_stopped_has_failed(target: str, pipeline: str) -> None:
    found = heard(target)
    assert found.traces[pipeline]["run"] == "failed"
    (event,) = found.told(pipeline)
    assert event["error"] == "timed out"
    assert not [
        one for one in found.hook if one["pipeline"] == pipeline and one["state"] == "success"
    ]


@targets("told_late")
def test_a_deadline_tells_and_stops_nothing(target: str, pipeline: str) -> None:
    late, ended = heard(target).told(pipeline)
    assert (late["state"], late["owner"], late["error"]) == ("late", "data-team", "")
    assert (late["message"], ended["state"]) == ("told_late: late", "success")


@targets("told_failed")
def test_no_secret_is_left_behind(target: str, pipeline: str) -> None:
    found = heard(target)
    assert pipeline in found.traces
    assert {one.headers["x-token"] for one in found.requests if one.path == HOOK} == {TOKEN}
    for path in found.scratch.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [one for one in found.canaries if one.encode() in content], path
