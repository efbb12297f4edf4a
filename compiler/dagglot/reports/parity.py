"""What traces have in common: for people, for programs, for the comment of a pull request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from dagglot.diagnostics.render import printable
from dagglot.parity import VERDICTS, Entry, Parity, Row, Verdict
from dagglot.reports.simulation import name_of
from dagglot.reports.table import Cell, Paint, aligned, attempts, count, value

VERSION: Final = 1
_LONGEST: Final = 36
"""Characters of an output in a column."""


def _sum(parity: Parity) -> str:
    """ "tasks: 12 equal, 1 benign"."""
    counts = [(verdict, parity.count(verdict)) for verdict in VERDICTS]
    return "tasks: " + ", ".join(f"{number} {verdict}" for verdict, number in counts if number)


def _where(parity: Parity) -> str:
    *others, last = parity.targets
    return f"{', '.join(others)} and {last}" if others else last


def _of_runs(parity: Parity) -> str:
    if parity.same_run:
        return ""
    return "not in every file" if None in parity.runs else "the runs end differently"


def _told(row: Row) -> str:
    """What differs, or why that is benign."""
    if row.note:
        return row.note
    return "not in every trace" if "missing" in row.differs else ", ".join(row.differs)


def _shown(row: Row, entry: Entry | None) -> str:
    """An entry in a few words: the state, and of the rest what differs."""
    if entry is None:
        return "–"
    words = [str(entry["state"])]
    if "attempts" in row.differs:
        words.append(attempts(entry["attempts"]) or count(entry["attempts"], "attempt"))
    if "output" in row.differs:
        words.append(value(entry["output"], _LONGEST))
    return ", ".join(words)


def _unlike(parity: Parity) -> list[Row]:
    return [row for row in parity.rows if row.verdict != "equal"]


# --- text ---------------------------------------------------------------------------------------


def as_text(parities: Sequence[Parity], paint: Paint) -> str:
    """A verdict for each pipeline, and below it every task that is not the same everywhere."""
    return "\n".join(line for parity in parities for line in _text(parity, paint)) + "\n"


def _text(parity: Parity, paint: Paint) -> Iterator[str]:
    verdict = parity.verdict
    where = _where(parity)
    yield f"{paint('bold', parity.pipeline)} on {where}: {paint(verdict, verdict)}"
    runs: tuple[Cell, ...] = tuple((run or "no trace", run or "failed") for run in parity.runs)
    rows = _unlike(parity)
    if rows or not parity.same_run:
        told = (_of_runs(parity), "dim")
        mark: Verdict = "equal" if parity.same_run else "divergent"
        yield from aligned(
            [
                (("", ""), *((target, "dim") for target in parity.targets), ("", ""), ("", "")),
                (("run", ""), *runs, (mark, mark), told),
                *(_line(row) for row in rows),
            ],
            paint,
        )
    if parity.rows:
        yield f"  {_sum(parity)}"


def _line(row: Row) -> tuple[Cell, ...]:
    cells = ((_shown(row, entry), str(entry["state"]) if entry else "") for entry in row.seen)
    return ((name_of(row.place), ""), *cells, (row.verdict, row.verdict), (_told(row), "dim"))


# --- Markdown -----------------------------------------------------------------------------------


def as_markdown(parities: Sequence[Parity]) -> str:
    """A heading and a table for each pipeline; nothing in it can break out of its cell."""
    return "\n".join(line for parity in parities for line in _markdown(parity))


_SAID: Final = {
    "equal": "the same",
    "benign": "the same, but for what may differ",
    "divergent": "**divergent**",
}


def _markdown(parity: Parity) -> Iterator[str]:
    where = _where(parity)
    yield f"### {_code(parity.pipeline)} on {_cell(where)}: {_SAID[parity.verdict]}\n"
    rows = _unlike(parity)
    if rows or not parity.same_run:
        heads = ("", *parity.targets, "verdict", "")
        yield "| " + " | ".join(map(_cell, heads)) + " |"
        yield "|" + " --- |" * len(heads)
        verdict = "equal" if parity.same_run else "**divergent**"
        runs = [_cell(run or "no trace") for run in parity.runs]
        yield "| " + " | ".join(["run", *runs, verdict, _of_runs(parity)]) + " |"
        for row in rows:
            cells = [_cell(_shown(row, entry)) for entry in row.seen]
            mark = f"**{row.verdict}**" if row.verdict == "divergent" else row.verdict
            yield "| " + " | ".join([_code(name_of(row.place)), *cells, mark, _told(row)]) + " |"
        yield ""
    if parity.rows:
        yield f"{_sum(parity)[0].upper()}{_sum(parity)[1:]}.\n"


def _cell(text: str) -> str:
    """Text in a cell: no bar ends it, no markup starts in it."""
    flat = printable(text).replace("\n", " ")
    return "".join(f"\\{char}" if char in "\\|`*_<>[]" else char for char in flat)


def _code(text: str) -> str:
    return "`" + printable(text).replace("`", "'").replace("|", "\\|") + "`"


# --- JSON ---------------------------------------------------------------------------------------


def as_json(parities: Sequence[Parity]) -> str:
    """``{"dagglot_parity": 1, "verdict", "pipelines": […]}``; verdicts are ``equal``, ``benign``,
    ``divergent``.

    Each pipeline has its ``verdict``, ``targets``, ``runs`` (in the order of the targets; null: no
    trace) and ``tasks``: ``id``, ``index``, ``verdict``, ``differs`` (of ``state``, ``attempts``,
    ``output``, ``missing``), ``note``, and ``seen``: ``state``, ``attempts`` and ``output`` on each
    target, null where the trace has no such entry.
    """
    worst = max((VERDICTS.index(parity.verdict) for parity in parities), default=0)
    data = {
        "dagglot_parity": VERSION,
        "verdict": VERDICTS[worst],
        "pipelines": [_data(parity) for parity in parities],
    }
    return json.dumps(data, indent=2) + "\n"


def _data(parity: Parity) -> dict[str, Any]:
    return {
        "pipeline": parity.pipeline,
        "verdict": parity.verdict,
        "targets": list(parity.targets),
        "runs": list(parity.runs),
        "tasks": [
            {
                "id": row.place[0],
                "index": row.place[1],
                "verdict": row.verdict,
                "differs": list(row.differs),
                "note": row.note,
                "seen": [
                    {key: entry[key] for key in ("state", "attempts", "output")} if entry else None
                    for entry in row.seen
                ],
            }
            for row in parity.rows
        ],
    }
