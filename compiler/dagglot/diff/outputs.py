"""Generated files against what this compiler makes of the same pipelines: whose text changed, and
whether what it means did too.

The manifest of the folder keeps a hash of what each pipeline meant when it was compiled. Where that
is the same, another text comes of the compiler, its templates or options, and a run is as it was.
What is made is for the version of the target that the folder was made for: another one is another
question. Nothing is written.
"""

from __future__ import annotations

import difflib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple

from dagglot import compile as compiling
from dagglot import manifest, paths, portability, write
from dagglot.diagnostics import changes, codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.diff.compare import Change, Kind
from dagglot.diff.judge import Diff, Judged, PipelineDiff, fingerprint, ordered
from dagglot.diff.rules.base import Verdict, says
from dagglot.ir.model import Pipeline
from dagglot.jobs import Job, Options
from dagglot.manifest import Entry, Manifest, Written, digest
from dagglot.paths import shown_path
from dagglot.project import Project

_NOWHERE: Final = ".dagglot-anew"
"""A folder that is not there: what is compiled to it is all new, and is not written."""
_MADE_WITH: Final = {
    "compiler": "another release of dagglot, or another code of it",
    "project": "another project file",
    "options": "other options of the target",
    "templates": "other templates",
}


class Folder(NamedTuple):
    """A folder of generated files, by its name below the one that was asked for."""

    name: str
    root: Path
    manifest: Manifest


class Text(NamedTuple):
    """A file whose text is another one, and by how many lines."""

    path: str
    added: int
    removed: int
    edited: bool
    """Whether it is not as it was generated either."""

    @property
    def told(self) -> str:
        counts = [f"+{self.added}"] * bool(self.added) + [f"-{self.removed}"] * bool(self.removed)
        return " ".join((self.path, *counts))


class Compared(NamedTuple):
    """What changed; ``shared`` are files of all pipelines together, ``made_with`` what is not as it
    was when the folder was compiled."""

    diff: Diff
    shared: tuple[Text, ...]
    made_with: tuple[str, ...]


def folders(root: Path) -> tuple[tuple[Folder, ...], tuple[Diagnostic, ...]]:
    """The folder itself, or those of several targets below it."""
    places = [root, *sorted(one for one in _below(root) if paths.is_folder(one))]
    found, wrong = [], []
    for place in places:
        if not paths.is_file(place / manifest.FILE_NAME):
            continue
        known = manifest.load(place)
        if known is None:
            problem, help = manifest.problem(place)
            file = shown_path(place / manifest.FILE_NAME)
            wrong.append(codes.BAD_MANIFEST.at(None, file=file, problem=problem, help=help))
        else:
            found.append(Folder("" if place == root else place.name, place, known))
        if place == root:
            break
    if not (found or wrong):
        wrong.append(codes.NO_OUTPUT.at(None, folder=shown_path(root)))
    return tuple(found), tuple(wrong)


def _below(root: Path) -> list[Path]:
    try:
        return list(root.iterdir())
    except OSError:
        return []


def judge(
    named: Sequence[Path],
    pipelines: Sequence[Pipeline],
    project: Project,
    sides: Sequence[tuple[Folder, Job]],
    since: datetime,
) -> tuple[Compared | None, tuple[Diagnostic, ...]]:
    """What this compiler makes, against what stands in the folders; None where it makes nothing."""
    jobs = [Job(job.target, job.version, one.root / _NOWHERE, job.context) for one, job in sides]
    result = compiling.compile(named, jobs, project, Options(keep_going=True, keep_built=False))
    if result.blocked:
        return None, tuple(result.diagnostics)
    plans = {paths.real(plan.root): plan for plan in result.plans}
    found: dict[str, list[Judged]] = defaultdict(list)
    kinds: dict[str, Kind] = {}
    shared: list[Text] = []
    made_with: dict[str, None] = {}
    known = {one.id: one for one in pipelines}
    for (folder, job), anew in zip(sides, jobs, strict=True):
        plan = plans.get(paths.real(anew.out))
        texts = dict(plan.create) if plan is not None else {}
        new = _manifest(texts)
        side = _Side(folder, job, texts)
        olds = {one.pipeline: one for one in folder.manifest.entries}
        news = {one.pipeline: one for one in new.entries} if new is not None else {}
        for one in pipelines:
            verdict, kind = side.verdict(one, olds.get(one.id), news.get(one.id))
            if verdict is not None:
                found[one.id].append(side.judged(one.id, verdict, kind, one))
                kinds.setdefault(one.id, kind)
        if not named:
            for id in olds.keys() - known.keys():
                words = "nothing here makes it any more: `--base` tells what became of it"
                verdict = says(changes.OUTPUT_OTHERS, words)
                found[id].append(side.judged(id, verdict, Kind.REMOVED, None))
                kinds[id] = Kind.REMOVED
            if new is not None:
                shared += side.shared(new)
        if new is not None:
            made_with |= dict.fromkeys(_others(folder.manifest, new))
    parts = tuple(
        PipelineDiff(
            id,
            kinds[id],
            tuple(sorted(some, key=lambda one: -one.risk.weight)),
            spans=_spans(known.get(id)),
        )
        for id, some in found.items()
    )
    same = tuple(sorted(one.id for one in pipelines if one.id not in found))
    return Compared(Diff(ordered(parts), same, since), tuple(shared), tuple(made_with)), ()


def _manifest(texts: Mapping[PurePosixPath, str]) -> Manifest | None:
    text = texts.get(PurePosixPath(manifest.FILE_NAME))
    return manifest.parsed(Written("", json.loads(text)), sealed=True) if text else None


def _others(old: Manifest, new: Manifest) -> Iterator[str]:
    for key, words in _MADE_WITH.items():
        was = getattr(old.made, key)
        if was and was != getattr(new.made, key):
            yield words


def _spans(pipeline: Pipeline | None) -> Any:
    return (pipeline.at("pipeline"),) * 2 if pipeline is not None else (None, None)


class _Side:
    """One folder, and the texts that are made for it now."""

    def __init__(self, folder: Folder, job: Job, texts: Mapping[PurePosixPath, str]) -> None:
        self.folder = folder
        self.job = job
        self.texts = texts

    def verdict(
        self, pipeline: Pipeline, old: Entry | None, new: Entry | None
    ) -> tuple[Verdict | None, Kind]:
        """What became of the files of a pipeline; None where they are as they were."""
        if new is None:
            if old is None:
                return None, Kind.CHANGED  # refused then, and now
            cell = portability.cell(pipeline, self.job)
            words = "is not compiled now; `dagglot compile` says why"
            if cell.status is portability.Status.REFUSED:
                title = f"{self.job.target.title} {self.job.version}"
                words = f"{title} refuses it now: {cell.findings[0].verdict.note}"
            return says(changes.OUTPUT_REFUSED, words), Kind.CHANGED
        if old is None:
            words = "nothing was generated of it there: `--base` tells what is new"
            return says(changes.OUTPUT_OTHERS, words), Kind.ADDED
        names = dict.fromkeys((*old.outputs, *new.outputs))
        differing = [text for path in names if (text := self.text(path, old.outputs))]
        if not differing:
            return None, Kind.CHANGED
        files = ", ".join(one.told for one in differing)
        edited = [one.path for one in differing if one.edited]
        if edited:
            words = f"edited by hand, so that only a person can tell: {files}"
            return says(changes.OUTPUT_UNKNOWN, words), Kind.CHANGED
        if not (old.meaning and old.intact):
            words = f"undecidable: the text differs, and its manifest keeps no meaning: {files}"
            return says(changes.OUTPUT_UNKNOWN, words), Kind.CHANGED
        if old.meaning != new.meaning:
            words = f"the document means something else too, `--base` tells what: {files}"
            return says(changes.OUTPUT_OTHERS, words), Kind.CHANGED
        return says(changes.OUTPUT_TEXT, f"text changed, behaviour the same: {files}"), Kind.CHANGED

    def text(self, path: PurePosixPath, generated: Mapping[PurePosixPath, str]) -> Text | None:
        """How a file differs; None where it does not."""
        before = write.data(self.folder.root, path)
        after = self.texts.get(path)
        if after is not None and before == after.encode("utf-8", "surrogatepass"):
            return None
        if before is None and after is None:
            return None
        edited = before is not None and path in generated and digest(before) != generated[path]
        was = (before or b"").decode("utf-8", "replace").splitlines()
        lines = list(difflib.unified_diff(was, (after or "").splitlines(), n=0, lineterm=""))[2:]
        added = sum(1 for line in lines if line.startswith("+"))
        removed = sum(1 for line in lines if line.startswith("-"))
        shown = f"{self.folder.name}/{path}" if self.folder.name else str(path)
        return Text(shown, added, removed, edited)

    def shared(self, new: Manifest) -> Iterator[Text]:
        """The files of all pipelines together that differ."""
        for path in dict.fromkeys((*self.folder.manifest.shared, *new.shared)):
            found = self.text(path, self.folder.manifest.shared)
            if found is not None:
                yield found

    def judged(self, id: str, verdict: Verdict, kind: Kind, pipeline: Pipeline | None) -> Judged:
        place = pipeline.at("pipeline") if pipeline is not None else None
        path = f"{self.job.target.name}"
        spans = (None, place) if kind is Kind.ADDED else (place, place)
        change = Change(kind, (path,), None, None, "Pipeline", "text", spans)
        return Judged(change, verdict, None, None, fingerprint([verdict.rule.code, id, path]))
