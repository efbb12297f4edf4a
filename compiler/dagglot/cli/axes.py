"""What `diff` compares: commits, targets, versions of them, or generated files. One varies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import typer

from dagglot.cli.shared import Format, checked, exit_code, jobs, report, say, stop, wrong_usage
from dagglot.diagnostics import codes

if TYPE_CHECKING:
    from dagglot.bases import Side
    from dagglot.diagnostics.model import Diagnostic
    from dagglot.diff.judge import Diff
    from dagglot.diff.refused import Refusals
    from dagglot.waivers import Waiver

_OTHER_AXES: Final = ("DG68", "DG691", "DG692", "DG693", "DG694")


class Compared(NamedTuple):
    """What changed, between what, and what the project file accepts of it."""

    diff: Diff
    base: str
    waivers: Sequence[Waiver] = ()
    earlier: Sequence[Waiver] = ()
    """Those that stood in the base."""
    whole: bool = False
    """Whether every pipeline of the project was compared, all waivers with it."""
    axis: str = "source"
    to: str | None = None
    sources: Mapping[str, str] = {}
    more: Mapping[str, Any] = {}
    """What else the data says of this axis."""
    notes: tuple[Diagnostic, ...] = ()
    """What is to be known of the base."""

    def that_matter(self, problems: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
        """What is wrong with the waivers, here: that of another question is for nothing in this
        one."""
        if self.axis == "source":
            return (*problems, *self.notes)
        return tuple(one for one in problems if one.rule is codes.WAIVER_EXPIRED)


class Asked(NamedTuple):
    """The options that say what varies."""

    base: str | None = None
    from_: str | None = None
    to: str | None = None
    against: Path | None = None


def compared(
    paths: Sequence[Path], asked: Asked, since: datetime, env: str | None, findings: Format
) -> Compared:
    """What changed; what is wrong with the question, or with a side, ends the command."""
    _one_axis(asked)
    if asked.against is not None:
        return _of_output(paths, asked.against, since, env, findings)
    if asked.from_ is not None and asked.to is not None:
        return _moved(paths, asked.from_, asked.to, since, env, findings)
    assert asked.base is not None  # noqa: S101 - `_one_axis` has seen to it
    return _of_sources(paths, asked.base, since, env, findings)


def _one_axis(asked: Asked) -> None:
    moves = [
        name for name, word in (("--from", asked.from_), ("--to", asked.to)) if word is not None
    ]
    given = [
        *(["`--base`"] if asked.base is not None else []),
        *([" and ".join(f"`{name}`" for name in moves)] if moves else []),
        *(["`--against-output`"] if asked.against is not None else []),
    ]
    if len(given) > 1:
        wrong_usage(
            f"one thing varies at a time, so that each difference has one cause: {given[0]} and "
            f"{given[1]} are two questions, ask them one after the other"
        )
    if not given:
        wrong_usage(
            "say what to compare with: `--base REF|DIR`, `--from TARGET --to TARGET` or "
            "`--against-output DIR`"
        )
    if len(moves) == 1:
        other = "--to" if moves == ["--from"] else "--from"
        wrong_usage(f"`{moves[0]}` asks for `{other}` too: `--from airflow --to dagster`")


def _of_sources(
    paths: Sequence[Path], base: str, since: datetime, env: str | None, findings: Format
) -> Compared:
    from dagglot import bases
    from dagglot.diff import project_file
    from dagglot.diff.aftermath import Deployed
    from dagglot.diff.judge import judge
    from dagglot.diff.texts import texts_of
    from dagglot.paths import exists
    from dagglot.targets import registry

    sides = bases.read(paths, base, env)
    for side, name in zip(sides, (f"the base `{base}`", "the pipelines of now"), strict=True):
        if side.failed:
            say(f"{name} cannot be compared:")
            report(side.diagnostics, side.sources, findings)
            raise typer.Exit(exit_code(side.diagnostics))
    before, after = sides
    texts = tuple(texts_of(side.pipelines, side.sources) for side in sides)
    names = after.targets or registry.NAMES
    aftermaths = {name: registry.aftermath(name) for name in names if name in registry.NAMES}
    deployed = Deployed(aftermaths, certain=bool(after.targets))
    refusals = _refusals(before, after)
    found = judge(
        before.pipelines, after.pipelines, since, (texts[0], texts[1]), deployed, refusals
    )
    if after.project is not None or not exists(Path(base)):
        project = project_file.changed(before.project, after.project, before.pipelines)
        found = replace(found, project=project)
    return Compared(
        found,
        base,
        _of_documents(after.waivers),
        _of_documents(before.waivers),
        not paths,
        sources=after.sources,
        notes=tuple(one for one in before.diagnostics if one.rule is codes.ALL_IS_NEW),
    )


def _refusals(before: Side, after: Side) -> Refusals:
    """The targets of both project files. Where the base has none, those of now stand for it. A
    version that cannot be compiled for is told as a change of the project file."""
    from dagglot import plan_jobs
    from dagglot.diff.refused import Refusals

    if after.project is None:
        return Refusals()
    old, new = (
        plan_jobs.jobs((), None, one)[0] for one in (before.project or after.project, after.project)
    )
    return Refusals(old, new)


def _of_documents(waivers: Sequence[Waiver]) -> tuple[Waiver, ...]:
    """Those of changes of documents, and of no move."""
    return tuple(one for one in waivers if not one.code.startswith(_OTHER_AXES))


def _moved(
    paths: Sequence[Path],
    source: str,
    goal: str,
    since: datetime,
    env: str | None,
    findings: Format,
) -> Compared:
    from datetime import UTC

    from dagglot.diff import moves
    from dagglot.ir.reader import parse_moment

    for name, word in (("--from", source), ("--to", goal)):
        if parse_moment(word, UTC) is not None:
            wrong_usage(f"`{name}` names a target; the instant to look on from is `--since {word}`")
    opened, front, _ = checked(paths, env, findings)
    ends = [jobs([word], None, opened.project, findings)[0] for word in (source, goal)]
    before, after = ends
    project = opened.project
    found = moves.judge(front.pipelines, before, after, since, project.layers.accept)
    axis = "version" if before.target.name == after.target.name else "target"
    waivers = project.accepted_changes
    return Compared(found, before.name, waivers, axis=axis, to=after.name, sources=opened.sources)


def _of_output(
    paths: Sequence[Path], root: Path, since: datetime, env: str | None, findings: Format
) -> Compared:
    from dagglot.diff import outputs, project_file
    from dagglot.paths import shown_path

    opened, front, sources = checked(paths, env, findings)
    found, wrong = outputs.folders(root)
    if wrong:
        stop(wrong, {}, findings)
    sides = [
        (one, jobs([f"{one.manifest.target}@{one.manifest.version}"], None, opened.project)[0])
        for one in found
    ]
    made, wrong = outputs.judge(paths, front.pipelines, opened.project, sides, since)
    if made is None:
        stop(wrong, sources, findings)
    # each folder is compared for the version that it was made for, and another one is told besides
    versions = [(one.manifest.target, one.manifest.version) for one in found]
    project = project_file.versions(opened.project, versions)
    others = project.changes if project is not None else ()
    return Compared(
        replace(made.diff, project=project),
        shown_path(root),
        opened.project.accepted_changes,
        axis="output",
        sources=opened.sources,
        more={
            "shared": [one._asdict() for one in made.shared],
            "made_with": [
                *made.made_with,
                *(f"another version of {one.change.steps[1]}, {one.before}" for one in others),
            ],
        },
    )
