"""SARIF 2.1.0, for code scanning.

GitHub keeps 5,000 results of a run: the worst are given, and a notification tells of the others.
What is accepted is suppressed, with the reason.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html and
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from dagglot import __version__
from dagglot.diagnostics import codes
from dagglot.diagnostics.render import printable, uri
from dagglot.reports.forms.words import anchor, every, from_top, sentence
from dagglot.reports.table import count

MOST: Final = 5_000
_LEVELS: Final = {"breaking": "error", "review": "warning", "undecidable": "warning"}


def render(data: Mapping[str, Any], least: str) -> str:
    """The log, as ASCII: whatever the encoding of the output."""
    found = [_problem(data, one) for one in data["problems"]]
    found += [_result(data, *pair) for pair in every(data)]
    left = len(found) - MOST
    names = sorted({str(one["ruleId"]) for one in found[:MOST]})
    index = {name: number for number, name in enumerate(names)}
    for one in found[:MOST]:
        one["ruleIndex"] = index[one["ruleId"]]
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "dagglot",
                "semanticVersion": __version__,
                "rules": [_rule(name) for name in names],
            }
        },
        "automationDetails": {"id": "dagglot-diff/"},
        "columnKind": "unicodeCodePoints",
        "results": found[:MOST],
    }
    if left > 0:
        words = f"{count(left, 'result')} of lower risk left off: a reader keeps {MOST:,}"
        notes = [{"level": "warning", "message": {"text": words}}]
        run["invocations"] = [{"executionSuccessful": True, "toolExecutionNotifications": notes}]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    rule = codes.rule(code)
    assert rule is not None  # noqa: S101 - the data names rules of the registry
    level = _LEVELS.get(rule.risk, "note") if rule.risk else rule.severity.value
    words = f"`dagglot explain {code}` prints this page."
    return {
        "id": code,
        "name": "".join(word.title() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.name.replace("-", " ")},
        "fullDescription": {"text": rule.explanation},
        "help": {
            "text": f"{rule.explanation} {words}",
            "markdown": f"{rule.explanation}\n\n{words}",
        },
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["dagglot", rule.risk or "waiver"]},
    }


def _result(
    data: Mapping[str, Any], pipeline: Mapping[str, Any], change: Mapping[str, Any]
) -> dict[str, Any]:
    mark = change["fingerprint"]
    made: dict[str, Any] = {
        "ruleId": change["code"],
        "level": _LEVELS.get(change["risk"], "note"),
        "message": {"text": printable(sentence(pipeline, change))},
        "locations": [_location(data, anchor(pipeline, change))],
        # the second is the one that GitHub tells results apart by
        "partialFingerprints": {"dagglot/v1": mark, "primaryLocationLineHash": f"{mark}:1"},
        "properties": {"risk": change["risk"], "pipeline": printable(pipeline["pipeline"])},
    }
    if change["accepted"]:
        reason = printable(change["accepted"]["reason"])
        made["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return made


def _problem(data: Mapping[str, Any], one: Mapping[str, Any]) -> dict[str, Any]:
    place = {"file": "dagglot.yaml", "line": 1, "column": 1, **one}
    return {
        "ruleId": one["code"],
        "level": one["severity"],
        "message": {"text": printable(one["message"])},
        "locations": [_location(data, place)],
    }


def _location(data: Mapping[str, Any], place: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {
                "uri": uri(from_top(data, place["file"])),
                "uriBaseId": "%SRCROOT%",
            },
            "region": {"startLine": place["line"], "startColumn": place["column"]},
        }
    }
