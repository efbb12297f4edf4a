"""Real runs of containers on Kubernetes, whose API a server of the tests stands in for."""

from __future__ import annotations

import pytest

from orchestrators.kinds import SECRETS, told
from orchestrators.test_kinds import targets
from services.kubernetes import Pod

pytestmark = pytest.mark.orchestrator
BY_HELPERS = pytest.mark.parametrize(
    "target",
    [
        pytest.param(one, marks=pytest.mark.xdist_group(f"kinds-{one}"))
        for one in ("prefect", "dagster")
    ],
)
"""Where helpers of ours run pods; Airflow's operator reads logs in its own way."""


def of_image(target: str, image: str) -> list[Pod]:
    return [pod for pod in told(target).pods if pod.image == image]


@targets("kind_container_kubernetes")
def test_pods(target: str) -> None:
    tasks = told(target).tasks("kind_container_kubernetes")
    never = tasks.pop("never")
    below = tasks.pop("below")
    assert (never["state"], below["state"]) == ("skipped", "upstream_failed")
    assert {id: (one["state"], one["attempts"]) for id, one in tasks.items()} == {
        "etl": ("success", 1),
        "each[0]": ("success", 1),
        "each[1]": ("success", 1),
        "fails": ("failed", 2),
        "slow": ("failed", 1),
        "talks": ("success", 1),
    }
    assert {one["output"] for one in tasks.values()} == {None}


@targets("kind_container_kubernetes")
def test_a_pod_is_what_the_task_says(target: str) -> None:
    (etl,) = of_image(target, "ghcr.io/example/etl:1.4")
    assert etl.manifest["metadata"]["namespace"] == "etl"
    assert etl.manifest["metadata"]["labels"]["team"] == "data"
    spec = etl.manifest["spec"]
    assert (spec["nodeSelector"], spec["restartPolicy"]) == ({"pool": "big"}, "Never")
    base, proxy = spec["containers"]
    assert (base["name"], proxy["image"]) == ("base", "example/proxy")
    assert base["command"] == ["python", "-m", "etl"]
    assert base["args"] == ["--day", "2026-01-31", "{{ not jinja }}"]
    env = {one["name"]: one["value"] for one in base["env"] if one["name"] in ("REGION", "MODE")}
    assert env == {"REGION": "eu", "MODE": "append"}
    assert base["resources"]["requests"] == {"cpu": "2", "memory": "8Gi"}
    assert base["resources"]["limits"] == {"nvidia.com/gpu": "1"}
    each = of_image(target, "example/echo")
    assert sorted(pod.manifest["spec"]["containers"][0]["args"] for pod in each) == [["a"], ["b"]]


@targets("kind_container_kubernetes")
def test_no_pod_is_left_behind(target: str) -> None:
    """Whether it succeeded, failed or took too long; each attempt had one of its own."""
    assert all(pod.deleted for pod in told(target).pods)
    assert len(of_image(target, "example/fails")) == 2
    assert of_image(target, "example/slow")


@BY_HELPERS
def test_what_a_container_prints_is_logged_once(target: str) -> None:
    """Though its log is read again and again."""
    (talks,) = of_image(target, "example/talks")
    assert talks.logs_read >= 3
    log = (told(target).scratch / "log").read_text(errors="replace")
    for number in range(3):
        assert log.count(f"I am example/talks, line {number}") == 1


@BY_HELPERS
def test_secrets_reach_pods(target: str) -> None:
    """That nothing else knows them, `test_no_secret_is_left_behind` asserts."""
    assert told(target).states("kubernetes_secrets") == {
        "told": "success",
        "told_late": "failed",
        "missing": "failed",
        "evicted": "failed",
    }
    told_pods = [pod for pod in told(target).pods if "env" in pod.manifest["spec"]["containers"][0]]
    tokens = [
        one["value"]
        for pod in told_pods
        for one in pod.manifest["spec"]["containers"][0]["env"]
        if one["name"] == "TOKEN"
    ]
    assert tokens == [SECRETS["api_token"]] * 4
    log = (told(target).scratch / "log").read_text(errors="replace")
    assert "ImagePullBackOff" in log
    assert "Evicted" in log
