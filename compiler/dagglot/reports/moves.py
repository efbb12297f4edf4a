"""What changes with a move, for people: what is refused or differs in full, the rest in a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dagglot.diagnostics.render import printable
from dagglot.reports.diff import ACCEPTED, accepted, standing
from dagglot.reports.table import Paint, aligned, count, few

WORDS: Final = {
    "DG680": "refused",
    "DG681": "differs",
    "DG682": "emulated",
    "DG683": "fires",
    "DG684": "possible",
    "DG685": "needs",
}
"""What became of a construct, by the rule."""
_IN_A_LINE: Final = ("DG682", "DG685")
_MANY: Final = 8


def as_text(data: Mapping[str, Any], paint: Paint) -> str:
    """A block for each pipeline that has to be looked at; the names of those that move as they are;
    what must be there before; and a line that sums up."""
    looked_at = [one for one in data["pipelines"] if not moves_as_it_is(one)]
    blocks = ["\n".join(_block(one, paint)) + "\n" for one in looked_at]
    end = [*_needs(data, paint), *_others(data, paint), summary(data)]
    return "\n".join([*blocks, "\n".join(end) + "\n"])


def moves_as_it_is(pipeline: Mapping[str, Any]) -> bool:
    """Whether a run behaves the same after the move; what is accepted does not make it so."""
    return all(change["risk"] in ("safe", "cosmetic") for change in pipeline["changes"])


def _block(one: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    open_ = any(_weighs(it) and not it["accepted"] for it in one["changes"])
    risk = one["risk"] if open_ else ACCEPTED
    yield f"{paint('bold', printable(one['pipeline']))}: {paint(risk, risk)}"
    told = [change for change in one["changes"] if change["code"] not in _IN_A_LINE]
    rows = [
        [
            (WORDS[change["code"]], standing(change)),
            (change["path"], ""),
            (f"{change['code']} {standing(change)}", standing(change)),
        ]
        for change in told
    ]
    for line, change in zip(aligned(rows, paint), told, strict=True):
        yield line
        yield f"      {printable(change['consequence'])}{paint('dim', _where(change))}"
        if change["accepted"]:
            yield f"      {printable(accepted(change))}"
    emulated = [change["path"] for change in one["changes"] if change["code"] == "DG682"]
    if emulated:
        yield f"  {paint('dim', 'emulated')}  {few(emulated, _MANY)}"
    if one["equal"]:
        yield f"  {paint('dim', 'equal')}     {count(len(one['equal']), 'construct')}"


def _where(change: Mapping[str, Any]) -> str:
    places = change["places"]
    first = f"  {printable(places[0]['file'])}:{places[0]['line']}"
    more = len({(one["file"], one["line"]) for one in places}) - 1
    return first + (f" and {count(more, 'other place')}" if more else "")


def _needs(data: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    """What must be in the new orchestrator's stores, each once."""
    found = [
        change["after"]
        for one in data["pipelines"]
        for change in one["changes"]
        if change["code"] == "DG685"
    ]
    names = list(dict.fromkeys(name for some in found for name in some.split(", ")))
    if names:
        where = data["to"].partition("@")[0]
        yield f"{paint('dim', f'needed in {where} (DG685):')} {printable(few(names, _MANY))}"


def _others(data: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    as_they_are = [one for one in data["pipelines"] if moves_as_it_is(one)]
    for one in as_they_are:
        freed = [change["path"] for change in one["changes"] if change["code"] == "DG684"]
        if freed:
            where = data["base"].partition("@")[0]
            name = printable(one["pipeline"])
            yield f"{paint('dim', f'refused by {where} alone (DG684):')} {name} ({few(freed)})"
    names = [one["pipeline"] for one in as_they_are if _has(one, "DG682")]
    if names:
        head = paint("dim", "runs the same, emulated in part (DG682):")
        yield f"{head} {printable(few(names, _MANY))}"


def _weighs(change: Mapping[str, Any]) -> bool:
    return change["risk"] not in ("safe", "cosmetic")


def _has(one: Mapping[str, Any], code: str) -> bool:
    return any(change["code"] == code for change in one["changes"])


def summary(data: Mapping[str, Any]) -> str:
    """ "airflow@3.3 → dagster@1.13: of 3 pipelines 2 move as they are, 1 differs"."""
    parts = data["pipelines"]
    as_they_are = data["unchanged"] + sum(map(moves_as_it_is, parts))
    refused = sum(_has(one, "DG680") for one in parts)
    others = len(parts) + data["unchanged"] - as_they_are - refused
    as_is = "moves as it is" if as_they_are < 2 else "move as they are"
    words = [f"{as_they_are or 'none'} {as_is}"]
    words += [f"{refused} {'is' if refused == 1 else 'are'} refused"] if refused else []
    words += [f"{others} {'differs' if others == 1 else 'differ'}"] if others else []
    total = count(len(parts) + data["unchanged"], "pipeline")
    return f"{data['base']} → {data['to']}: of {total} {', '.join(words)}"
