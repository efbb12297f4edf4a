"""Carrying plans out: a failure at any point leaves every file as it was."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from dagglot import write

OLD = {"keep.txt": "keep\n", "a/change.txt": "old\n", "b/c/remove.txt": "gone\n"}
NEW = {"keep.txt": "keep\n", "a/change.txt": "new\n", "d/e/create.txt": "made\n"}


def fill(root: Path) -> None:
    for name, text in OLD.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        os.utime(place, (1_000_000_000, 1_000_000_000))
    (root / "a/change.txt").chmod(0o640)


def planned(root: Path) -> write.Plan:
    files = {PurePosixPath(name): text for name, text in NEW.items()}
    plan, found = write.plan(root, files, [PurePosixPath(name) for name in OLD], force=False)
    assert not found
    return plan


def state(root: Path) -> dict[str, tuple[str, float, int] | None]:
    """Every file and every folder below a folder."""
    return {
        path.relative_to(root).as_posix(): (
            (path.read_text(), path.stat().st_mtime, path.stat().st_mode)
            if path.is_file()
            else None
        )
        for path in sorted(root.rglob("*"))
    }


def test_plan_and_apply(tmp_path: Path) -> None:
    fill(tmp_path)
    plan = planned(tmp_path)
    assert (len(plan.create), len(plan.update), len(plan.remove), plan.kept) == (1, 1, 1, 1)
    assert write.apply([plan]) == ()
    after = state(tmp_path)
    assert sorted(after) == [
        "a",
        "a/change.txt",
        "d",
        "d/e",
        "d/e/create.txt",
        "keep.txt",
    ]
    assert (tmp_path / "a/change.txt").read_text() == "new\n"
    assert (tmp_path / "a/change.txt").stat().st_mode & 0o777 == 0o640
    assert not planned(tmp_path).changes


def failing(
    monkeypatch: pytest.MonkeyPatch, holder: object, name: str, at: int, error: BaseException
) -> list[int]:
    """Make the nth call of a function fail; the calls there were."""
    original: Callable[..., object] = getattr(holder, name)
    calls: list[int] = []

    def stand_in(*arguments: object, **keywords: object) -> object:
        calls.append(1)
        if len(calls) == at:
            raise error
        return original(*arguments, **keywords)

    monkeypatch.setattr(holder, name, stand_in)
    return calls


@pytest.mark.parametrize(
    ("holder", "name", "at"),
    [
        (os, "replace", 1),
        (os, "replace", 2),
        (os, "mkdir", 1),
        (os, "mkdir", 2),
        (os, "fdopen", 1),
        (os, "fdopen", 2),
        (os, "chmod", 2),
        (os, "unlink", 3),
    ],
)
def test_failure_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, holder: object, name: str, at: int
) -> None:
    fill(tmp_path)
    before = state(tmp_path)
    plan = planned(tmp_path)
    calls = failing(monkeypatch, holder, name, at, OSError(28, "No space left on device"))
    found = write.apply([plan])
    monkeypatch.undo()
    assert len(calls) >= at
    assert [finding.rule.code for finding in found] == ["DG505"]
    assert "No space left on device" in found[0].message
    assert state(tmp_path) == before


@pytest.mark.parametrize("at", [1, 2])
def test_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    fill(tmp_path)
    before = state(tmp_path)
    plan = planned(tmp_path)
    failing(monkeypatch, os, "replace", at, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        write.apply([plan])
    monkeypatch.undo()
    assert state(tmp_path) == before


def test_failure_in_the_second_folder_undoes_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        fill(tmp_path / name)
    before = state(tmp_path)
    plans = [planned(tmp_path / name) for name in ("one", "two")]
    failing(monkeypatch, os, "replace", 3, PermissionError(13, "Permission denied"))
    (found,) = write.apply(plans)
    monkeypatch.undo()
    assert "two/d/e/create.txt" in found.message
    assert state(tmp_path) == before


def test_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path)
    before = state(tmp_path)
    plan = planned(tmp_path)
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(1, "not permitted")))
    failing(monkeypatch, os, "replace", 2, OSError(5, "Input/output error"))
    assert len(write.apply([plan])) == 1
    assert state(tmp_path) == before
    assert write.apply([planned(tmp_path)]) == ()


def test_a_name_of_any_length(tmp_path: Path) -> None:
    files: dict[PurePosixPath, str | None] = {PurePosixPath("x" * 250 + ".txt"): "text\n"}
    plan, _ = write.plan(tmp_path, files, [], force=False)
    assert write.apply([plan]) == ()


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    files: dict[PurePosixPath, str | None] = {PurePosixPath("x" * 300): "text\n"}
    plan, found = write.plan(tmp_path, files, [], force=True)
    (finding,) = found or write.apply([plan])
    assert finding.rule.code in ("DG505", "DG506")
    assert list(tmp_path.iterdir()) == []


def test_read_only_folder_is_said_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests may run as root, whom no mode stops."""
    import tempfile

    fill(tmp_path)
    before = state(tmp_path)
    plan = planned(tmp_path)
    failing(monkeypatch, tempfile, "mkstemp", 1, PermissionError(13, "Permission denied"))
    (found,) = write.apply([plan])
    assert found.message.endswith(": Permission denied")
    assert state(tmp_path) == before
