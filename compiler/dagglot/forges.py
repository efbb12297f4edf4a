"""Comments of pull requests on GitHub and of merge requests on GitLab: one is found by its first
line, and brought up to date in place.

Sources: https://docs.github.com/rest/issues/comments and https://docs.gitlab.com/api/notes/
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

MARKER: Final = "<!-- dagglot "
"""How a comment of ours begins."""
_SECONDS: Final = 30
_PAGE: Final = 100
_PAGES: Final = 50


class Outcome(Enum):
    """What became of a comment."""

    POSTED = "posted"
    UPDATED = "updated"
    SAME = "left alone: it says the same already"
    NOTHING = "not posted: nothing changed, and there is none to bring up to date"


class NotPostedError(Exception):
    """Why a comment could not be posted, for a person."""


class Place(NamedTuple):
    """The comments of one request: their address, and how to ask for them."""

    forge: str
    comments: str
    headers: Mapping[str, str]
    update: str
    """The method that changes one."""

    def of(self, id: int) -> str:
        """The address of one comment."""
        if self.forge == "GitLab":
            return f"{self.comments}/{id}"
        return f"{self.comments.rpartition('/issues/')[0]}/issues/comments/{id}"


def place(variables: Mapping[str, str]) -> Place:
    """The request that a CI job is for, by the variables that GitHub and GitLab give it."""
    if variables.get("GITHUB_REPOSITORY"):
        return _github(variables)
    if variables.get("CI_PROJECT_ID"):
        return _gitlab(variables)
    raise NotPostedError(
        "this is no job of GitHub or GitLab: neither GITHUB_REPOSITORY nor CI_PROJECT_ID"
    )


def _github(variables: Mapping[str, str]) -> Place:
    token = _needed(variables, "GITHUB_TOKEN", "GH_TOKEN")
    number = _number(variables.get("GITHUB_EVENT_PATH"))
    api = variables.get("GITHUB_API_URL") or "https://api.github.com"
    repository = quote(variables["GITHUB_REPOSITORY"])
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    return Place("GitHub", f"{api}/repos/{repository}/issues/{number}/comments", headers, "PATCH")


def _number(event: str | None) -> int:
    """The number of the pull request in the event of a job."""
    try:
        data = json.loads(Path(event or "").read_bytes())
    except (OSError, ValueError):
        data = {}
    found = (data.get(key, {}).get("number") for key in ("pull_request", "issue"))
    number = next((one for one in found if isinstance(one, int)), None)
    if number is None:
        raise NotPostedError("the event of this job, GITHUB_EVENT_PATH, is none of a pull request")
    return number


def _gitlab(variables: Mapping[str, str]) -> Place:
    token = _needed(variables, "GITLAB_TOKEN")
    api = _needed(variables, "CI_API_V4_URL")
    request = variables.get("CI_MERGE_REQUEST_IID")
    if not request:
        raise NotPostedError("this job is none of a merge request: CI_MERGE_REQUEST_IID is not set")
    project = quote(variables["CI_PROJECT_ID"], safe="")
    notes = f"{api}/projects/{project}/merge_requests/{quote(request, safe='')}/notes"
    return Place("GitLab", notes, {"PRIVATE-TOKEN": token}, "PUT")


def _needed(variables: Mapping[str, str], *names: str) -> str:
    for name in names:
        if variables.get(name):
            return variables[name]
    raise NotPostedError(f"{names[0]} is not set")


def post(body: str, where: Place) -> Outcome:
    """Post a comment, or bring the one of before up to date. One that says that nothing changed is
    only written over another."""
    lines = body.split("\n", 2)
    marker, state = lines[0].strip(), lines[1].strip() if len(lines) > 1 else ""
    old = next((one for one in _every(where) if _first(one) == marker), None)
    if old is None:
        if "nothing changed" in state:
            return Outcome.NOTHING
        _ask(where, "POST", where.comments, {"body": body})
        return Outcome.POSTED
    if [line.strip() for line in str(old["body"]).split("\n", 2)[:2]] == [marker, state]:
        return Outcome.SAME
    _ask(where, where.update, where.of(old["id"]), {"body": body})
    return Outcome.UPDATED


def _first(comment: Mapping[str, Any]) -> str:
    return str(comment.get("body") or "").split("\n", 1)[0].strip()


def _every(where: Place) -> Iterator[dict[str, Any]]:
    for page in range(1, _PAGES + 1):
        found = _ask(where, "GET", f"{where.comments}?per_page={_PAGE}&page={page}")
        if not isinstance(found, list):
            raise NotPostedError(f"{where.forge} gave no list of comments")
        yield from found
        if len(found) < _PAGE:
            return


# --- HTTP ---------------------------------------------------------------------------------------


class _Stay(HTTPRedirectHandler):
    """Follows nobody elsewhere: the token would go along."""

    def redirect_request(self, *_: Any) -> None:
        """No request: the answer is an error."""


def _ask(where: Place, method: str, address: str, data: Mapping[str, str] | None = None) -> Any:
    if urlsplit(address).scheme not in ("http", "https"):
        raise NotPostedError(f"the address of {where.forge} is none of HTTP")
    content = json.dumps(data).encode() if data is not None else None
    headers = {**where.headers, "Content-Type": "application/json", "User-Agent": "dagglot"}
    request = Request(address, content, headers, method=method)  # noqa: S310 - looked at above
    try:
        with build_opener(_Stay).open(request, timeout=_SECONDS) as answer:
            return json.loads(answer.read())
    except HTTPError as error:
        _refused(where.forge, error)
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise NotPostedError(f"{where.forge} cannot be reached: {reason}") from None
    except ValueError:
        raise NotPostedError(f"{where.forge} gave no JSON") from None


def _refused(forge: str, error: HTTPError) -> NoReturn:
    try:
        said = json.loads(error.read())
        words = said.get("message") or said.get("error") or ""
    except (ValueError, AttributeError, OSError):
        words = ""
    tail = f": {words}" if isinstance(words, str) and words else ""
    raise NotPostedError(f"{forge} says {error.code}{tail}") from None
