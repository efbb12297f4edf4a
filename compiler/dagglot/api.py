"""The arrows, composed: from files to checked pipelines, to generated files, to the disk.

The only module that knows them all. Nothing here prints or exits; findings are returned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dagglot import inputs
from dagglot import project as projects
from dagglot.beside import Beside
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Related
from dagglot.frozen import dataclass
from dagglot.inputs import SourceFile
from dagglot.paths import shown_path
from dagglot.project import NO_PROJECT, Layers, Project
from dagglot.source import Document
from dagglot.trees import DISK, Tree

if TYPE_CHECKING:
    from dagglot.ir.model import Pipeline

Progress = Callable[[str], None]


def silent(_: str) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A project that was looked for; without a project file it is the empty one."""

    project: Project
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)


def open_project(
    start: Path, environment: str | None = None, *others: Path, tree: Tree = DISK
) -> Opened:
    """The project of a folder: `dagglot.yaml` there or above, else of the next folder."""
    places = (projects.find(folder, tree) for folder in (start, *others))
    path = next((place for place in places if place is not None), None)
    if path is None:
        if environment is not None:
            missing = codes.UNKNOWN_ENVIRONMENT.at(
                None, environment=environment, help="there is no project file `dagglot.yaml` here"
            )
            return Opened(replace(NO_PROJECT, tree=tree), (missing,))
        return Opened(replace(NO_PROJECT, tree=tree))
    shown = shown_path(path)
    project, found, text = projects.load(path, shown, environment, tree=tree)
    return Opened(project or NO_PROJECT, found, {shown: text})


@dataclass(frozen=True, slots=True)
class Checked:
    """One file after the front of the compiler: its pipelines, and all that is wrong with it."""

    file: SourceFile
    data: bytes
    pipelines: tuple[tuple[Pipeline, int], ...]
    """Each with the number of its document in the file."""
    diagnostics: tuple[Diagnostic, ...]
    text: str = ""
    passed_over: int = 0
    beside: Beside = field(default_factory=Beside)
    """The files beside it that were read for its pipelines."""

    @property
    def texts(self) -> Mapping[str, str]:
        """The text of the file, and of those beside it, by the paths that messages show."""
        return {self.file.shown: self.text, **self.beside.texts}


def check_file(file: SourceFile, layers: Layers, data: bytes | None = None) -> Checked:
    """Text to IR, passes included, for every document of a file."""
    if data is None:
        data, unreadable = inputs.read(file)
        if data is None:
            return Checked(file, b"", (), (unreadable,) if unreadable else ())
    documents, found, text, passed_over = inputs.documents(file, data)
    diagnostics = list(found)
    pipelines: list[tuple[Pipeline, int]] = []
    beside = Beside(Path(file.place).parent, file.tree)
    for document in documents:
        made, wrong = check_document(document, layers, beside)
        diagnostics.extend(dict.fromkeys(wrong))
        if not any(finding.is_error for finding in document.found):
            pipelines.extend((pipeline, document.number) for pipeline in made)
    return Checked(file, data, tuple(pipelines), tuple(diagnostics), text, passed_over, beside)


def check_document(
    document: Document, layers: Layers = NO_PROJECT.layers, beside: Beside | None = None
) -> tuple[tuple[Pipeline, ...], tuple[Diagnostic, ...]]:
    """A loaded document to IR: validated, built, every pass run."""
    # here, so that a command which reads no pipeline anew imports none of this
    from dagglot.schema import violations

    beside = beside or Beside()
    wrong = violations(document.value, "pipeline")
    if not wrong and not document.found:
        return _meant(document, layers, beside)
    from dagglot.schema.findings import placed
    from dagglot.schema.prune import doubled, pruned

    twice = doubled(document)
    if not wrong and not twice:
        return _meant(document, layers, beside)
    shape = placed(document, (one for one in wrong if not any(other.hides(one) for other in twice)))
    rest = pruned(document.value, wrong, twice)
    if rest is None:
        return (), shape
    valid = Document(document.file, document.number, rest.value, document.text)
    _, others = _meant(valid, layers, beside)
    return (), (*shape, *(one for one in others if not rest.may_cause(one)))


def _meant(
    document: Document, layers: Layers, beside: Beside
) -> tuple[tuple[Pipeline, ...], tuple[Diagnostic, ...]]:
    """A document that is valid as written to IR: built, every pass run."""
    from dagglot import passes
    from dagglot.ir.build import build, once

    built, diagnostics = build(document, layers, beside)
    found = list(diagnostics)
    pipelines = []
    for one in built:
        pipeline, errors = one.pipeline, bool(one.errors)
        for change in passes.PASSES:
            pipeline, more = change(pipeline)
            kept = [finding for finding in more if not (one.errors and one.may_cause(finding))]
            found.extend(kept)
            errors = errors or any(finding.is_error for finding in kept)
        if pipeline.tests and not any(_about_ids(finding) for finding in found):
            from dagglot.semantics.expectations import findings as wrong_tests

            more = tuple(wrong_tests(pipeline))
            found.extend(more)
            errors = errors or bool(more)
        if not errors:
            pipelines.append(pipeline)
    copied = any(one.copied for one in built)
    return tuple(pipelines), once(found) if copied else tuple(dict.fromkeys(found))


def _about_ids(finding: Diagnostic) -> bool:
    """Whether what is said of a test may follow from it: ids, references, cycles."""
    rule = finding.rule
    return finding.is_error and rule.code.startswith("DG2") and rule is not codes.SCENARIO


@dataclass(frozen=True, slots=True)
class Front:
    """Every file that was asked for, checked."""

    files: tuple[Checked, ...]
    folders: tuple[Path, ...]
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]

    @property
    def pipelines(self) -> tuple[Pipeline, ...]:
        return tuple(pipeline for file in self.files for pipeline, _ in file.pipelines)


def check(paths: Sequence[Path], project: Project = NO_PROJECT) -> Front:
    """Check every document of some paths, or of the project."""
    found = inputs.find(paths, project)
    files = tuple(check_file(file, project.layers) for file in found.files)
    diagnostics = [*found.diagnostics, *duplicates(files), *moved(files)]
    diagnostics.extend(_assets(files, whole=not paths and project.document is not None))
    diagnostics.extend(empty_folders(found, files))
    for file in files:
        diagnostics.extend(file.diagnostics)
    sources = {
        shown: text
        for file in files
        if file.diagnostics or file.pipelines
        for shown, text in file.texts.items()
    }
    return Front(files, found.folders, tuple(diagnostics), sources)


def _assets(files: Sequence[Checked], *, whole: bool) -> Iterable[Diagnostic]:
    """What is wrong with the assets of all pipelines together."""
    some = [one for file in files for one, _ in file.pipelines if one.assets]
    if not some:
        return
    from dagglot.ir import asset_graph

    # what a wrong document produces is not known
    whole = whole and not any(one.is_error for file in files for one in file.diagnostics)
    for found in asset_graph.findings([asset_graph.facts(one) for one in some], whole=whole):
        yield found.diagnostic


def empty_folders(found: inputs.Found, files: Sequence[Checked]) -> Iterable[Diagnostic]:
    """A folder that was named and holds no pipeline is a mistake, not an empty success."""
    if any(file.pipelines or file.diagnostics for file in files) or found.diagnostics:
        return
    for folder in found.folders:
        yield codes.NO_PIPELINES.at(None, path=shown_path(folder))


def duplicates(files: Sequence[Checked]) -> Iterable[Diagnostic]:
    """Two pipelines with one name, in whichever files."""
    first: dict[str, Pipeline] = {}
    for file in files:
        for pipeline, _ in file.pipelines:
            other = first.setdefault(pipeline.id, pipeline)
            if other is not pipeline:
                yield codes.DUPLICATE_PIPELINE.at(
                    pipeline.span,
                    pipeline=pipeline.id,
                    related=(Related(other.span, "first defined here"),),
                )


def moved(files: Sequence[Checked]) -> Iterable[Diagnostic]:
    """Pipelines that are said to have been one which is still there."""
    known = {pipeline.id for file in files for pipeline, _ in file.pipelines}
    for file in files:
        for pipeline, _ in file.pipelines:
            if pipeline.moved_from in known - {pipeline.id}:
                message = f"pipeline `{pipeline.id}` was moved from `{pipeline.moved_from}`"
                yield codes.MOVED_FROM_WHAT_IS_THERE.at(
                    pipeline.at("moved"),
                    message=f"{message}, which is still there",
                    help="leave `moved` out",
                )
