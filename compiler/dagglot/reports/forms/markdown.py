"""A comment for a pull or merge request, which is found again and brought up to date in place.

Its first line is the marker that it is found by, its second a hash of the rest, so that one that
says the same is left alone. No text of a user is Markdown: see `reports.markdown`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dagglot.reports import moves
from dagglot.reports.diff import accepted, parts, sides, standing, what_changed, what_did_not
from dagglot.reports.forms.words import base_of, rows_of, way
from dagglot.reports.graphs import together
from dagglot.reports.markdown import code, cut, prose, row
from dagglot.reports.mermaid import flowchart, near
from dagglot.reports.table import count

MOST: Final = 59_000
"""Bytes of a whole comment. GitHub takes 65,536 characters, and counts in its own way."""
OF_A_SUMMARY: Final = 900_000
"""Bytes of the summary of a job, of which GitHub takes a mebibyte."""
_OVERVIEW: Final = 3
"""The rows of pipelines take at most one part of so many, so that the details have room."""
_TAIL: Final = 700
"""Bytes that are kept for what stands at the end."""
_PROBLEMS: Final = 10
"""Findings of what is accepted that are told."""
_ALIKE: Final = 3
"""More pipelines than these of which only the text changed share a row."""
_DOTS: Final = {
    "breaking": "🔴",
    "review": "🟡",
    "undecidable": "❔",
    "safe": "🟢",
    "cosmetic": "⚪",
    "accepted": "☑️",
}
_SIGNS: Final = {"error": "❌", "warning": "⚠️", "note": "ℹ️"}
_WORDS: Final = {"breaking": "breaking", "review": "for review"}


def render(data: Mapping[str, Any], least: str, most: int = MOST) -> str:
    """The whole comment, of at most so many bytes."""
    body = _body(data, most)
    mark = hashlib.sha256(body.encode()).hexdigest()[:16]
    state = "" if parts(data) or data["problems"] else ", nothing changed"
    return f"{marker(data)}\n<!-- dagglot hash: {mark}{state} -->\n{body}"


def marker(data: Mapping[str, Any]) -> str:
    """The line that a comment is found by: one for each folder of a repository, and each axis."""
    words = re.sub(r"[^\w./-]", "_", data["folder"] or ".", flags=re.ASCII)
    axis = "" if data["axis"] == "source" else f" {data['axis']}"
    return f"<!-- dagglot diff: {words}{axis} -->"


def _body(data: Mapping[str, Any], most: int) -> str:
    head = "".join(_head(data))
    rows, hidden = _overview(data, most // _OVERVIEW)
    text = head + rows
    left = most - _TAIL - _size(text)
    details, cut_changes, cut_pipelines = [], 0, hidden
    shown = [one for one in parts(data) if one["risk"] != "cosmetic"]
    for number, one in enumerate(shown):
        block, missing = _details(one, left)
        left -= _size(block)
        details.append(block)
        cut_changes += missing
        if not block:
            rest = shown[number:]
            cut_pipelines = max(cut_pipelines, len(rest))
            cut_changes += sum(len(it["changes"]) for it in rest) - missing
            break
    return text + "".join(details) + "".join(_tail(data, cut_changes, cut_pipelines))


def _head(data: Mapping[str, Any]) -> Iterator[str]:
    base, same = code(cut(base_of(data), 200)), data["unchanged"]
    if data["axis"] in ("target", "version"):
        yield f"### dagglot: {base} → {code(data['to'])}\n\n"
        yield f"{prose(moves.summary(data).rpartition(': ')[2])}.\n"
    elif not parts(data):
        yield f"### dagglot: {_headline(data)}\n\n"
        yield f"Compared with {base}: {count(same, 'pipeline')}, and none runs otherwise.\n"
    else:
        yield f"### dagglot: {_headline(data)}\n\n"
        changed, others = what_changed(data), what_did_not(data)
        yield f"Compared with {base}: **{changed} changed**, {others} did not.\n"
    for one in data["problems"][:_PROBLEMS]:
        sign = _SIGNS[one["severity"]]
        place = f" ({code(cut(one['file'], 200))}, line {one['line']})" if "file" in one else ""
        yield f"\n{sign} **{one['code']}** {prose(cut(one['message'], 400))}{place}\n"
    if len(data["problems"]) > _PROBLEMS:
        yield f"\nand {len(data['problems']) - _PROBLEMS} more of what is accepted.\n"


def _headline(data: Mapping[str, Any]) -> str:
    counts = [
        f"{number} {_WORDS.get(risk, risk)}" for risk, number in data["counts"].items() if number
    ]
    if data["accepted"]:
        counts.append(f"{data['accepted']} accepted")
    return ", ".join(counts) or "nothing changed"


# --- a row for each pipeline --------------------------------------------------------------------


def _overview(data: Mapping[str, Any], room: int) -> tuple[str, int]:
    """The table, and how many pipelines are not in it."""
    pipelines = parts(data)
    if not pipelines:
        return "", 0
    alike = [one for one in pipelines if one["risk"] == "cosmetic"]
    alike = alike if len(alike) > _ALIKE else []
    text = "\n" + row("risk", "pipeline", "what runs differently") + row("---", "---", "---")
    rows = [_of_pipeline(one) for one in pipelines if one not in alike]
    if alike:
        names = ", ".join(code(one["pipeline"]) for one in alike[:5])
        more = f" and {len(alike) - 5} more" if len(alike) > 5 else ""
        rows.append(row(_risk("cosmetic"), f"{len(alike)} pipelines", f"nothing: {names}{more}"))
    for number, one in enumerate(rows):
        if _size(text) + _size(one) > room:
            return text + row("…", f"{len(rows) - number} more", ""), len(rows) - number
        text += one
    return text, 0


def _of_pipeline(one: Mapping[str, Any]) -> str:
    first, more = one["changes"][0], len(one["changes"]) - 1
    words = prose(cut(first["consequence"], 120))
    path = "" if first["path"] in ("pipeline", "text") else f"{code(cut(first['path'], 80))}: "
    tail = f" <sub>and {count(more, 'more change')}</sub>" if more else ""
    return row(
        _risk(one["risk"] or "accepted"), f"**{code(one['pipeline'])}**", f"{path}{words}{tail}"
    )


def _risk(word: str) -> str:
    return f"{_DOTS[word]}&nbsp;{word}"


# --- the details of a pipeline ------------------------------------------------------------------


def _details(one: Mapping[str, Any], room: int) -> tuple[str, int]:
    """A folded block that fits, and how many changes are not in it; nothing where none fits."""
    counts: dict[str, int] = {}
    for change in one["changes"]:
        counts[standing(change)] = counts.get(standing(change), 0) + 1
    words = ", ".join(f"{number} {word}" for word, number in counts.items())
    head = f"\n<details><summary>{code(one['pipeline'])}: {words}</summary>\n\n"
    head += row("rule", "change", "what it means") + row(*["---"] * 3)
    foot = "\n</details>\n"
    left = room - _size(head) - _size(foot)
    rows = []
    for change in one["changes"]:
        made = _of_change(change)
        if _size(made) > left:
            break
        left -= _size(made)
        rows.append(made)
    if not rows:
        return "", len(one["changes"])
    more = []
    for part in (_todo(one), _graph(one), _runs(one), _reached(one)):
        if part and _size(part) <= left:
            left -= _size(part)
            more.append(part)
    return head + "".join((*rows, *more, foot)), len(one["changes"]) - len(rows)


def _of_change(change: Mapping[str, Any]) -> str:
    place = change["place"] or change["old_place"]
    words = prose(cut(change["consequence"], 300))
    if change["accepted"]:
        words += f"<br>☑️ {prose(cut(accepted(change), 300))}"
    for on in change["on"]:
        words += f"<br>{_DOTS[on['risk']]} on {code(on['target'])}: {prose(cut(on['note'], 300))}"
    where = []
    if place is not None:
        was = "" if change["place"] else "was at "
        where.append(was + code(f"{cut(place['file'], 200)}:{place['line']}"))
    where.append(code(change["fingerprint"]))
    told = " → ".join(code(side) for side in sides(change, 60) if side)
    path = "" if change["path"] in ("pipeline", "text") else code(cut(change["path"], 120))
    return row(
        f"{_DOTS[standing(change)]}&nbsp;{change['code']}",
        "<br>".join(filter(None, (path, told))),
        f"{words}<br><sub>{' · '.join(where)}</sub>",
    )


def _todo(one: Mapping[str, Any]) -> str:
    """What is to be done besides deploying."""
    lines = [line for change in one["changes"] for on in change["on"] for line in on["commands"]]
    if not lines:
        return ""
    shown = "".join(f"<li>{code(line)}</li>\n" for line in dict.fromkeys(lines))
    return f"\nTo be run by a person who has read the above:\n\n<ul>\n{shown}</ul>\n"


def _graph(one: Mapping[str, Any]) -> str:
    graph = one["graph"]
    if graph is None:
        return ""
    small = together(graph)
    drawn, every = len(near(small)), len(small["tasks"])
    words = (
        f"\n{drawn} of {every} tasks: what changed, and what is next to it.\n"
        if drawn < every
        else ""
    )
    return f"{words}\n```mermaid\n{flowchart(graph)}```\n"


def _runs(one: Mapping[str, Any]) -> str:
    runs = one["first_runs"]
    if runs is None:
        return ""
    text = "\n" + row(f"runs by {code(runs['timezone'])}", "before", "after")
    text += row("---", "---", "---")
    return text + "".join(row(*cells) for cells in rows_of(runs))


def _reached(one: Mapping[str, Any]) -> str:
    found: Sequence[Mapping[str, Any]] = one["indirect"]
    if not found:
        return ""
    shown = "".join(f"<li>{code(it['pipeline'])} {prose(way(it))}</li>\n" for it in found[:10])
    more = f"<li>and {len(found) - 10} more</li>\n" if len(found) > 10 else ""
    return f"\nIt reaches other pipelines:\n\n<ul>\n{shown}{more}</ul>\n"


# --- the end ------------------------------------------------------------------------------------


def _tail(data: Mapping[str, Any], changes: int, pipelines: int) -> Iterator[str]:
    if changes or pipelines:
        what = f"{count(changes, 'change')} of " if changes else ""
        yield (
            f"\n✂️ **Cut here**: {what}{count(pipelines, 'pipeline')} did not fit in here; "
            f"the output of the job has all, and so has the page ({code('--format html')}).\n"
        )
    if parts(data):
        codes = sorted({it["code"] for one in parts(data) for it in one["changes"]})
        yield (
            f"\n<sub>{code(f'dagglot explain {codes[0]}')} tells more of a rule. What is meant is "
            f"accepted in {code('dagglot.yaml')}: "
            f"{code('dagglot diff … --print-waivers')} prints the entries.</sub>\n"
        )


def _size(text: str) -> int:
    return len(text.encode())
