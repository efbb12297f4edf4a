"""Alerts on orchestrators as users have them: the right one, once, with the right fields."""

from __future__ import annotations

import json
from typing import Any

import pytest

from case_folders import TARGETS
from orchestrators import alerts
from orchestrators.alerts import CHAT, HOOK, TOKEN, Heard, accepted, events, pipelines

pytestmark = pytest.mark.users


def targets(pipeline: str) -> Any:
    """The targets that accept a pipeline, each in its own group of workers."""
    return pytest.mark.parametrize(
        "target",
        [
            pytest.param(target, marks=pytest.mark.xdist_group(target.partition("@")[0]))
            for target in TARGETS
            if any(one.id == pipeline and accepted(target, one) for one in pipelines(target))
        ],
    )


def heard(target: str) -> Heard:
    found = alerts.heard(target)
    assert not isinstance(found, str), found
    return found


@targets("alerts_failed")
def test_everybody_is_told_once(target: str) -> None:
    found = heard(target)
    told = sorted((one["pipeline"], one["task"], one["state"]) for one in found.hook)
    assert told == events(deadlines=found.deadlines)


@targets("alerts_failed")
def test_an_alert_changes_no_state(target: str) -> None:
    found = heard(target)
    failed = dict.fromkeys(("broken", "slow", "each[2]", "no_list"), "failed")
    others = {"shaky": "success", "below": "upstream_failed", "maybe": "skipped"}
    each = {"each[0]": "success", "each[1]": "success", "tidy": "success"}
    assert found.states("alerts_failed") == {**failed, **others, **each}
    assert found.traces["alerts_failed"]["run"] == "failed"
    assert found.states("alerts_succeeded") == {"bad": "failed", "nothing": "success", "work": "success"}
    assert found.traces["alerts_succeeded"]["run"] == "success"


@targets("alerts_failed")
def test_an_event_has_the_same_fields_everywhere(target: str) -> None:
    found = heard(target)
    for event in found.hook:
        assert set(event) == {
            *("pipeline", "task", "run_id", "state", "url", "error", "owner", "message"),
        }
        assert all(isinstance(value, str) for value in event.values())
    for pipeline in found.traces:
        assert len({one["run_id"] for one in found.hook if one["pipeline"] == pipeline}) == 1
    assert {one.headers["x-token"] for one in found.requests if one.path == HOOK} == {TOKEN}


@targets("alerts_failed")
def test_a_failure_says_why_and_no_password(target: str) -> None:
    found = heard(target)
    retrying, failed = found.told("alerts_failed", "broken")
    assert (retrying["state"], failed["state"]) == ("retrying", "failed")
    assert failed["error"] == "RuntimeError: no way to postgres://***@example.com/orders"
    assert retrying["error"] == failed["error"]
    assert [one["error"] for one in found.told("alerts_failed", "slow")] == ["timed out"]
    (each,) = found.told("alerts_failed", "each")
    assert each["error"] == "ValueError: 2 is more than 1"
    (run,) = found.told("alerts_failed")
    assert run["error"] == "broken, each, no_list, slow"
    bodies = [one.body for one in found.requests]
    assert not [body for body in bodies if "canary" in body]


@targets("alerts_failed")
def test_owners_and_default_messages(target: str) -> None:
    found = heard(target)
    (run,) = found.told("alerts_failed")
    retrying, _ = found.told("alerts_failed", "broken")
    assert (run["owner"], retrying["owner"]) == ("data-eng@example.com", "bo@example.com")
    assert run["message"] == "alerts_failed: failed"
    assert retrying["message"] == "alerts_failed: broken retrying"
    (work,) = found.told("alerts_succeeded", "work")
    assert (work["owner"], work["error"], work["message"]) == ("", "", "success true")


@targets("alerts_failed")
def test_a_chat_a_mail_and_a_function(target: str) -> None:
    found = heard(target)
    (chat,) = [json.loads(one.body) for one in found.requests if one.path == CHAT]
    assert chat == {"text": "alerts_failed: failed", "channel": "#data-alerts"}
    mails = {mail["subject"]: mail for mail in found.mails}
    assert len(mails) == len(found.mails) == 2
    failed = mails["alerts_failed: failed"]
    assert {one.strip() for one in failed["to"].split(",")} == {"ana@example.com", "bo@example.com"}
    assert "alerts_failed of orders: broken, each, no_list, slow" in text_of(failed)
    assert "alerts_succeeded: success" in text_of(mails["alerts_succeeded is success"])
    (event,) = found.own("own-failed")
    assert (event["task"], event["message"]) == ("", "alerts_failed has failed")


@targets("alerts_succeeded")
def test_a_function_that_ends_the_process_ends_nothing(target: str) -> None:
    told = heard(target).own("own-succeeded")
    assert sorted((one["task"], one["state"]) for one in told) == [
        ("", "success"),
        ("bad", "failed"),
        ("work", "success"),
    ]


def text_of(mail: Any) -> str:
    parts = [part for part in mail.walk() if part.get_content_maintype() == "text"]
    return "".join(part.get_content() for part in parts)


@targets("alerts_timed_out")
def test_a_run_that_is_stopped_has_failed(target: str) -> None:
    found = heard(target)
    assert found.traces["alerts_timed_out"]["run"] == "failed"
    (event,) = found.told("alerts_timed_out")
    assert (event["state"], event["error"]) == ("failed", "timed out")
    assert found.states("alerts_timed_out")["quick"] == "success"


@targets("deadline_missed")
def test_a_deadline_tells_and_stops_nothing(target: str) -> None:
    found = heard(target)
    late, ended = found.told("deadline_missed")
    assert (late["state"], late["message"]) == ("late", "deadline_missed is late")
    assert ended["state"] == "success"
    assert found.traces["deadline_missed"]["run"] == "success"


@targets("deadline_kept")
def test_nobody_is_told_of_a_run_in_time(target: str) -> None:
    assert not heard(target).told("deadline_kept")


@targets("alerts_failed")
def test_no_secret_is_left_behind(target: str) -> None:
    found = heard(target)
    for path in found.scratch.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [one for one in found.canaries if one.encode() in content], path
