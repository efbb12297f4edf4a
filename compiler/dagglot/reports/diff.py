"""What changed, for people and programs. Every form is rendered from the data of `as_data`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dagglot.diagnostics.model import Diagnostic, Span
from dagglot.diagnostics.render import as_data as as_finding
from dagglot.diagnostics.render import ordered, printable
from dagglot.diff.delta import Graph
from dagglot.diff.first_runs import FirstRuns
from dagglot.diff.indirect import Reached
from dagglot.diff.judge import Diff, Judged, PipelineDiff
from dagglot.diff.rules.base import ORDER
from dagglot.reports import delta
from dagglot.reports.table import Paint, aligned, count
from dagglot.waivers import Waiver

VERSION: Final = 1
SIGNS: Final = {"added": "+", "removed": "-", "changed": "~", "moved": "→"}
ACCEPTED: Final = "accepted"
_LONGEST: Final = 40
_KEPT: Final = 8
"""Characters before the first that differs, where a long text is cut."""


def as_data(
    diff: Diff,
    base: str,
    folder: str = "",
    problems: Sequence[Diagnostic] = (),
    *,
    axis: str = "source",
    to: str | None = None,
) -> dict[str, Any]:
    """``{"dagglot_diff": 1, …}``, as `schemas/output/diff.v1.schema.json` describes it.

    ``folder`` is where the command runs, from the top of the repository; ``problems`` are those of
    what the project accepts.
    """
    return {
        "dagglot_diff": VERSION,
        "axis": axis,
        "base": base,
        "to": to,
        "folder": folder,
        "since": diff.since.isoformat(),
        "risk": diff.risk.value if diff.risk is not None else None,
        "counts": {risk.value: number for risk, number in diff.counts.items()},
        "accepted": diff.accepted,
        "problems": [as_finding(one) for one in ordered(problems)],
        "unchanged": diff.unchanged,
        "unchanged_pipelines": list(diff.same),
        "project": _pipeline(diff.project) if diff.project is not None else None,
        "pipelines": [_pipeline(one) for one in diff.pipelines],
    }


def parts(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All that changed: the project file, which is about all pipelines, and then each of them."""
    return [*([data["project"]] if data["project"] else []), *data["pipelines"]]


def _pipeline(one: PipelineDiff) -> dict[str, Any]:
    return {
        "pipeline": one.id,
        "change": one.kind.value,
        "risk": one.risk and one.risk.value,
        "place": _place(one.spans[1]),
        "old_place": _place(one.spans[0]),
        "changes": [_change(change) for change in one.changes],
        "graph": _graph(one.graph) if one.graph is not None else None,
        "indirect": [_reached(other) for other in one.reached],
        "equal": list(one.equal),
        "first_runs": _runs(one.runs) if one.runs is not None else None,
    }


def _runs(runs: FirstRuns) -> dict[str, Any]:
    return {
        "timezone": runs.zone,
        "same": runs.same,
        "before": [at.isoformat() for at in runs.before],
        "after": [at.isoformat() for at in runs.after],
        "weekly_before": runs.weekly[0],
        "weekly_after": runs.weekly[1],
    }


def _graph(graph: Graph) -> dict[str, Any]:
    return {
        "tasks": [
            {
                "task": one.task,
                "type": one.type,
                "change": one.kind and one.kind.value,
                "risk": one.risk and one.risk.value,
                "old_task": one.was,
            }
            for one in graph.tasks
        ],
        "edges": [
            {"from": one.from_, "to": one.to, "change": one.kind and one.kind.value}
            for one in graph.edges
        ],
    }


def _reached(one: Reached) -> dict[str, Any]:
    return {
        "pipeline": one.pipeline,
        "way": one.way,
        "name": one.name,
        "through": one.through,
        "place": _place(one.span),
    }


def _change(one: Judged) -> dict[str, Any]:
    old, new = one.change.spans
    return {
        "change": one.change.kind.value,
        "path": one.change.path,
        "before": one.before,
        "after": one.after,
        "code": one.verdict.rule.code,
        "rule": one.verdict.rule.name,
        "risk": one.risk.value,
        "consequence": one.verdict.consequence,
        "place": _place(new),
        "old_place": _place(old),
        "fingerprint": one.fingerprint,
        "accepted": _waiver(one.waiver) if one.waiver is not None else None,
        "fire_times": [
            {"time": at.time.isoformat(), "before": at.before, "after": at.after}
            for at in one.verdict.fire_times
        ],
        "on": [
            {
                "target": on.target,
                "risk": on.risk.value,
                "note": on.note,
                "commands": list(on.commands),
            }
            for on in one.on
        ],
        "feature": one.feature,
        "places": [_place(place) for place in one.places],
    }


def _waiver(waiver: Waiver) -> dict[str, str]:
    return {"reason": waiver.reason, "until": waiver.until.isoformat()}


def _place(span: Span | None) -> dict[str, Any] | None:
    if span is None:
        return None
    return {"file": span.file, "line": span.line, "column": span.column}


def as_json(data: Mapping[str, Any]) -> str:
    """The data as a document."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


# --- text ---------------------------------------------------------------------------------------


def as_text(data: Mapping[str, Any], paint: Paint) -> str:
    """A block for each pipeline, the worst first, and a line that sums up."""
    if data["axis"] in ("target", "version"):
        from dagglot.reports import moves

        return moves.as_text(data, paint)
    if data["axis"] == "output":
        from dagglot.reports import outputs

        return outputs.as_text(data, paint)
    blocks = ["\n".join(_block(one, paint)) + "\n" for one in parts(data)]
    return "\n".join([*blocks, summary(data) + "\n"])


def _block(one: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    risk = one["risk"] or ACCEPTED
    yield f"{paint('bold', printable(one['pipeline']))}: {paint(risk, risk)}"
    rows = [
        [
            (SIGNS[change["change"]], standing(change)),
            (_line(change["path"]), ""),
            (values(change), "dim"),
            (f"{change['code']} {standing(change)}", standing(change)),
        ]
        for change in one["changes"]
    ]
    for line, change in zip(aligned(rows, paint), one["changes"], strict=True):
        yield line
        yield f"      {_line(change['consequence'])}{paint('dim', _where(change))}"
        if change["accepted"]:
            yield f"      {printable(accepted(change))}"
        yield from delta.aftermath(change, paint)
    yield from delta.graph(one, paint)
    yield from delta.indirect(one, paint)


def _line(text: str) -> str:
    """Words with names of users in them, on one line."""
    return printable(" ".join(text.split()))


def standing(change: Mapping[str, Any]) -> str:
    """The risk of a change, or that it is accepted."""
    return ACCEPTED if change["accepted"] else str(change["risk"])


def accepted(change: Mapping[str, Any]) -> str:
    """Until when a change is accepted, and why."""
    reason = " ".join(change["accepted"]["reason"].split())
    return f"accepted until {change['accepted']['until']}: {reason}"


def _where(change: Mapping[str, Any]) -> str:
    place, old = change["place"], change["old_place"]
    if place is not None:
        return f"  {printable(place['file'])}:{place['line']}"
    return f"  was at {printable(old['file'])}:{old['line']}" if old is not None else ""


def values(change: Mapping[str, Any]) -> str:
    """``3 → 1``; what came or went alone; nothing where all is said by the path."""
    before, after = sides(change)
    return f"{before} → {after}" if before and after else before or after


def sides(change: Mapping[str, Any], longest: int = _LONGEST) -> tuple[str, str]:
    """What was and what is, each on one line, and nothing where the path says it."""
    before, after = (_word(change[key]) for key in ("before", "after"))
    named = change["path"].rpartition(".")[2] in (before, after)
    if change["path"] == "text" or (named and change["change"] != "moved"):
        return "", ""
    match change["change"]:
        case "changed" if before == after:  # what it names is not what it was
            return "", _cut(after, 0, longest)
        case "added":
            return "", _cut(after, 0, longest)
        case "removed":
            return _cut(before, 0, longest), ""
        case _:
            same = next(
                (
                    at
                    for at, pair in enumerate(zip(before, after, strict=False))
                    if len({*pair}) > 1
                ),
                min(len(before), len(after)),
            )
            return _cut(before, same, longest), _cut(after, same, longest)


def _word(value: Any) -> str:
    """A scalar as a document writes it, on one line."""
    if isinstance(value, str):
        return " ".join(value.split()) if value.split() else json.dumps(value)
    return json.dumps(value)


def _cut(text: str, same: int, longest: int) -> str:
    """A text that is not too long; of one that is, the part where it differs."""
    if len(text) <= longest:
        return text
    begin = max(0, same - _KEPT) if same > _KEPT else 0
    shown = ("…" if begin else "") + text[begin:]
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def summary(data: Mapping[str, Any]) -> str:
    """ "2 pipelines changed, 5 did not: 1 breaking, 3 review"."""
    if not parts(data):
        return f"nothing changed in {count(data['unchanged'], 'pipeline')}"
    counts = [
        f"{data['counts'][risk.value]} {risk.value}" for risk in ORDER if data["counts"][risk.value]
    ]
    if data["accepted"]:
        counts.append(f"{data['accepted']} {ACCEPTED}")
    return f"{what_changed(data)} changed, {what_did_not(data)} did not: {', '.join(counts)}"


def what_changed(data: Mapping[str, Any]) -> str:
    """ "2 pipelines", "the project file and 2 pipelines"."""
    pipelines = len(data["pipelines"])
    named = ["the project file"] if data["project"] else []
    if pipelines or not named:
        named.append(count(pipelines, "pipeline"))
    return " and ".join(named)


def what_did_not(data: Mapping[str, Any]) -> str:
    """A number, where what it counts has been said."""
    unchanged = data["unchanged"]
    return str(unchanged) if data["pipelines"] else count(unchanged, "pipeline")
