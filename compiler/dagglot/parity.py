"""One pipeline on several orchestrators: what their traces have in common, and what not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from dagglot.api import Progress, silent
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.frozen import dataclass
from dagglot.ir.expand import thaw
from dagglot.scenarios import acted_out, decides_early, open_question
from dagglot.semantics.scenario import Given
from dagglot.semantics.simulate import UnansweredError
from dagglot.trace import VERSION

if TYPE_CHECKING:
    from dagglot.ir.model import Pipeline
    from dagglot.jobs import Job
    from dagglot.project import Project
    from dagglot.run_inputs import Inputs
    from dagglot.runner import Where

Trace: TypeAlias = Mapping[str, Any]
Entry: TypeAlias = Mapping[str, Any]
Place: TypeAlias = tuple[str, int | None]
Verdict: TypeAlias = Literal["equal", "benign", "divergent"]

VERDICTS: Final[tuple[Verdict, ...]] = ("equal", "benign", "divergent")
"""From best to worst."""
_DID_NOT_RUN: Final = frozenset({"skipped", "upstream_failed"})


# --- compared -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One task, or one element of it, in every trace; None where a trace has no entry.

    ``differs`` names the keys that are not alike; ``note`` says why that is benign.
    """

    place: Place
    seen: tuple[Entry | None, ...]
    verdict: Verdict
    differs: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Parity:
    """One pipeline, compared: by run, and task by task in the order of the author."""

    pipeline: str
    targets: tuple[str, ...]
    runs: tuple[str | None, ...]
    """How the run ended on each; None where there is no trace."""
    rows: tuple[Row, ...]

    @property
    def same_run(self) -> bool:
        return None not in self.runs and len(set(self.runs)) == 1

    @property
    def verdict(self) -> Verdict:
        worst = max((VERDICTS.index(row.verdict) for row in self.rows), default=0)
        return VERDICTS[worst] if self.same_run else "divergent"

    def count(self, verdict: Verdict) -> int:
        return sum(row.verdict == verdict for row in self.rows)


def compare(
    pipeline: str,
    targets: Sequence[str],
    traces: Sequence[Trace | None],
    order: Sequence[str] = (),
) -> Parity:
    """The traces of one pipeline, one for each target; ``order`` has the ids of the tasks."""
    entries = [
        {(task["id"], task["index"]): task for task in trace["tasks"]} if trace else {}
        for trace in traces
    ]
    places = dict.fromkeys(place for one in entries for place in one)
    rank = {id: number for number, id in enumerate(order)}
    ordered = sorted(
        places,
        key=lambda place: (
            rank.get(place[0], len(rank)),
            "" if place[0] in rank else place[0],
            -1 if place[1] is None else place[1],
        ),
    )
    rows = tuple(_row(place, [one.get(place) for one in entries], targets) for place in ordered)
    if None in traces:
        rows = ()
    runs = tuple(str(trace["run"]) if trace else None for trace in traces)
    return Parity(pipeline, tuple(targets), runs, rows)


def _row(place: Place, seen: Sequence[Entry | None], targets: Sequence[str]) -> Row:
    entries = [one for one in seen if one is not None]
    if len(entries) < len(seen):
        return Row(place, tuple(seen), "divergent", ("missing",))
    ran = any(one["state"] not in _DID_NOT_RUN for one in entries)
    differs = tuple(
        key
        for key in ("state", "attempts", "output")
        if len({_canonical(one[key]) for one in entries}) > 1
    )
    notes = []
    for key in differs:
        if key == "state" and not ran and _by_chance(entries, targets):
            notes.append("does not run; Airflow labels it by the order of events")
        elif key == "attempts" and not ran:
            notes.append("does not run; its attempts mean nothing")
    if not differs:
        return Row(place, tuple(seen), "equal")
    if len(notes) < len(differs):
        return Row(place, tuple(seen), "divergent", differs)
    return Row(place, tuple(seen), "benign", differs, notes[0])


def _by_chance(entries: Sequence[Entry], targets: Sequence[str]) -> bool:
    """Whether the states are alike but for a target that decides early."""
    exact = {
        one["state"]
        for one, target in zip(entries, targets, strict=True)
        if not decides_early(target)
    }
    return len(exact) < 2


def _canonical(output: object) -> str:
    """Outputs are equal when they are the same JSON: `1` and `1.0` are not."""
    return json.dumps(output, sort_keys=True, ensure_ascii=False, default=str)


# --- run ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of it: a parity for each pipeline, the findings, and the texts they speak of."""

    parities: tuple[Parity, ...]
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]


def run(
    paths: Sequence[Path],
    jobs: Sequence[Job],
    project: Project,
    given: Inputs,
    where: Where,
    progress: Progress = silent,
    only: str | None = None,
) -> Compared:
    """Run pipelines with their real bodies on each target, one after another, and compare.

    ``only`` is the id of the one that is run where there are several.
    """
    from dagglot import runner  # traces from files need no more than this module

    found: list[Diagnostic] = []
    sources: dict[str, str] = {}
    traces: dict[str, dict[str, Trace]] = {}
    order: dict[str, tuple[str, ...]] = {}
    for job in jobs:
        ran = runner.run(paths, job, project, given, where, progress, only)
        found.extend(ran.diagnostics)
        sources.update(ran.sources)
        for trace, ids in zip(ran.traces, ran.order, strict=True):
            traces.setdefault(trace["pipeline"], {})[job.name] = trace
            order[trace["pipeline"]] = ids
    if any(finding.is_error for finding in found):
        return Compared((), tuple(dict.fromkeys(found)), sources)
    names = [job.name for job in jobs]
    parities = tuple(
        compare(pipeline, names, [by_target[name] for name in names], order[pipeline])
        for pipeline, by_target in traces.items()
    )
    return Compared(parities, tuple(dict.fromkeys(found)), sources)


def act(
    pipeline: Pipeline,
    given: Given,
    jobs: Sequence[Job],
    where: Where,
    sources: Mapping[str, str],
    progress: Progress = silent,
) -> Compared:
    """Act a scenario out on each target, and compare: no body of the user's runs."""
    from dagglot import replays

    try:
        acted = acted_out(pipeline, given)
    except UnansweredError as error:
        message, help = open_question(error, command_line=True)
        return Compared((), (codes.SCENARIO_OPEN.at(None, message=message, help=help),), sources)
    params = {acted.id: {name: thaw(value) for name, value in given.params.items()}}
    partitions = {acted.id: given.partition}
    found: list[Diagnostic] = []
    traces: dict[str, Trace] = {}
    for job in jobs:
        done = replays.run(
            [acted], job, where, params=params, partitions=partitions, progress=progress
        )
        found.extend((*done.diagnostics, *done.refused.get(acted.id, ())))
        if acted.id in done.traces:
            traces[job.name] = done.traces[acted.id]
        elif not found:
            found.append(
                codes.NOT_RUN.at(pipeline.span, target=job.name, pipeline=pipeline.id, where="")
            )
    names = [job.name for job in jobs]
    if any(finding.is_error for finding in found):
        return Compared((), tuple(dict.fromkeys(found)), sources)
    seen = [traces[name] for name in names]
    one = compare(pipeline.id, names, seen, [task.id for task in pipeline.tasks])
    return Compared((one,), tuple(found), sources)


# --- files --------------------------------------------------------------------------------------


def of_files(paths: Sequence[Path]) -> Compared:
    """Compare traces that `run --trace` has written: one column for each file."""
    found: list[Diagnostic] = []
    columns: list[dict[str, Trace]] = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8-sig")
            columns.append({trace["pipeline"]: trace for trace in _traces(text)})
        except (OSError, ValueError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            found.append(codes.NO_TRACE.at(None, file=path, problem=reason))
    if found:
        return Compared((), tuple(found), {})
    names = _titles(paths, columns)
    pipelines = dict.fromkeys(pipeline for column in columns for pipeline in column)
    parities = tuple(
        compare(pipeline, names, [column.get(pipeline) for column in columns])
        for pipeline in pipelines
    )
    return Compared(parities, (), {})


def _traces(text: str) -> Iterator[Trace]:
    """The traces of a file: JSON objects, one after another."""
    decoder, at = json.JSONDecoder(), 0
    text = text.strip()
    if not text:
        raise ValueError("it is empty")
    while at < len(text):
        try:
            data, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise ValueError(f"line {error.lineno} is no JSON") from None
        while at < len(text) and text[at].isspace():
            at += 1
        _check(data)
        yield data


_KEYS: Final = {"id", "index", "state", "attempts", "output"}


def _check(data: object) -> None:
    if not isinstance(data, dict) or data.get("dagglot_trace") != VERSION:
        raise ValueError(f'there is no `"dagglot_trace": {VERSION}`')
    tasks = data.get("tasks")
    if not isinstance(tasks, list) or not {"pipeline", "target", "run"} <= data.keys():
        raise ValueError("a trace has `pipeline`, `target`, `run` and `tasks`")
    if not all(isinstance(task, dict) and task.keys() >= _KEYS for task in tasks):
        raise ValueError("each of its tasks has `id`, `index`, `state`, `attempts` and `output`")


def _titles(paths: Sequence[Path], columns: Sequence[Mapping[str, Trace]]) -> list[str]:
    """A name for each file: its target, with the file's name where two have one target."""
    targets = [next((str(trace["target"]) for trace in one.values()), "") for one in columns]
    if len(set(targets)) == len(targets):
        return targets
    return [f"{target} ({path.name})" for target, path in zip(targets, paths, strict=True)]
