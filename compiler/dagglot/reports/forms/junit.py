"""JUnit XML: a test for each pipeline, and for a project file that changed, which fails by what is
at or above the risk that fails.

Source: https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from dagglot.diagnostics.render import printable
from dagglot.reports.diff import parts, standing
from dagglot.reports.forms.words import anchor, fails, from_top, sentence
from dagglot.reports.table import count


def render(data: Mapping[str, Any], least: str) -> str:
    """The document."""
    problems = [one for one in data["problems"] if one["severity"] == "error"]
    cases = [_pipeline(data, one, least) for one in parts(data)]
    cases += [_case(id) for id in data["unchanged_pipelines"]]
    cases += [_problem(data, one) for one in problems]
    failed = sum(1 for case in cases if case.find("failure") is not None)
    totals = {"tests": str(len(cases)), "failures": str(failed), "errors": "0", "time": "0"}
    root = ElementTree.Element("testsuites", {"name": "dagglot diff", **totals})
    suite = ElementTree.SubElement(root, "testsuite", {"name": "dagglot diff", **totals})
    suite.extend(cases)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(name: str, place: Mapping[str, str] | None = None) -> ElementTree.Element:
    fields = {"classname": "dagglot diff", "name": printable(name), **(place or {}), "time": "0"}
    return ElementTree.Element("testcase", fields)


def _pipeline(data: Mapping[str, Any], one: Mapping[str, Any], least: str) -> ElementTree.Element:
    place = one["place"] or anchor(one, one["changes"][0])
    where = {"file": printable(from_top(data, place["file"])), "line": str(place["line"])}
    case = _case(one["pipeline"], where)
    bad = [it for it in one["changes"] if not it["accepted"] and fails(it["risk"], least)]
    if bad:
        words = count(len(bad), "change")
        message = f"{words}, the worst {bad[0]['risk']}: {printable(sentence(one, bad[0]))}"
        failure = ElementTree.SubElement(
            case, "failure", {"type": bad[0]["rule"], "message": message}
        )
        failure.text = "\n".join(_line(data, one, it) for it in bad)
    others = [it for it in one["changes"] if it not in bad]
    if others:
        out = ElementTree.SubElement(case, "system-out")
        out.text = "\n".join(_line(data, one, it) for it in others)
    return case


def _line(data: Mapping[str, Any], one: Mapping[str, Any], change: Mapping[str, Any]) -> str:
    place = anchor(one, change)
    where = f"{from_top(data, place['file'])}:{place['line']}"
    words = f"{where}: {change['code']} {standing(change)}: {sentence(one, change)}"
    return printable(" ".join(words.split()))


def _problem(data: Mapping[str, Any], one: Mapping[str, Any]) -> ElementTree.Element:
    where = {}
    if "file" in one:
        where = {"file": printable(from_top(data, one["file"])), "line": str(one["line"])}
    case = _case(f"accept_changes: {one['message']}", where)
    ElementTree.SubElement(
        case, "failure", {"type": one["name"], "message": printable(one["message"])}
    )
    return case
