"""The IR of the cases that have an `ir.json`, in every environment of their project."""

from __future__ import annotations

import json

import pytest

from case_folders import CASES, Case
from dagglot import api
from dagglot.ir import dump
from dagglot.project import NO_PROJECT

FOLDERS = sorted(path.parent for path in CASES.glob("*/ir.json"))


def snapshot(case: Case, environment: str | None) -> list[object]:
    project = NO_PROJECT
    if (case.folder / "dagglot.yaml").exists():
        opened = api.open_project(case.folder, environment)
        assert not opened.diagnostics
        project = opened.project
    front = api.check(case.paths, project)
    assert not front.diagnostics, front.diagnostics
    return [json.loads(dump.text(pipeline)) for pipeline in front.pipelines]


def environments(case: Case) -> list[str]:
    file = case.folder / "dagglot.yaml"
    if not file.exists():
        return []
    document = api.open_project(case.folder).project.document
    assert document is not None
    return list(document.value.get("environments", ()))


@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_ir(folder: object, update: bool) -> None:
    case = next(Case(path, path / "expected") for path in FOLDERS if path == folder)
    made: dict[str, object] = {"": snapshot(case, None)}
    made.update({name: snapshot(case, name) for name in environments(case)})
    text = json.dumps(made if len(made) > 1 else made[""], indent=2, ensure_ascii=False) + "\n"
    golden = case.folder / "ir.json"
    if update:
        golden.write_text(text, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == text


def test_there_are_snapshots() -> None:
    assert len(FOLDERS) >= 9
