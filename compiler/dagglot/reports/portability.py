"""The portability of a project: data for programs, and a text for a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dagglot import portability
from dagglot.diagnostics.render import printable
from dagglot.portability import Criterion, Finding, Report, Row, Status
from dagglot.reports.table import Cell, Paint, aligned, count, few

VERSION: Final = 1
COLOURS: Final = {
    "native": "success",
    "emulated": "success",
    "accepted": "benign",
    "lossy": "review",
    "refused": "breaking",
}
_PLACES: Final = 3
_MANY: Final = 40
"""Pipelines in the table of a text; more of them are told by the causes alone."""


def as_data(report: Report) -> dict[str, Any]:
    """``{"dagglot_report": 1, …}``, as `schemas/output/report.v1.schema.json` describes it."""
    names = [job.name for job in report.targets]
    facts = report.facts
    return {
        "dagglot_report": VERSION,
        "targets": {
            name: {
                "title": f"{job.target.title} {job.version}",
                "untouched": sum(number for status, number in totals.items() if status.untouched),
                "totals": _counts(totals),
                "refused_by": _causes(report, index, Status.REFUSED),
                "lossy_by": _causes(report, index, Status.LOSSY),
            }
            for index, (name, job) in enumerate(zip(names, report.targets, strict=True))
            for totals in (report.totals(index),)
        },
        "facts": {
            "pipelines": facts.pipelines,
            "tasks": facts.tasks,
            "largest": facts.largest,
            "scheduled": facts.scheduled,
            "runs_a_week": facts.runs,
            "task_runs_a_week": facts.task_runs,
            "native_tasks": facts.native_tasks,
            "with_options": facts.with_options,
        },
        "pipelines": [_row(row, names) for row in report.rows],
        "decision": {
            "computed": [_criterion(one, names) for one in portability.criteria(report)],
            "asked": [
                {"criterion": name, "question": words}
                for name, words in portability.QUESTIONS.items()
            ],
        },
    }


def _counts(counts: Mapping[Status, int]) -> dict[str, int]:
    return {status.value: counts[status] for status in Status}


def _causes(report: Report, number: int, status: Status) -> list[dict[str, Any]]:
    return [{"feature": name, "pipelines": some} for name, some in report.causes(number, status)]


def _row(row: Row, names: Sequence[str]) -> dict[str, Any]:
    return {
        "pipeline": row.pipeline.id,
        "place": _place(row.pipeline.at("pipeline")),
        "tasks": len(row.pipeline.tasks),
        "constructs": len(row.used),
        "targets": {
            name: {
                "status": cell.status.value,
                "findings": [_finding(one) for one in cell.findings],
            }
            for name, cell in zip(names, row.cells, strict=True)
        },
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "feature": one.name,
        "status": one.status.value,
        "support": one.verdict.support.value,
        "accepted": one.accepted,
        "reason": one.verdict.note,
        "setup": one.verdict.setup or None,
        "places": [_place(span) for span in one.spans],
    }


def _place(span: Any) -> dict[str, Any]:
    return {"file": span.file, "line": span.line, "column": span.column}


def _criterion(one: Criterion, names: Sequence[str]) -> dict[str, Any]:
    return {
        "criterion": one.name,
        "about": one.about,
        "pipelines": one.pipelines,
        "targets": {name: _counts(counts) for name, counts in zip(names, one.cells, strict=True)},
    }


def as_json(data: Mapping[str, Any]) -> str:
    """The data as a document."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


# --- words ----------------------------------------------------------------------------------------


def rolled_up(data: Mapping[str, Any], name: str) -> str:
    """ "247 of 300 move untouched; 38 lossy: priority 20, resources 18; 15 blocked by: pools 9"."""
    target, total = data["targets"][name], data["facts"]["pipelines"]
    words = [f"{target['untouched']} of {total} move untouched"]
    for status, verb, key in (
        ("lossy", "lossy", "lossy_by"),
        ("refused", "blocked by", "refused_by"),
    ):
        number = target["totals"][status]
        if number:
            causes = [f"{one['feature']} {one['pipelines']}" for one in target[key]]
            words.append(f"{number} {verb}: {few(causes, 5)}")
    return "; ".join(words)


def shares(counts: Mapping[str, int]) -> str:
    """ "12 native, 3 emulated": the counts that there are."""
    return ", ".join(f"{number} {word}" for word, number in counts.items() if number)


def facts(data: Mapping[str, Any]) -> str:
    """ "300 pipelines, 6,000 tasks, 2,100 scheduled runs a week"."""
    one = data["facts"]
    words = [
        count(one["pipelines"], "pipeline"),
        f"{one['tasks']:,} task{'' if one['tasks'] == 1 else 's'}, at most {one['largest']} in one",
        f"{one['runs_a_week']:,} scheduled runs a week with {one['task_runs_a_week']:,} task runs",
    ]
    return "; ".join(words)


def ties(data: Mapping[str, Any]) -> str:
    """What is written for one orchestrator alone."""
    one = data["facts"]
    if not (one["native_tasks"] or one["with_options"]):
        return "nothing is written for one orchestrator alone"
    return (
        f"written for one orchestrator alone: {count(one['native_tasks'], 'native task')}, options "
        f"in {count(one['with_options'], 'pipeline')}"
    )


def where(places: Sequence[Mapping[str, Any]], most: int = _PLACES) -> str:
    """``a.yaml:3, a.yaml:9 and 4 more places``."""
    lines = list(dict.fromkeys(f"{one['file']}:{one['line']}" for one in places))
    more = f" and {count(len(lines) - most, 'more place')}" if len(lines) > most else ""
    return ", ".join(lines[:most]) + more


def in_the_way(data: Mapping[str, Any], name: str, status: str) -> Iterator[dict[str, Any]]:
    """What refuses pipelines on a target, or makes them lossy: each cause once, with its reason,
    the pipelines, and all of its places."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in data["pipelines"]:
        for one in row["targets"][name]["findings"]:
            if one["status"] == status:
                key = (one["feature"], one["reason"])
                cause = found.setdefault(
                    key,
                    {"feature": key[0], "reason": key[1], "pipelines": [], "places": []},
                )
                cause["pipelines"].append(row["pipeline"])
                cause["places"] += one["places"]
    yield from sorted(found.values(), key=lambda one: (-len(one["pipelines"]), one["feature"]))


# --- text -----------------------------------------------------------------------------------------


def as_text(data: Mapping[str, Any], paint: Paint) -> str:
    """The roll-up, what is in the way with its lines, a row for each pipeline, the decision."""
    parts = [
        [facts(data), *_totals(data, paint)],
        *(_causes_of(data, name, paint) for name in data["targets"]),
        list(_table(data, paint)),
        list(_decision(data, paint)),
    ]
    return "\n".join("\n".join(part) + "\n" for part in parts if part)


def _totals(data: Mapping[str, Any], paint: Paint) -> list[str]:
    rows: list[list[Cell]] = [
        [(name, "bold"), (rolled_up(data, name), "")] for name in data["targets"]
    ]
    return aligned(rows, paint)


def _causes_of(data: Mapping[str, Any], name: str, paint: Paint) -> list[str]:
    lines = []
    for status in ("refused", "lossy"):
        for cause in in_the_way(data, name, status):
            number = count(len(cause["pipelines"]), "pipeline")
            word = paint(COLOURS[status], status)
            lines.append(f"  {word}  {printable(cause['feature'])}  {paint('dim', number)}")
            lines.append(f"      {printable(cause['reason'])}")
            lines.append(f"      {paint('dim', printable(where(cause['places'])))}")
    return [paint("bold", name), *lines] if lines else []


def _table(data: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    """Every pipeline that does not move untouched to all targets."""
    names = list(data["targets"])
    rows, untouched = [], 0
    for row in data["pipelines"]:
        cells = [row["targets"][name]["status"] for name in names]
        if not {"lossy", "refused"} & {*cells}:
            untouched += 1
            continue
        rows.append([(row["pipeline"], ""), *((one, COLOURS[one]) for one in cells)])
    if rows:
        head = [("", ""), *((name, "dim") for name in names)]
        yield from aligned([head, *rows[:_MANY]], paint)
        if len(rows) > _MANY:
            yield f"  and {len(rows) - _MANY} more, in --format html, markdown and json"
    if untouched:
        everywhere = count(untouched, "pipeline")
        yield f"  {everywhere} {'moves' if untouched == 1 else 'move'} untouched to each of them"


def _decision(data: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    names = list(data["targets"])
    yield paint("bold", "what these pipelines say to the choice of an orchestrator")
    rows: list[list[Cell]] = [[("", ""), ("pipelines", "dim"), *((name, "dim") for name in names)]]
    for one in data["decision"]["computed"]:
        counts = [one["targets"][name] for name in names]
        rows.append(
            [
                (one["criterion"], ""),
                (f"{one['pipelines']}", "dim"),
                *((shares(some), _worst(some)) for some in counts),
            ]
        )
    yield from aligned(rows, paint)
    yield f"  {ties(data)}"
    yield paint("bold", "what they cannot say, and you have to")
    for one in data["decision"]["asked"]:
        yield f"  {one['question']}"


def _worst(counts: Mapping[str, int]) -> str:
    worst = [word for word, number in counts.items() if number]
    return COLOURS[worst[-1]] if worst else ""
