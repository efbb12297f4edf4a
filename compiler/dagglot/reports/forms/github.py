"""Annotations beside the lines of a pull request on GitHub.

A step shows 10 errors and 10 warnings, a job 50 annotations: the worst are shown, and one says how
many there are. What is safe has none; the summary of the job has all.

Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dagglot.diagnostics.render import command
from dagglot.reports.forms.words import anchor, every, from_top, sentence
from dagglot.reports.table import count

MOST: Final = 10
"""Errors, and warnings, of a step."""
_LEVELS: Final = {"breaking": "error", "review": "warning", "undecidable": "warning"}


def render(data: Mapping[str, Any], least: str) -> str:
    """A line for each annotation."""
    return "".join(_lines(data))


def _lines(data: Mapping[str, Any]) -> Iterator[str]:
    room = {"error": MOST, "warning": MOST}
    left = 0
    for one in data["problems"]:
        if one["severity"] == "note":
            yield _problem(data, one)
        elif room[one["severity"]]:
            room[one["severity"]] -= 1
            yield _problem(data, one)
        else:
            left += 1
    for pipeline, change in every(data):
        level = None if change["accepted"] else _LEVELS.get(change["risk"])
        if level is None:
            continue
        if not room[level]:
            left += 1
            continue
        room[level] -= 1
        place = anchor(pipeline, change)
        yield command(
            level,
            sentence(pipeline, change),
            title=f"{change['code']} {change['risk']}: {change['rule']}",
            file=from_top(data, place["file"]),
            line=str(place["line"]),
            col=str(place["column"]),
        )
    if left:
        words = f"+{count(left, 'more finding')}: the summary of the job has all"
        yield command("notice", words, title="dagglot diff")


def _problem(data: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    fields = {"title": f"{one['code']} {one['name']}"}
    if "file" in one:
        fields |= {"file": from_top(data, one["file"]), "line": str(one["line"])}
        fields["col"] = str(one["column"])
    level = "notice" if one["severity"] == "note" else one["severity"]
    return command(level, one["message"], **fields)
