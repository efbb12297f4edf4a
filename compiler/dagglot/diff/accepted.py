"""Changes that the project accepts: still told, no longer counted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.diff.judge import Diff, Judged, PipelineDiff, ordered
from dagglot.diff.rules.base import Risk
from dagglot.waivers import Waiver

LASTS: Final = timedelta(days=30)
"""As long as a waiver that is printed is valid."""
_FEW: Final = 3
"""Fingerprints that are named."""


def accept(
    diff: Diff, waivers: Sequence[Waiver], earlier: Sequence[Waiver], today: date, whole: bool
) -> tuple[Diff, tuple[Diagnostic, ...]]:
    """The diff with what is accepted marked so, and what is wrong with the waivers.

    ``earlier`` are those of the base: one that stands there too has done its work when what it
    accepts was merged, which is no failure of a later change. ``whole``: every pipeline of the
    project was compared, so that a waiver of another one is for nothing.
    """
    if not waivers:
        return diff, ()
    valid = {one.change: one for one in reversed(waivers) if one.until >= today}
    used: set[tuple[str, str, str]] = set()
    pipelines = tuple(_marked(one, valid, used) for one in diff.pipelines)
    project = _marked(diff.project, valid, used) if diff.project is not None else None
    marked = replace(diff, pipelines=ordered(pipelines), project=project)
    found = _problems(waivers, {one.change for one in earlier}, used, today, marked, whole)
    return marked, tuple(found)


def _marked(
    pipeline: PipelineDiff,
    valid: dict[tuple[str, str, str], Waiver],
    used: set[tuple[str, str, str]],
) -> PipelineDiff:
    made = []
    for one in pipeline.changes:
        key = (pipeline.id, one.verdict.rule.code, one.fingerprint)
        waiver = valid.get(key)
        if waiver is not None:
            used.add(key)
            one = replace(one, waiver=waiver)
        made.append(one)
    made.sort(key=lambda one: one.waiver is not None)
    return replace(pipeline, changes=tuple(made))


def _problems(
    waivers: Sequence[Waiver],
    earlier: Collection[tuple[str, str, str]],
    used: Collection[tuple[str, str, str]],
    today: date,
    diff: Diff,
    whole: bool,
) -> Iterator[Diagnostic]:
    compared = {*(one.id for one in diff.parts), *diff.same}
    for one in waivers:
        if not whole and one.pipeline not in compared:
            continue
        pipeline, code, mark = one.change
        words: dict[str, Any] = {"code": code, "pipeline": pipeline, "fingerprint": mark}
        if one.until < today:
            help = "delete the entry if that is merged; if it is still meant, a later `until`"
            until = one.until.isoformat()
            yield codes.WAIVER_EXPIRED.at(one.span, **words, until=until, help=help)
        elif one.change not in used and one.change in earlier:
            yield codes.WAIVER_SPENT.at(one.span, **words, help="delete the entry")
        elif one.change not in used:
            yield codes.WAIVER_UNUSED.at(one.span, **words, help=_fitting(one, diff))


def _fitting(waiver: Waiver, diff: Diff) -> str:
    """What an entry for nothing may be meant for: whose fingerprint it has, or which one the same
    rule has now."""
    changes = [(part.id, one) for part in diff.parts for one in part.changes if one.waiver is None]
    for id, one in changes:
        if one.fingerprint == waiver.fingerprint:
            return f"that is the fingerprint of {one.verdict.rule.code} of `{id}`"
    now = [
        f'"{one.fingerprint}" ({one.change.path})'
        for id, one in changes
        if (id, one.verdict.rule.code) == (waiver.pipeline, waiver.code)
    ]
    if not now:
        return "delete the entry"
    more = f" and {len(now) - _FEW} more" if len(now) > _FEW else ""
    return f"if it is what is there now: {', '.join(now[:_FEW])}{more}; else delete the entry"


def stanza(diff: Diff, least: Risk, today: date) -> str:
    """What to paste into the project file, so that changes from a risk on are accepted."""
    wanted: list[tuple[PipelineDiff, Judged]] = [
        (pipeline, one)
        for pipeline in diff.parts
        for one in pipeline.changes
        if one.waiver is None and one.risk.weight >= least.weight
    ]
    if not wanted:
        return ""
    lines = ["accept_changes:"]
    for pipeline, one in wanted:
        lines += [
            f"  - pipeline: {pipeline.id}",
            f"    code: {one.verdict.rule.code} # {one.verdict.rule.name}, {one.change.path}",
            f'    fingerprint: "{one.fingerprint}"',
            '    reason: "" # why this is meant: for who reads it next year',
            f'    until: "{(today + LASTS).isoformat()}"',
        ]
    return "\n".join(lines) + "\n"
