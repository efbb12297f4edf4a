"""The quick way of a compile: a `stat` for each file, and never a wrong answer for it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from dagglot import hashes, manifest, paths
from front_tools import MANIFEST, Space


@pytest.fixture
def many(space: Space, monkeypatch: pytest.MonkeyPatch) -> Space:
    """Four pipelines, compiled, with a memory of their hashes."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(space.root / ".cache"))
    monkeypatch.setattr(hashes, "WORTH", 1)
    space.project()
    for id in ("a", "b", "c", "d"):
        space.pipeline(id)
    space.compiled()
    return space


def later(monkeypatch: pytest.MonkeyPatch, seconds: float = 3600.0) -> None:
    """As if the command were run some time from now: what is there is no longer new."""
    now = time.time_ns()
    monkeypatch.setattr(hashes.time, "time_ns", lambda: now + int(seconds * 1e9))


def memory(space: Space) -> Any:
    (place,) = (space.root / ".cache/dagglot/hashes").iterdir()
    return json.loads(place.read_text())


def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files below `flows` and `build` that are read from now on."""
    done: list[str] = []
    real = paths.read

    def read(path: str | Path, most: int = 2**40) -> bytes:
        name = Path(path).name
        if name.endswith((".txt", ".yaml")) and name != "dagglot.yaml":
            done.append(name)
        return real(path, most)

    monkeypatch.setattr(paths, "read", read)
    return done


def test_nothing_is_read_twice(many: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch)
    done = reads(monkeypatch)
    assert many.run("compile", "--check").code == 0
    assert sorted(done) == sorted(
        [*(f"{id}.yaml" for id in "abcd"), *(f"{id}.txt" for id in "abcd"), "index.txt"]
    )
    done.clear()
    for words in ((), ("--check",), ("--check", "--diff")):
        assert many.run("compile", *words).err == "build: 6 unchanged\n"
    assert done == []


def test_beside_files_of_others(many: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder that is searched, what is no pipeline is read each time, and nothing else is."""
    many.write("flows/values.yaml", "replicas: 3\n")
    words = ("compile", "flows", "-t", "airflow", "-o", "out")
    many.run(*words)
    later(monkeypatch)
    many.run(*words)
    done = reads(monkeypatch)
    assert many.run(*words).code == 0
    assert done == [], "of what is generated, and of its sources"
    many.write("flows/values.yaml", many.read("flows/a.yaml"))
    assert many.run(*words).codes == ["DG113"]


def test_of_a_changed_file_the_others_are_not_read(
    many: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch)
    many.run("compile", "--check")
    many.pipeline("b", "  two: {type: noop}\n")
    done = reads(monkeypatch)
    ran = many.run("compile", "--check")
    assert ran.code == 1
    assert {"a.yaml", "a.txt", "c.txt"}.isdisjoint(done)


def test_a_file_that_may_still_change_within_its_time_is_hashed(
    many: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit in the same tick of the clock, of the same length: as git's index knows them."""
    later(monkeypatch, 0.5)
    many.run("compile", "--check")
    place = many.root / "build/flows/a.txt"
    was = place.stat()
    place.write_bytes(place.read_bytes().replace(b"one", b"two"))
    os.utime(place, ns=(was.st_atime_ns, was.st_mtime_ns))
    ran = many.run("compile", "--check")
    assert (ran.code, ran.codes) == (1, ["DG502"])


def test_a_time_that_was_set_back_is_seen(many: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the time of the last change of the inode, which nobody sets."""
    later(monkeypatch)
    many.run("compile", "--check")
    place = many.root / "flows/a.yaml"
    was = place.stat()
    place.write_bytes(place.read_bytes().replace(b"one", b"two"))
    os.utime(place, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert many.run("compile", "--check").code == 1


def test_a_file_of_the_future_is_hashed(many: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = time.time() + 10_000
    os.utime(many.root / "flows/a.yaml", (ahead, ahead))
    later(monkeypatch)
    many.run("compile", "--check")
    done = reads(monkeypatch)
    assert many.run("compile", "--check").code == 0
    assert done == ["a.yaml"]


@pytest.mark.parametrize("what", ["output", "shared", "source", "gone", "new", "manifest"])
def test_what_changes_is_seen(many: Space, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    later(monkeypatch)
    many.run("compile", "--check")
    match what:
        case "output":
            many.write("build/flows/c.txt", "x")
        case "shared":
            many.write("build/index.txt", "x")
        case "source":
            many.pipeline("c", "  two: {type: noop}\n")
        case "gone":
            (many.root / "flows/c.yaml").unlink()
        case "new":
            many.pipeline("e")
        case "manifest":
            text = many.read(f"build/{MANIFEST}")
            many.write(f"build/{MANIFEST}", text.replace('"id": "c"', '"id": "x"'))
    assert many.run("compile", "--check").code == 1
    many.run("compile", *(("--force",) if what in ("output", "shared") else ()))
    assert many.run("compile", "--check").code == 0
    assert '"id": "x"' not in many.read(f"build/{MANIFEST}")


def test_an_edited_manifest_is_not_believed(many: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who edits an output and its hash in the manifest has an entry that is not sealed."""
    later(monkeypatch)
    many.run("compile", "--check")
    many.write("build/flows/c.txt", "mine\n")
    data = many.manifest()
    data["pipelines"][2]["outputs"]["flows/c.txt"] = manifest.digest("mine\n")
    many.write(f"build/{MANIFEST}", json.dumps(data))
    assert many.run("compile", "--check").code == 1


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"kind": 1}', "\0", '{"kind": 1, "folder": 3}'])
def test_a_damaged_memory_is_none(many: Space, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    later(monkeypatch)
    many.run("compile", "--check")
    (place,) = (many.root / ".cache/dagglot/hashes").iterdir()
    place.write_text(text)
    assert many.run("compile", "--check").code == 0
    assert memory(many)["files"]


def test_no_home(many: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(many.write("file", "")))
    later(monkeypatch)
    assert many.run("compile", "--check").code == 0


def test_nothing_of_it_is_in_the_repository(many: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    before = many.read(f"build/{MANIFEST}")
    later(monkeypatch)
    many.run("compile", "--check")
    many.run("compile")
    assert many.read(f"build/{MANIFEST}") == before
    assert not list(many.root.glob("build/**/*hashes*"))


def test_files_that_are_gone_are_forgotten(many: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch)
    many.run("compile", "--check")
    assert any("a.yaml" in path for path in memory(many)["files"])
    (many.root / "flows/a.yaml").unlink()
    many.compiled()
    many.run("compile", "--check")
    assert not any("a.yaml" in path for path in memory(many)["files"])


def test_few_files_have_none(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(space.root / ".cache"))
    space.project()
    space.pipeline("a")
    space.compiled()
    later(monkeypatch)
    assert space.run("compile", "--check").code == 0
    assert not list(space.root.glob(".cache/dagglot/hashes/*"))


def test_what_warns_is_said_each_time(many: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    many.pipeline("a", "  two: {type: noop, pool: db}\n")
    many.write("dagglot.yaml", many.read("dagglot.yaml") + "pools: {db: 1}\n")
    many.compiled()
    later(monkeypatch)
    for _ in range(3):
        assert many.run("compile", "--check").codes == ["DG402"]
