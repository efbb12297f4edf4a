"""Environments from lock files: which there are, and making one from a tiny lock of our own."""

from __future__ import annotations

import multiprocessing
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from dagglot import runtimes
from dagglot.runtimes import Runtime, RuntimeProblem, environments, uv

needs_uv = pytest.mark.skipif(uv.find() is None, reason="uv is not installed")


@pytest.fixture(autouse=True)
def _own_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGGLOT_RUNTIMES", str(tmp_path / "runtimes"))


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """A runtime whose lock is one package made here, so that no network is needed."""
    package = tmp_path / "tiny"
    package.mkdir()
    metadata = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
    wheel = package / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "VALUE = 42\n")
        archive.writestr("tiny-1.0.dist-info/METADATA", metadata)
        archive.writestr(
            "tiny-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    locks = tmp_path / "locks"
    locks.mkdir()
    (locks / "toy-1.0.txt").write_text(f"tiny @ {wheel.as_uri()}\n")
    monkeypatch.setattr(environments, "LOCKS", locks)
    return Runtime("toy", "1.0")


def test_every_target_has_a_runtime() -> None:
    names = [runtime.name for runtime in runtimes.available()]
    assert names == ["airflow-3.3", "airflow-2.11", "dagster-1.13", "prefect-3.8"]


@pytest.mark.parametrize(
    ("version", "found"),
    [
        (None, "3.3"),
        ("3", "3.3"),
        ("3.3", "3.3"),
        ("3.3.2", "3.3"),
        ("2", "2.11"),
        ("2.11", "2.11"),
        ("2.1", None),
        ("3.30", None),
        ("newest", None),
    ],
)
def test_resolve_airflow(version: str | None, found: str | None) -> None:
    runtime = runtimes.resolve("airflow", version)
    assert (runtime.version if runtime else None) == found


def test_resolve_unknown_target() -> None:
    assert runtimes.resolve("cron") is None


@pytest.mark.parametrize("runtime", runtimes.available(), ids=lambda runtime: runtime.name)
def test_locks_are_exact_hashed_and_name_no_host(runtime: Runtime) -> None:
    text = runtime.lock.read_text()
    assert "://" not in text and "--index" not in text and "--find" not in text
    entries = text.replace("\\\n", "").splitlines()
    assert all(re.match(r"[a-z0-9._-]+(\[[a-z0-9,-]+\])?==\S+", entry) for entry in entries)
    assert all("--hash=sha256:" in entry for entry in entries)
    pins = (runtime.lock.with_suffix(".in")).read_text().splitlines()
    assert pins[0].startswith("#"), "say why a pin is there"
    pinned = [line for line in pins if "==" in line]
    assert pinned and all(line.split("[")[0] in text for line in pinned)


def test_root_honours_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DAGGLOT_RUNTIMES")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert runtimes.root() == tmp_path / "dagglot" / "runtimes"


@needs_uv
def test_ensure_makes_lists_and_removes(tiny: Runtime) -> None:
    said: list[str] = []
    python = runtimes.ensure(tiny, progress=said.append)
    shown = subprocess.run(
        [python, "-c", "import tiny; print(tiny.VALUE)"], capture_output=True, text=True, check=True
    )
    assert shown.stdout == "42\n"
    assert said

    said.clear()
    assert runtimes.ensure(tiny, progress=said.append) == python
    assert said == []

    (found,) = runtimes.installed()
    assert found.runtime == tiny and found.complete and found.bytes > 0 and not found.requirements
    assert runtimes.remove(tiny) == (found,)
    assert runtimes.installed() == () and not python.exists()


@needs_uv
def test_a_half_made_environment_is_remade(tiny: Runtime) -> None:
    python = runtimes.ensure(tiny)
    environment = python.parent.parent
    (environment / environments.MARKER).unlink()
    leftover = environment / "leftover"
    leftover.touch()
    assert [each.complete for each in runtimes.installed()] == [False]
    assert runtimes.ensure(tiny) == python
    assert not leftover.exists()
    assert [each.complete for each in runtimes.installed()] == [True]


@needs_uv
def test_a_changed_lock_makes_another_environment(tiny: Runtime) -> None:
    before = runtimes.ensure(tiny)
    tiny.lock.write_text(tiny.lock.read_text() + "# changed\n")
    assert runtimes.ensure(tiny) != before


@needs_uv
def test_requirements_get_an_environment_of_their_own(tiny: Runtime, tmp_path: Path) -> None:
    (tmp_path / "user").mkdir()
    requirements = tmp_path / "user" / "requirements.txt"
    requirements.write_text("tiny\n")
    plain, own = runtimes.ensure(tiny), runtimes.ensure(tiny, requirements=requirements)
    assert plain != own
    assert sorted(each.requirements for each in runtimes.installed()) == [False, True]


@needs_uv
def test_requirements_that_contradict_the_lock_are_a_problem(tiny: Runtime, tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("tiny==2.0\n")
    with pytest.raises(RuntimeProblem) as caught:
        runtimes.ensure(tiny, requirements=requirements)
    assert "requirements.txt" in caught.value.message and caught.value.help


def test_missing_requirements_are_a_problem(tmp_path: Path) -> None:
    (runtime, *_) = runtimes.available()
    with pytest.raises(RuntimeProblem, match="cannot read"):
        runtimes.ensure(runtime, requirements=tmp_path / "none.txt")


@needs_uv
def test_no_disk_is_a_problem(
    tiny: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DAGGLOT_RUNTIMES", str(tmp_path / "file" / "below"))
    with pytest.raises(RuntimeProblem, match=r"toy-1\.0"):
        runtimes.ensure(tiny)


@needs_uv
def test_two_processes_share_one_making(tiny: Runtime) -> None:
    # fork: the children must see the patched LOCKS.
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        pythons = pool.map(_ensure, [tiny, tiny])
    assert len({python for python, _ in pythons}) == 1
    assert sum("installing toy-1.0" in said for _, said in pythons) == 1


def _ensure(runtime: Runtime) -> tuple[Path, list[str]]:
    said: list[str] = []
    return runtimes.ensure(runtime, progress=said.append), said
