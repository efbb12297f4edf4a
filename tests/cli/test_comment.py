"""`dagglot comment`: posted once, then brought up to date in place, on GitHub and on GitLab."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from front_tools import Ran, Space
from services.forges import TOKEN, Forge

BODY = "<!-- dagglot diff: . -->\n<!-- dagglot hash: {} -->\n### dagglot: {}\n"
VARIABLES = ("GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN", "GH_TOKEN", "GITHUB_EVENT_PATH")
OF_GITLAB = ("CI_API_V4_URL", "CI_PROJECT_ID", "CI_MERGE_REQUEST_IID", "GITLAB_TOKEN")


@pytest.fixture
def forge() -> Iterator[Forge]:
    with Forge() as made:
        yield made


@pytest.fixture(params=["github", "gitlab"])
def job(
    request: pytest.FixtureRequest, space: Space, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> Forge:
    """The forge whose job this is."""
    for name in (*VARIABLES, *OF_GITLAB):
        monkeypatch.delenv(name, raising=False)
    for name, value in getattr(forge, request.param).items():
        monkeypatch.setenv(name, value)
    if request.param == "github":
        event = space.write("event.json", json.dumps({"pull_request": {"number": 7}}))
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
    return forge


def commented(space: Space, mark: str, words: str = "1 breaking") -> Ran:
    space.write("comment.md", BODY.format(mark, words))
    ran = space.run("comment", "comment.md")
    assert TOKEN not in ran.out + ran.err
    return ran


def test_one_comment_for_all_commits(space: Space, job: Forge) -> None:
    job.post("looks good to me")
    job.post(f"> {BODY.format('a', 'quoted')}")
    ran = commented(space, "a")
    assert (ran.code, ran.err) == (0, "the comment is posted\n")
    assert [one["body"] for one in job.comments[2:]] == [BODY.format("a", "1 breaking")]
    ran = commented(space, "a")
    assert (ran.code, len(job.writes)) == (0, 1)
    assert "says the same already" in ran.err
    ran = commented(space, "b", "2 breaking")
    assert (ran.code, ran.err) == (0, "the comment is updated\n")
    assert [one["body"] for one in job.comments[2:]] == [BODY.format("b", "2 breaking")]
    assert job.comments[0]["body"] == "looks good to me"


def test_it_is_found_on_a_later_page(space: Space, job: Forge) -> None:
    for number in range(230):
        job.post(f"comment {number}")
    commented(space, "a")
    commented(space, "b")
    assert len(job.comments) == 231
    assert job.comments[-1]["body"] == BODY.format("b", "1 breaking")


def test_nothing_is_said_of_nothing(space: Space, job: Forge) -> None:
    """But what was said before is taken back."""
    nothing = "a, nothing changed"
    ran = commented(space, nothing)
    assert (ran.code, job.comments) == (0, [])
    assert "nothing changed" in ran.err
    commented(space, "b")
    commented(space, nothing)
    assert [one["body"] for one in job.comments] == [BODY.format(nothing, "1 breaking")]


def test_a_forge_that_changed_the_ends_of_lines(space: Space, job: Forge) -> None:
    commented(space, "a")
    job.comments[0]["body"] = job.comments[0]["body"].replace("\n", "\r\n")
    assert "says the same already" in commented(space, "a").err


@pytest.mark.parametrize("status", [302, 403, 404, 500])
def test_a_forge_that_refuses(space: Space, job: Forge, status: int) -> None:
    job.refuses = status
    ran = commented(space, "a")
    assert (ran.code, ran.codes) == (1, ["DG539"])
    assert f"says {status}" in ran.err
    assert not job.asked("/elsewhere"), "the token is sent nowhere else"


def test_a_wrong_token(space: Space, job: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_TOKEN", "GITLAB_TOKEN"):
        monkeypatch.setenv(name, "another")
    ran = commented(space, "a")
    assert (ran.code, ran.codes) == (1, ["DG539"])
    assert "401: Bad credentials" in ran.err


def test_a_forge_that_is_not_there(
    space: Space, job: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GITHUB_API_URL", "CI_API_V4_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert "cannot be reached" in commented(space, "a").err


@pytest.mark.parametrize("job", ["github"], indirect=True)
@pytest.mark.parametrize("event", ["{}", "[", '{"pull_request": {"number": "7/../8"}}'])
def test_a_job_of_no_pull_request(space: Space, job: Forge, event: str) -> None:
    space.write("event.json", event)
    ran = commented(space, "a")
    assert (ran.code, ran.codes, job.requests) == (1, ["DG539"], [])


@pytest.mark.parametrize("name", ["GITLAB_TOKEN", "CI_API_V4_URL", "CI_MERGE_REQUEST_IID"])
@pytest.mark.parametrize("job", ["gitlab"], indirect=True)
def test_a_variable_that_is_missing(
    space: Space, job: Forge, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name)
    ran = commented(space, "a")
    assert (ran.code, ran.codes) == (1, ["DG539"])
    assert name in ran.err


def test_outside_of_a_job(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *OF_GITLAB):
        monkeypatch.delenv(name, raising=False)
    assert commented(space, "a").codes == ["DG539"]


def test_what_is_no_comment_of_ours(space: Space) -> None:
    space.write("other.md", "# Hello\n")
    for name in ("other.md", "missing.md"):
        assert space.run("comment", name).code == 2
