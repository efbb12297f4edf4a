"""A case is a folder: a document (or several), and what every target makes of it.

``pipeline.yaml``            the document; ``# error: DG201`` ends a line with a finding
``dagglot.yaml``             a project file instead, with its own pipelines
``diagnostics.txt``          what the front says, where it says anything
``expected/<target>/…``      the generated files of a target that accepts it
``expected/<target>.txt``    what a target says that refuses it, or that warns
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dagglot import api, compile, plan_jobs
from dagglot.diagnostics import render
from dagglot.diagnostics.model import Diagnostic
from dagglot.jobs import Options, Result
from dagglot.project import NO_PROJECT, Project

TESTS = Path(__file__).parent
os.environ.pop("GIT_SHA", None)  # an example builds with it, and goldens must not depend on it
CASES = TESTS / "cases"
EXAMPLES = TESTS.parent / "examples"
TARGETS = ("airflow", "airflow@2.11", "prefect", "dagster")


@dataclass(frozen=True)
class Case:
    folder: Path
    expected: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def paths(self) -> list[Path]:
        return [] if (self.folder / "dagglot.yaml").exists() else [self.folder / "pipeline.yaml"]

    def project(self) -> Project:
        if not (self.folder / "dagglot.yaml").exists():
            return NO_PROJECT
        opened = api.open_project(self.folder, environment=None)
        assert not opened.diagnostics, opened.diagnostics
        return opened.project


def cases() -> list[Case]:
    """Every case, and every example: an example is a case too."""
    own = [Case(folder, folder / "expected") for folder in sorted(CASES.iterdir())]
    examples = [
        Case(folder, CASES.parent / "examples" / "expected" / folder.name)
        for folder in sorted(EXAMPLES.iterdir())
        if folder.is_dir()
    ]
    return [case for case in (*own, *examples) if case.folder.is_dir()]


def compiled(case: Case, target: str, out: Path) -> Result:
    """One case for one target; the output folder is `out`."""
    project = case.project()
    (job,), found = plan_jobs.jobs([target], out, project)
    assert not found, found
    return compile.compile(case.paths, [job], project, Options(keep_going=True))


def files(result: Result) -> dict[PurePosixPath, str]:
    """The texts that a compile would write, without the manifest (it holds the compiler's hash)."""
    return {
        path: text
        for plan in result.plans
        for path, text in plan.create.items()
        if path.name != ".dagglot-manifest.json"
    }


def shown(case: Case, diagnostics: list[Diagnostic], sources: dict[str, str]) -> str:
    """Findings as text that does not depend on where the repository lies."""
    text = render.text(diagnostics, sources)
    for prefix in (case.folder.as_posix() + "/", _relative(case.folder) + "/"):
        text = text.replace(prefix, "")
    return text


def _relative(path: Path) -> str:
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def marks(text: str) -> Iterator[tuple[int, str]]:
    """The ``# error: DGxxx`` marks of a document: (line, code)."""
    for number, line in enumerate(text.splitlines(), 1):
        _, mark, codes = line.partition("# error:")
        if mark:
            for code in codes.replace(",", " ").split():
                yield number, code
