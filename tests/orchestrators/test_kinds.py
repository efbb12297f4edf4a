"""Real runs of every kind of task: the same states, attempts, outputs and messages everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from case_folders import CASES, TARGETS
from dagglot import api, features
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
            pytest.param(target, marks=pytest.mark.xdist_group(target.partition("@")[0]))
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
        pytest.param(target, marks=pytest.mark.xdist_group(target.partition("@")[0]))
        for target in TARGETS
        if accepted(target, "secrets")
    ],
)
def test_no_secret_is_left_behind(target: str) -> None:
    """Not in a generated file, nor in what the orchestrator kept, printed, or answered."""
    found = told(target)
    answers = repr((found.traces, found.raw))
    assert not [one for one in found.canaries if one in answers]
    for path in files(found.scratch, found.out):
        content = path.read_bytes()
        seen = [one for one in found.canaries if one.encode() in content]
        assert not seen, path


def files(*folders: Path) -> list[Path]:
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]
