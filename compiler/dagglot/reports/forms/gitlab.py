"""A Code Quality report, which GitLab shows beside the lines of a merge request.

It tells findings apart by their fingerprints alone, and drops the second of two.

Source: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from dagglot.diagnostics.render import printable
from dagglot.reports.forms.words import anchor, every, from_top, sentence

_SEVERITIES: Final = {"breaking": "critical", "review": "major", "undecidable": "major"}
_OF_PROBLEMS: Final = {"error": "critical", "warning": "minor", "note": "info"}


def render(data: Mapping[str, Any], least: str) -> str:
    """A list of findings."""
    found = [
        _entry(
            data,
            printable(one["message"]),
            one["code"],
            hashlib.sha256(one["message"].encode("utf-8", "surrogatepass")).hexdigest()[:12],
            _OF_PROBLEMS[one["severity"]],
            {"file": "dagglot.yaml", "line": 1, **one},
        )
        for one in data["problems"]
    ]
    found += [
        _entry(
            data,
            printable(sentence(pipeline, change)),
            change["code"],
            change["fingerprint"],
            "info" if change["accepted"] else _SEVERITIES.get(change["risk"], "info"),
            anchor(pipeline, change),
        )
        for pipeline, change in every(data)
    ]
    unique = {one["fingerprint"]: one for one in reversed(found)}
    return json.dumps(list(reversed(unique.values())), indent=2) + "\n"


def _entry(
    data: Mapping[str, Any],
    words: str,
    code: str,
    mark: str,
    severity: str,
    place: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "description": words,
        "check_name": code,
        "fingerprint": mark,
        "severity": severity,
        "location": {
            "path": from_top(data, place["file"]),
            "lines": {"begin": place["line"]},
        },
    }
