"""Every case folder: the findings of the front, and the golden output of each target."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from case_folders import TARGETS, Case, cases, compiled, files, marks, shown
from dagglot import api

ALL = cases()
IDS = [case.name for case in ALL]


@pytest.mark.parametrize("case", ALL, ids=IDS)
def test_front(case: Case, update: bool) -> None:
    """The marks in the document are exactly the findings, and their text is as written."""
    front = api.check(case.paths, case.project())
    found = list(front.diagnostics)
    for file in front.files:
        marked = sorted(marks(file.text))
        seen = sorted(
            (finding.span.line, finding.rule.code)
            for finding in found
            if finding.span is not None and finding.span.file == file.file.shown
        )
        assert seen == marked, shown(case, found, dict(front.sources))
    golden = case.folder / "diagnostics.txt"
    text = shown(case, found, dict(front.sources))
    if update and text:
        golden.write_text(text, encoding="utf-8")
    assert text == (golden.read_text(encoding="utf-8") if golden.exists() else "")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("case", ALL, ids=IDS)
def test_target(case: Case, target: str, update: bool, tmp_path: Path) -> None:
    """The generated files and the target's own findings are as written."""
    if _is_wrong(case):
        assert not (case.expected / target).exists()
        return
    result = compiled(case, target, tmp_path / "out")
    folder, refusal = case.expected / target, case.expected / f"{target}.txt"
    texts = {path.as_posix(): text for path, text in files(result).items()}
    words = shown(case, result.diagnostics, result.sources)
    if update:
        _write(folder, texts)
        refusal.unlink(missing_ok=True)
        if words:
            refusal.parent.mkdir(parents=True, exist_ok=True)
            refusal.write_text(words, encoding="utf-8")
    assert words == (refusal.read_text(encoding="utf-8") if refusal.exists() else "")
    assert texts == _read(folder)
    assert words or texts


@cache
def _is_wrong(case: Case) -> bool:
    front = api.check(case.paths, case.project())
    return any(finding.is_error for finding in front.diagnostics)


def _read(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode("utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def _write(folder: Path, texts: dict[str, str]) -> None:
    for old in _read(folder):
        if old not in texts:
            (folder / old).unlink()
    for path, text in texts.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode("utf-8"))
