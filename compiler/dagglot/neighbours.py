"""The pipelines of one output folder beside each other, those too that a compile does not look at.

Two of the same name, two whose files or names in the orchestrator are the same, and what the
manifest has of sources that were not asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence

from dagglot import inputs, paths
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Related
from dagglot.jobs import Job, Options, Result, Sources
from dagglot.manifest import Entry, Manifest
from dagglot.project import Project


class Neighbours:
    """Of one job. ``places`` are the paths of the sources from the output folder, by how they are
    shown; ``old`` is the manifest of the folder before this compile."""

    def __init__(
        self,
        job: Job,
        found: inputs.Found,
        front: Sources,
        project: Project,
        options: Options,
        result: Result,
        places: Mapping[str, str],
        old: Manifest | None,
    ) -> None:
        self.job = job
        self.found = found
        self.front = front
        self.project = project
        self.options = options
        self.result = result
        self.places = places
        self.old = old

    def duplicates(self, entries: Sequence[Entry]) -> set[str]:
        """The names that two pipelines have, be it in files that this compile does not look at."""
        count = Counter(entry.pipeline for entry in entries)
        twice = {id for id, number in count.items() if number > 1}
        sources = {entry.source for entry in entries if entry.pipeline in twice}
        for file in self.found.files:
            if self.places[file.shown] in sources:
                self.front.check(file)  # `compile` reports what these have twice
        asked = set(self.places.values())
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
        asked = set(self.places.values())
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
            if self.places[checked.file.shown] == source:
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
