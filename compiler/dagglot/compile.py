"""Checked pipelines to an output folder: what is unchanged is not looked at twice.

What reads, judges and renders pipelines is imported where it is used: a compile that finds all as
it was hashes files and does nothing else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from dagglot import __version__, inputs, manifest, paths, source, write
from dagglot.beside import changed
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.drift import edited
from dagglot.hashes import Hashes, of_text
from dagglot.inputs import SourceFile
from dagglot.jobs import DEFAULT, Job, Options, Result, Sources
from dagglot.lowering import Lowering
from dagglot.manifest import Entry, Made, Manifest, digest
from dagglot.neighbours import Neighbours
from dagglot.paths import shown_path
from dagglot.project import Project
from dagglot.unchanged import Unchanged, inputs_digest

if TYPE_CHECKING:
    from dagglot.api import Progress
    from dagglot.ir.model import Pipeline

Texts: TypeAlias = Mapping[PurePosixPath, str | None]


def compile(
    named: Sequence[Path],
    jobs: Sequence[Job],
    project: Project,
    options: Options = DEFAULT,
    progress: Progress | None = None,
) -> Result:
    """Plan the output of some pipelines for some targets."""
    result = Result()
    found = inputs.find(named, project)
    # what was not found would look as if it were gone, and its output be removed
    result.block(found.diagnostics)
    front = Sources(found.files, project, result, keep=len(jobs) > 1)
    result.block(_one_folder_each(jobs))
    works = [_Job(job, found, front, project, options, result) for job in jobs]
    for file in found.files:
        before = len(result.diagnostics)
        for work in works:
            work.take(file, progress)
        if not options.keep_built:
            front.forget(file, quiet=len(result.diagnostics) == before)
    wrong = front.wrong_assets(whole=not named and project.document is not None)
    for work in works:
        work.finish(wrong)
    checked = front.all()
    if checked or not front.known:
        from dagglot import api

        result.diagnostics.extend(api.duplicates(checked))
        if not front.known:
            result.diagnostics.extend(api.empty_folders(found, checked))
    front.recall()
    result.passed_over = [file.file.shown for file in checked if file.passed_over]
    result.pipelines = len(front.ids)
    return result


def _one_folder_each(jobs: Sequence[Job]) -> Iterator[Diagnostic]:
    owner: dict[Path, Job] = {}
    for job in jobs:
        first = owner.setdefault(paths.real(job.out), job)
        if first is not job:
            yield _taken(job, f"{first.target.title} {first.version}")


def _taken(job: Job, other: str) -> Diagnostic:
    return codes.FOLDER_TAKEN.at(
        None,
        folder=shown_path(job.out),
        other=other,
        target=f"{job.target.title} {job.version}",
        help="give each target a folder of its own",
    )


class _Job:
    def __init__(
        self,
        job: Job,
        found: inputs.Found,
        front: Sources,
        project: Project,
        options: Options,
        result: Result,
    ) -> None:
        self.job = job
        self.found = found
        self.front = front
        self.project = project
        self.options = options
        self.result = result
        self.lowering = Lowering(job, project, options, result)
        self.out = paths.real(job.out)
        self.hashes = Hashes(self.out)
        self.made_with = Made(
            compiler=f"{__version__} {manifest.compiler_digest()[:16]}",
            version=job.version,
            project=_layers_digest(project),
            options=digest(repr(replace(job.context, version="")))[:32],
            templates=manifest.folder_digest(project.templates)[:32] if project.templates else "",
        )
        self.sources = self.relative(found.files)
        self.old: Manifest | None = None
        self.by_source: dict[str, list[Entry]] = {}
        self.written = manifest.written(job.out)
        self.quick = Unchanged.of(self.written, self.hashes, job.target.name, self.made_with)
        if self.quick is None or options.force or options.strict or options.explain:
            self.remember()
        self.made: list[tuple[Entry, Texts]] = []
        self.why: dict[str, tuple[str, ...]] = {}
        """By pipeline: what is not as it was when it was compiled."""

    def relative(self, files: Sequence[SourceFile]) -> dict[str, str]:
        """The path of each source from the output folder: the same on every machine of a
        repository."""
        folders: dict[str, str] = {}
        made: dict[str, str] = {}
        for file in files:
            folder, _, name = file.place.rpartition("/")
            if folder not in folders:  # of a thousand files most share one
                try:
                    relative = os.path.relpath(folder or "/", self.out)
                except ValueError:  # another drive of Windows
                    relative = folder
                folders[folder] = Path(relative, "_").as_posix().removesuffix("_")
            made[file.shown] = folders[folder] + name
        return made

    def remember(self) -> None:
        """Read the manifest of the folder, and end the quick way; where there is another file of
        that name, that is said."""
        job, force = self.job, self.options.force
        sealed = self.written is not None and self.written.hash == self.hashes.sealed
        old = None if self.written is None else manifest.parsed(self.written, sealed=sealed)
        place = job.out / manifest.FILE_NAME
        if old is None and not force and paths.exists(place):
            problem, help = manifest.problem(job.out)
            self.result.block(
                [codes.BAD_MANIFEST.at(None, file=shown_path(place), problem=problem, help=help)]
            )
        elif old is not None and old.target != job.target.name:
            if not force:
                self.result.block([_taken(job, old.target)])
            old = None if force else old
        elif self.options.locked and (old is None or old.version != job.version):
            self.result.block([_not_locked(job, old.version if old is not None else None)])
        self.old = old
        for entry in old.entries if old is not None else ():
            self.by_source.setdefault(entry.source, []).append(entry)
        if self.quick is not None:
            for source in self.quick.taken:
                known = self.by_source[source]
                self.made.extend((entry, dict.fromkeys(entry.outputs)) for entry in known)
            self.quick = None

    def take(self, file: SourceFile, progress: Progress | None) -> None:
        """Compile the pipelines of one file."""
        if progress is not None:
            progress(f"{self.job.target.name} {self.job.version}: {file.shown}")
        self.made.extend(self.file(file))

    def finish(self, wrong: Container[str]) -> None:
        """Plan the output, now that every file has been taken; without the ``wrong`` pipelines."""
        if self.quick is not None:
            if self.quick.is_all() and not (self.made or wrong or self.result.failed):
                kept = self.quick.files()
                self.result.plans.append(write.Plan(self.job.out, {}, {}, (), kept))
                self.hashes.save()
                return
            self.remember()
        made = self.made
        beside = Neighbours(
            self.job,
            self.found,
            self.front,
            self.project,
            self.options,
            self.result,
            self.sources,
            self.old,
        )
        dropped = beside.duplicates([entry for entry, _ in made])
        dropped |= {entry.pipeline for entry, _ in made if entry.pipeline in wrong}
        left = list(beside.kept([entry for entry, _ in made], dropped))
        dropped |= beside.collisions([*(entry for entry, _ in made), *left])
        made = [(entry, texts) for entry, texts in made if entry.pipeline not in dropped]
        left = list(beside.kept([entry for entry, _ in made], dropped))
        if self.result.blocked or (self.result.failed and not self.options.keep_going):
            return
        entries = (*(entry for entry, _ in made), *left)
        files = {path: text for _, texts in made for path, text in texts.items()}
        self.plan(tuple(sorted(entries, key=lambda entry: entry.pipeline)), files, left)

    def file(self, file: SourceFile) -> list[tuple[Entry, Texts]]:
        """The pipelines of a file that have no error; None for a text that is on the disk."""
        place = self.sources[file.shown]
        if self.quick is not None:
            entries = self.quick.take(file, place)
            if entries:
                self.vouched(file, [(one["pipeline"], one.get("assets")) for one in entries])
                return []
            if place in self.quick.by_source:
                self.remember()
        known = self.by_source.get(place, [])
        hash = self.hashes.text(file.place, source.MAX_BYTES, file.state) if known else None
        if hash is not None:
            digest_now = inputs_digest(file, hash)
            if all(self.is_unchanged(entry, digest_now, file.place) for entry in known):
                self.vouched(file, [(entry.pipeline, entry.assets) for entry in known])
                return [(entry, dict.fromkeys(entry.outputs)) for entry in known]
        data = self.front.data(file)
        if data is None:
            return []
        digest_now = inputs_digest(file, of_text(data))
        self.explain(file, known, digest_now)
        checked = self.front.check(file)
        # a file of which something is said is looked at again each time, so that it is said again
        quiet = not checked.diagnostics
        made: list[tuple[Entry, Texts]] = []
        for pipeline, number in checked.pipelines:
            self.front.ids.add(pipeline.id)
            pipeline = replace(pipeline, source=file.label)
            lowered = self.lowering.pipeline(pipeline)
            quiet = quiet and lowered is not None and lowered[2]
            if lowered is None:
                continue
            texts, contribution, _, accepted = lowered
            entry = Entry(
                pipeline=pipeline.id,
                source=place,
                document=number,
                inputs=digest_now,
                outputs={path: digest(text) for path, text in texts.items()},
                contribution=contribution,
                made=self.made_with,
                meaning=self.front.meaning(file, pipeline),
                accepted=accepted,
                reads=checked.beside.hashes,
                assets=_asset_facts(pipeline),
            )
            made.append((entry, dict(texts)))
        if quiet:
            return made
        return [(replace(entry, noted=True), texts) for entry, texts in made]

    def vouched(
        self, file: SourceFile, entries: Sequence[tuple[str, Mapping[str, Any] | None]]
    ) -> None:
        """The manifest knows a file as it is."""
        self.front.vouched(file, entries)
        self.result.unchanged += len(entries)
        self.front.ids.update([pipeline for pipeline, _ in entries])

    def is_unchanged(self, entry: Entry, digest_now: str, document: str) -> bool:
        """Whether an entry is of this very input, and its files are as they were written."""
        return (
            entry.inputs == digest_now
            and entry.made == self.made_with
            and entry.intact
            and not (entry.noted or self.options.strict or self.options.explain)
            and not (entry.reads and changed(document, entry.reads, self.hashes))
            and all(self.hashes.output(str(path)) == hash for path, hash in entry.outputs.items())
        )

    def explain(self, file: SourceFile, known: Sequence[Entry], digest_now: str) -> None:
        """Keep in mind why the pipelines of a file are compiled again."""
        if not known:
            return
        from dagglot import reasons

        for entry in known:
            reads = changed(file.place, entry.reads, self.hashes)
            self.why[entry.pipeline] = reasons.of_entry(
                entry, self.made_with, self.job.target.title, digest_now, reads, file.shown
            )

    def shared(self, entries: Sequence[Entry]) -> Mapping[PurePosixPath, str | None] | None:
        """The files of all pipelines together; None for one that stands on the disk already.

        None altogether where a template of the project is wrong.
        """
        if not entries:
            return {}
        old = self.old
        if (
            old is not None
            and old.made == self.made_with
            and old.entries == tuple(entries)
            and all(self.hashes.output(str(path)) == old.shared[path] for path in old.shared)
        ):
            return dict.fromkeys(old.shared)
        views = self.job.target.assemble(
            [entry.contribution for entry in entries], self.job.context
        )
        return self.lowering.rendered(views)

    def plan(
        self,
        entries: tuple[Entry, ...],
        files: Mapping[PurePosixPath, str | None],
        kept: Sequence[Entry],
    ) -> None:
        root, old = self.job.out, self.old
        broken = [entry.pipeline for entry in kept if not entry.intact]
        if broken:
            self.result.block(
                codes.BAD_ENTRY.at(
                    None,
                    file=shown_path(root / manifest.FILE_NAME),
                    pipeline=pipeline,
                    help="compile that pipeline too",
                )
                for pipeline in broken
            )
            return
        shared = self.shared(entries)
        if shared is None:
            return
        new = Manifest(
            target=self.job.target.name,
            made=self.made_with,
            entries=entries,
            shared={
                path: old.shared[path] if text is None and old is not None else digest(text or "")
                for path, text in shared.items()
            },
        )
        texts = {**files, **shared}
        ours = set(old.files()) if old is not None else set()
        ours.difference_update(path for entry in kept for path in entry.outputs)
        if texts or old is not None:
            path = PurePosixPath(manifest.FILE_NAME)
            texts[path] = manifest.dump(new) if new != old else None
            ours.add(path)
        plan, found = write.plan(root, texts, ours, force=self.options.force)
        if old is not None:
            plan = replace(plan, generated=old.files(), theirs=old.theirs)
            if old.version != self.job.version:
                plan = replace(plan, moved=f"{old.version} → {self.job.version}")
        if plan.changes:
            from dagglot import reasons

            plan = reasons.explained(plan, old, new, self.why, self.job.target.title)
        self.result.block(found)
        if not self.options.force:
            self.result.block(edited(plan))
        self.result.plans.append(plan)
        if old == new and not plan.changes and not self.result.failed:
            self.hashes.seals(self.written.hash if self.written is not None else "")
        self.hashes.save()


def _not_locked(job: Job, locked: str | None) -> Diagnostic:
    folder, title = shown_path(job.out), job.target.title
    if locked is None:
        return codes.NO_LOCK.at(
            None,
            folder=folder,
            target=title,
            help="compile once without `--locked`, and commit the output with its manifest",
        )
    return codes.LOCKED.at(
        None,
        folder=folder,
        target=title,
        locked=locked,
        asked=job.version,
        help=f'stay with `-t {job.target.name}@{locked}`, or `version: "{locked}"` below `targets` '
        "in the project file; or move: compile once without `--locked`",
    )


def _asset_facts(pipeline: Pipeline) -> dict[str, Any]:
    if not pipeline.assets:
        return {}
    from dagglot.ir import asset_graph

    return asset_graph.as_json(asset_graph.facts(pipeline))


_NO_INPUT: Final = frozenset(
    {"accept_changes", "description", "lint", "pipelines", "project", "python", "targets"}
)
"""Parts of a project file that no pipeline's output depends on, or that are looked at elsewhere."""


def _layers_digest(project: Project) -> str:
    """A hash of what the project gives to every pipeline."""
    written = project.document.value if project.document is not None else {}
    parts = {key: value for key, value in written.items() if key not in _NO_INPUT}
    build = sorted(project.layers.build.items())
    return digest(json.dumps([parts, project.environment, build], default=repr))[:32]
