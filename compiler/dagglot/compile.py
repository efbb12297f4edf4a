"""Checked pipelines to an output folder: what is unchanged is not looked at twice.

What reads, judges and renders pipelines is imported where it is used: a compile that finds all as
it was hashes files and does nothing else.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeAlias

from dagglot import inputs, manifest, paths, write
from dagglot.beside import is_as_read
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Related
from dagglot.drift import edited
from dagglot.inputs import SourceFile
from dagglot.jobs import DEFAULT, Job, Options, Result, Sources
from dagglot.manifest import Entry, Manifest, digest
from dagglot.paths import shown_path
from dagglot.project import Project

if TYPE_CHECKING:
    from dagglot.api import Progress
    from dagglot.ir.model import Pipeline
    from dagglot.targets.base import View

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
        self.out = paths.real(job.out)
        self.sources = self.relative(found.files)
        self.old = self.remembered()
        self.made: list[tuple[Entry, Texts]] = []
        self.by_source: dict[str, list[Entry]] = {}
        for entry in self.old.entries if self.old else ():
            self.by_source.setdefault(entry.source, []).append(entry)
        self.setting = digest(
            "\n".join(
                (
                    manifest.compiler_digest(),
                    job.version,
                    repr(job.context),
                    _layers_text(project),
                    manifest.folder_digest(project.templates) if project.templates else "",
                    str(options.strict),
                )
            )
        )

    def relative(self, files: Sequence[SourceFile]) -> dict[str, str]:
        """The path of each source from the output folder: the same on every machine of a
        repository."""
        folders: dict[str, str] = {}
        made: dict[str, str] = {}
        for file in files:
            folder, name = os.path.split(file.place)
            if folder not in folders:  # of a thousand files most share one
                relative = os.path.relpath(folder, self.out)
                folders[folder] = PurePosixPath(relative, "_").as_posix().removesuffix("_")
            made[file.shown] = folders[folder] + name
        return made

    def remembered(self) -> Manifest | None:
        """The manifest of the folder; where there is another file of that name, that is said."""
        old = manifest.load(self.job.out)
        place = self.job.out / manifest.FILE_NAME
        if self.options.force:
            return old if old is None or old.target == self.job.target.name else None
        if old is None and paths.exists(place):
            self.result.block(
                [
                    codes.BAD_MANIFEST.at(
                        None,
                        file=shown_path(place),
                        help="restore it, or remove it and compile with `--force`",
                    )
                ]
            )
        if old is not None and old.target != self.job.target.name:
            self.result.block([_taken(self.job, old.target)])
        return old

    def take(self, file: SourceFile, progress: Progress | None) -> None:
        """Compile the pipelines of one file."""
        if progress is not None:
            progress(f"{self.job.target.name} {self.job.version}: {file.shown}")
        self.made.extend(self.file(file))

    def finish(self, wrong: Container[str]) -> None:
        """Plan the output, now that every file has been taken; without the ``wrong`` pipelines."""
        made = self.made
        dropped = self.duplicates([entry for entry, _ in made])
        dropped |= {entry.pipeline for entry, _ in made if entry.pipeline in wrong}
        kept = list(self.kept([entry for entry, _ in made], dropped))
        dropped |= self.collisions([*(entry for entry, _ in made), *kept])
        made = [(entry, texts) for entry, texts in made if entry.pipeline not in dropped]
        kept = list(self.kept([entry for entry, _ in made], dropped))
        if self.result.blocked or (self.result.failed and not self.options.keep_going):
            return
        entries = (*(entry for entry, _ in made), *kept)
        files = {path: text for _, texts in made for path, text in texts.items()}
        self.plan(tuple(sorted(entries, key=lambda entry: entry.pipeline)), files, kept)

    def file(self, file: SourceFile) -> list[tuple[Entry, Texts]]:
        """The pipelines of a file that have no error; None for a text that is on the disk."""
        data = self.front.data(file)
        if data is None:
            return []
        source = self.sources[file.shown]
        inputs_digest = digest(f"{self.setting}{file.label}\0".encode() + data)
        known = self.by_source.get(source, [])
        if known and all(
            self.is_unchanged(entry, inputs_digest, file.place.parent) for entry in known
        ):
            self.front.vouched(file, known)
            self.result.unchanged += len(known)
            self.front.ids.update(entry.pipeline for entry in known)
            return [(entry, dict.fromkeys(entry.outputs)) for entry in known]
        checked = self.front.check(file)
        # a file of which something is said is looked at again each time, so that it is said again
        quiet = not checked.diagnostics
        made: list[tuple[Entry, Texts]] = []
        for pipeline, number in checked.pipelines:
            self.front.ids.add(pipeline.id)
            pipeline = replace(pipeline, source=file.label)
            lowered = self.pipeline(pipeline)
            quiet = quiet and lowered is not None and lowered[2]
            if lowered is None:
                continue
            texts, contribution, _ = lowered
            entry = Entry(
                pipeline=pipeline.id,
                source=source,
                document=number,
                inputs=inputs_digest,
                outputs={path: digest(text) for path, text in texts.items()},
                contribution=contribution,
                accepted=pipeline.accept.get(self.job.target.name, ()),
                reads=checked.beside.hashes,
                assets=_asset_facts(pipeline),
            )
            made.append((entry, dict(texts)))
        if quiet:
            return made
        return [(replace(entry, inputs=""), texts) for entry, texts in made]

    def is_unchanged(self, entry: Entry, inputs_digest: str, folder: Path) -> bool:
        """Whether an entry is of this very input, and its files are as they were written; in the
        ``folder`` of the document are the files that it names."""
        return (
            entry.intact
            and entry.inputs == inputs_digest
            and not (self.options.strict or self.options.explain)
            and (not entry.reads or is_as_read(folder, entry.reads))
            and all(
                _is(write.data(self.job.out, path), hash) for path, hash in entry.outputs.items()
            )
        )

    def pipeline(
        self, pipeline: Pipeline
    ) -> tuple[dict[PurePosixPath, str], Mapping[str, Any], bool] | None:
        from dagglot import capabilities
        from dagglot.targets.base import Support

        job = self.job
        judged = capabilities.judge(pipeline, job.target, job.version, self.project.layers.accept)
        found = list(capabilities.findings(pipeline, job.target, job.version, judged))
        for judgement in judged if self.options.explain else ():
            if judgement.verdict.support is Support.EMULATED:
                self.result.emulated.append(
                    (
                        f"{job.target.title} {job.version}",
                        judgement.use.span,
                        judgement.use.feature.value,
                        judgement.verdict.note,
                    )
                )
        found.extend(job.target.refusals(pipeline, job.context))
        if self.options.strict:
            found = [_strict(diagnostic) for diagnostic in found]
        self.result.diagnostics.extend(found)
        if any(diagnostic.is_error for diagnostic in found):
            return None
        if self.options.keep_built:
            self.result.built.append(pipeline)
        lowered = job.target.lower(pipeline, job.context)
        texts = self.rendered(lowered.views)
        return (texts, lowered.contribution, not found) if texts is not None else None

    def rendered(self, views: Sequence[View]) -> dict[PurePosixPath, str] | None:
        """The texts of the views. A template of the project may be wrong; one of ours is a bug."""
        from dagglot import emit

        folder = self.project.templates
        if folder is None:
            return emit.render(views)
        made: dict[PurePosixPath, str] = {}
        for view in views:
            try:
                made.update(emit.render([view], folder))
            except Exception as error:
                if not paths.is_file(folder / view.template):
                    raise
                problem = getattr(error, "message", None) or str(error) or type(error).__name__
                line = getattr(error, "lineno", None)
                where = f"line {line}: " if isinstance(line, int) else ""
                self.result.block(
                    [
                        codes.TEMPLATE.at(
                            None,
                            template=shown_path(folder / view.template),
                            problem=f"{where}{problem}",
                        )
                    ]
                )
                return None
        return made

    def duplicates(self, entries: Sequence[Entry]) -> set[str]:
        """The names that two pipelines have, be it in files that this compile does not look at."""
        count = Counter(entry.pipeline for entry in entries)
        twice = {id for id, number in count.items() if number > 1}
        sources = {entry.source for entry in entries if entry.pipeline in twice}
        for file in self.found.files:
            if self.sources[file.shown] in sources:
                self.front.check(file)  # `compile` reports what these have twice
        asked = set(self.sources.values())
        for entry in self.old.entries if self.old is not None else ():
            if entry.pipeline in count and entry.source not in asked:
                found = self.still_in(entry)
                if found is not None:
                    twice.add(entry.pipeline)
                    self.result.diagnostics.append(found)
        return twice

    def still_in(self, entry: Entry) -> Diagnostic | None:
        """The finding for an entry whose pipeline is in another file now, and in its own too."""
        path = self.job.out / entry.source
        if not paths.is_file(path):
            return None
        from dagglot import api

        other = api.check_file(inputs.one(path, self.project), self.project.layers)
        spans = [one.span for one, _ in other.pipelines if one.id == entry.pipeline]
        if not spans:
            return None
        self.result.sources[other.file.shown] = other.text
        here = (one for file in self.front.all() for one, _ in file.pipelines)
        span = next((one.span for one in here if one.id == entry.pipeline), None)
        return codes.DUPLICATE_PIPELINE.at(
            span, pipeline=entry.pipeline, related=(Related(spans[0], "first defined here"),)
        )

    def kept(self, entries: Sequence[Entry], dropped: Container[str]) -> Iterator[Entry]:
        """Entries of the old manifest that this compile says nothing about: their files stay."""
        if self.old is None:
            return
        names = {entry.pipeline for entry in entries}
        asked = set(self.sources.values())
        folders = [paths.real(folder) for folder in self.found.folders]
        for entry in self.old.entries:
            if entry.pipeline in dropped:
                yield entry
            elif entry.pipeline in names:
                continue
            elif entry.source in asked:
                if self.options.keep_going and self.has_errors(entry.source):
                    yield entry  # its document is wrong just now; what it made stays
            else:
                path = paths.real(self.job.out / entry.source)
                if not any(path.is_relative_to(folder) for folder in folders) and paths.exists(
                    path
                ):
                    yield entry

    def has_errors(self, source: str) -> bool:
        for checked in self.front.all():
            if self.sources[checked.file.shown] == source:
                shown = checked.file.shown
                spans = (one.span for one in self.result.diagnostics if one.is_error)
                return any(one.is_error for one in checked.diagnostics) or any(
                    span is not None and span.file == shown for span in spans
                )
        return False

    def collisions(self, entries: Sequence[Entry]) -> set[str]:
        """Pipelines whose names the target writes alike, so that they would overwrite each other.

        In whatever case: some file systems know no difference.
        """
        owner: dict[str, str] = {}
        pairs: list[tuple[str, str, str]] = []
        for entry in entries:
            for path in entry.outputs:
                other = owner.setdefault(str(path).casefold(), entry.pipeline)
                if other != entry.pipeline:
                    pairs.append((other, entry.pipeline, path.name))
        contributions = {entry.pipeline: entry.contribution for entry in entries}
        pairs += self.job.target.collisions(contributions)
        alike: set[str] = set()
        for first, second, name in pairs:
            alike |= {first, second}
            self.result.diagnostics.append(
                codes.NAMES_COLLIDE.at(
                    None, first=first, second=second, name=name, target=self.job.target.title
                )
            )
        return alike

    def shared(self, entries: Sequence[Entry]) -> Mapping[PurePosixPath, str | None] | None:
        """The files of all pipelines together; None for one that stands on the disk already.

        None altogether where a template of the project is wrong.
        """
        if not entries:
            return {}
        old = self.old
        if (
            old is not None
            and old.setting == self.setting
            and old.entries == tuple(entries)
            and all(_is(write.data(self.job.out, path), old.shared[path]) for path in old.shared)
        ):
            return dict.fromkeys(old.shared)
        views = self.job.target.assemble(
            [entry.contribution for entry in entries], self.job.context
        )
        return self.rendered(views)

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
            version=self.job.version,
            compiler=manifest.compiler_digest(),
            setting=self.setting,
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
        self.result.block(found)
        if old is not None and not self.options.force:
            self.result.block(edited(root, plan, old))
        self.result.plans.append(plan)


def _asset_facts(pipeline: Pipeline) -> dict[str, Any]:
    if not pipeline.assets:
        return {}
    from dagglot.ir import asset_graph

    return asset_graph.as_json(asset_graph.facts(pipeline))


def _is(data: bytes | None, hash: str) -> bool:
    """Whether a file holds the text with this hash."""
    return data is not None and digest(data) == hash


def _strict(diagnostic: Diagnostic) -> Diagnostic:
    if diagnostic.rule is not codes.LOSSY:
        return diagnostic
    return replace(diagnostic, rule=codes.LOSSY_STRICT)


def _layers_text(project: Project) -> str:
    document = project.document
    build = sorted(project.layers.build.items())
    return f"{document.text if document else ''}\n{project.environment}\n{build}"
