"""GitHub and GitLab, as far as comments of pull and merge requests go."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from services.http import HttpServer, Request

TOKEN = "canary-token"  # noqa: S105 - of nothing


@dataclass
class Forge(HttpServer):
    """Comments in the order in which they were posted; who has not the token gets 401.

    ``refuses`` is the status that every write is answered with, where it is not 0.
    """

    comments: list[dict[str, Any]] = field(default_factory=list)
    refuses: int = 0

    def post(self, body: str) -> None:
        """As somebody."""
        self.comments.append({"id": len(self.comments) + 100, "body": body})

    @property
    def writes(self) -> list[str]:
        """The methods of the requests that change something."""
        return [one.method for one in self.requests if one.method != "GET"]

    @property
    def github(self) -> dict[str, str]:
        """The variables of a job on GitHub, but for those of its event."""
        return {
            "GITHUB_API_URL": self.address,
            "GITHUB_REPOSITORY": "team/flows",
            "GITHUB_TOKEN": TOKEN,
        }

    @property
    def gitlab(self) -> dict[str, str]:
        """The variables of a job on GitLab."""
        return {
            "CI_API_V4_URL": f"{self.address}/api/v4",
            "CI_PROJECT_ID": "42",
            "CI_MERGE_REQUEST_IID": "7",
            "GITLAB_TOKEN": TOKEN,
        }

    def answer(self, request: Request) -> tuple[int, dict[str, str], str]:
        headers = {"Content-Type": "application/json"}
        tokens = (request.headers.get("authorization"), request.headers.get("private-token"))
        if tokens not in ((f"Bearer {TOKEN}", None), (None, TOKEN)):
            return 401, headers, json.dumps({"message": "Bad credentials"})
        if request.method != "GET" and self.refuses:
            said = {"message": "Resource not accessible by integration"}
            return self.refuses, {"Location": "/elsewhere"}, json.dumps(said)
        status, found = self._found(request)
        return status, headers, json.dumps(found)

    def _found(self, request: Request) -> tuple[int, Any]:
        every = {
            "/repos/team/flows/issues/7/comments": "/repos/team/flows/issues/comments/",
            "/api/v4/projects/42/merge_requests/7/notes": (
                "/api/v4/projects/42/merge_requests/7/notes/"
            ),
        }
        if request.path in every:
            if request.method == "POST":
                self.post(json.loads(request.body)["body"])
                return 201, self.comments[-1]
            size, page = (int(request.query[key][0]) for key in ("per_page", "page"))
            return 200, self.comments[(page - 1) * size : page * size]
        for head, method in zip(every.values(), ("PATCH", "PUT"), strict=True):
            if request.path.startswith(head) and request.method == method:
                id = int(request.path.removeprefix(head))
                (one,) = [one for one in self.comments if one["id"] == id]
                one["body"] = json.loads(request.body)["body"]
                return 200, one
        return 404, {"message": "Not Found"}
