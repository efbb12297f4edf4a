"""What a compile is asked for, what it reads, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dagglot import inputs, source, write
from dagglot.diagnostics.model import Diagnostic, Span
from dagglot.frozen import dataclass
from dagglot.inputs import SourceFile
from dagglot.project import Project

if TYPE_CHECKING:
    from dagglot.api import Checked
    from dagglot.ir.asset_graph import Facts, Found
    from dagglot.ir.model import Pipeline
    from dagglot.targets.base import Context, Target


@dataclass(frozen=True, slots=True)
class Job:
    """One target in one version, and the folder that its files go to."""

    target: Target
    version: str
    out: Path
    context: Context

    @property
    def name(self) -> str:
        """The target as a command line names it: ``airflow@3.3``."""
        return f"{self.target.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Options:
    """How to compile. ``strict`` makes an error of what is lossy and not accepted."""

    strict: bool = False
    keep_going: bool = False
    force: bool = False
    explain: bool = False
    """Look at every pipeline, also those that are unchanged, to say what is emulated."""
    locked: bool = False
    """Compile for no other version of a target than the manifest of its folder says."""
    keep_built: bool = True
    """Keep the pipelines for `Result.built`. Without, each file is forgotten when every job has
    taken it: a compile of thousands needs no more memory for them than one of a few."""


DEFAULT: Final = Options()


class Result:
    """What a compile found and would do; nothing is written yet (see `write.apply`)."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.sources: dict[str, str] = {}
        self.plans: list[write.Plan] = []
        self.pipelines = 0
        self.built: list[Pipeline] = []
        """The pipelines that were compiled in this very call, for the last job."""
        self.unchanged = 0
        self.passed_over: list[str] = []
        """The files of a folder that hold a document which is none of ours."""
        self.emulated: list[tuple[str, Span, str, str]] = []
        """With the option `explain`: what is emulated, and where it is asked for."""
        self.blocked = False
        """Whether something stands in the way on the disk: then not even a part is written."""

    def may_write(self, options: Options) -> bool:
        """Whether the plans may be carried out."""
        return not self.blocked and (options.keep_going or not self.failed)

    def block(self, found: Iterable[Diagnostic]) -> None:
        """Report what stands in the way."""
        for diagnostic in found:
            self.diagnostics.append(diagnostic)
            self.blocked = self.blocked or diagnostic.is_error

    @property
    def failed(self) -> bool:
        return any(diagnostic.is_error for diagnostic in self.diagnostics)


class Sources:
    """Files read and checked at most once, whatever the number of targets; ``keep``: several."""

    def __init__(
        self, files: Sequence[SourceFile], project: Project, result: Result, *, keep: bool
    ) -> None:
        self.files = files
        self.project = project
        self.result = result
        self.keep = keep
        self.bytes: dict[str, bytes] = {}
        self.checked: dict[str, Checked] = {}
        self.ids: set[str] = set()
        self.assets: dict[str, list[Facts]] = {}
        """What the pipelines of a file say of assets, where they do."""
        self.meanings: dict[tuple[str, str], str] = {}
        self.known = False
        """Whether the manifest vouched for a file, so that it was not checked again."""

    def data(self, file: SourceFile) -> bytes | None:
        if file.shown not in self.bytes:
            data, unreadable = inputs.read(file)
            if data is None:
                from dagglot.api import Checked

                if file.shown not in self.checked:
                    wrong = (unreadable,) if unreadable is not None else ()
                    self.checked[file.shown] = Checked(file, b"", (), wrong)
                    self.result.diagnostics.extend(wrong)
                return None
            self.bytes[file.shown] = data
        return self.bytes[file.shown]

    def vouched(
        self, file: SourceFile, entries: Sequence[tuple[str, Mapping[str, Any] | None]]
    ) -> None:
        """The manifest knows a file as it is: there is nothing to check, and nothing to keep. The
        ``entries`` are its pipelines, each with what it says of assets."""
        self.known = True
        if file.shown not in self.assets and any(assets for _, assets in entries):
            from dagglot.ir.asset_graph import from_json

            self.assets[file.shown] = [from_json(one, assets or {}) for one, assets in entries]
        if not self.keep:
            self.bytes.pop(file.shown, None)

    def check(self, file: SourceFile) -> Checked:
        if file.shown not in self.checked:
            from dagglot import api

            checked = api.check_file(file, self.project.layers, self.bytes.get(file.shown))
            self.checked[file.shown] = checked
            self.result.diagnostics.extend(checked.diagnostics)
            self.result.sources.update(checked.texts)
            some = [one for one, _ in checked.pipelines if one.assets]
            if some:
                from dagglot.ir.asset_graph import facts

                self.assets[file.shown] = [facts(one) for one in some]
        return self.checked[file.shown]

    def meaning(self, file: SourceFile, pipeline: Pipeline) -> str:
        """The hash of what a pipeline of a file means, made once for all targets."""
        from dagglot.ir import dump

        key = (file.shown, pipeline.id)
        if key not in self.meanings:
            self.meanings[key] = dump.meaning(pipeline)
        return self.meanings[key]

    def wrong_assets(self, *, whole: bool) -> set[str]:
        """Report what is wrong with the assets of all pipelines together, and where; the pipelines
        that must not be written because of it."""
        if not self.assets:
            return set()
        from dagglot.ir.asset_graph import findings

        whole = whole and not any(
            one.is_error for file in self.checked.values() for one in file.diagnostics
        )

        def wrong() -> list[Found]:
            known = (one for file in self.files for one in self.assets.get(file.shown, ()))
            return list(findings(list(known), whole=whole))

        found = wrong()
        if found:  # the manifest knows no places
            for file in self.files:
                if not all(one.is_placed for one in self.assets.get(file.shown, ())):
                    self.check(file)
            found = wrong()
        self.result.diagnostics.extend(one.diagnostic for one in found)
        return {id for one in found for id in one.pipelines}

    def forget(self, file: SourceFile, *, quiet: bool) -> None:
        """Keep what the end of a compile asks of a file that is done: the names of its pipelines,
        and where they stand. Its text is kept where something was said of it."""
        self.bytes.pop(file.shown, None)
        checked = self.checked.get(file.shown)
        if checked is None:
            return
        from dagglot.ir.model import Pipeline

        names = tuple((Pipeline(id=one.id, span=one.span), at) for one, at in checked.pipelines)
        self.checked[file.shown] = replace(checked, data=b"", pipelines=names, text="")
        if quiet:
            for shown in checked.texts:
                self.result.sources.pop(shown, None)

    def recall(self) -> None:
        """The texts of forgotten files that a finding of the end speaks of, read once more."""
        spans = (span for found in self.result.diagnostics for span in found.spans)
        missing = {span.file for span in spans} & self.checked.keys() - self.result.sources.keys()
        for name in sorted(missing):
            data, _ = inputs.read(self.checked[name].file)
            text, _ = source.decode(data or b"", name)
            if text:
                self.result.sources[name] = text

    def all(self) -> tuple[Checked, ...]:
        return tuple(self.checked.values())
