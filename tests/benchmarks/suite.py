"""The benchmarks B1 to B5. Each returns rows; none of them judges."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from dagglot import compile as compiling
from dagglot import plan_jobs, write
from dagglot.jobs import Options
from dagglot.project import NO_PROJECT

from . import corpus
from .measure import DAGGLOT, PASS, Children, Row, here, ratios


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is measured. ``files`` and ``many`` are the sizes of B1 and of B3 and B4."""

    targets: tuple[str, ...]
    rounds: int = 5
    files: int = 200
    many: int = 1000
    large: int = 500


def compile_all(paths: list[Path], target: str, out: Path) -> None:
    """What the command `compile` does, in this process; a finding is an error here."""
    jobs, wrong = plan_jobs.jobs([target], out, NO_PROJECT)
    result = compiling.compile(paths, jobs, NO_PROJECT, Options(keep_built=False))
    found = [*wrong, *result.diagnostics, *write.apply(result.plans)]
    if any(one.is_error for one in found) or not result.plans:
        raise RuntimeError("\n".join(f"{one.rule.code} {one.message}" for one in found))


def _into_nothing(paths: list[Path], target: str, out: Path) -> float:
    """CPU seconds of a compile of all the paths into a folder that does not exist yet."""
    shutil.rmtree(out, ignore_errors=True)
    return here(lambda: compile_all(paths, target, out))


def throughput(settings: Settings, folder: Path, _: Children) -> Iterator[Row]:
    """B1: files compiled from text to disk, against PyYAML's reading of the same files."""
    paths = corpus.write(folder / "b1", settings.files)

    def read() -> None:
        for path in paths:
            yaml.load(path.read_bytes(), yaml.CSafeLoader)

    def of(target: str) -> Callable[[], float]:
        return lambda: _into_nothing(paths, target, folder / "b1-out")

    found = ratios([of(one) for one in settings.targets], lambda: here(read), settings.rounds)
    for target, (ratio, mine, theirs) in zip(settings.targets, found, strict=True):
        what = f"compile of {settings.files} files, {target}"
        yield Row("B1 throughput", what, "yaml.load(CSafeLoader)", ratio, mine, theirs, 4.0)


def cold_start(settings: Settings, folder: Path, children: Children) -> Iterator[Row]:
    """B2: whole processes that do nearly nothing, against a Python that does nothing."""
    (path,) = corpus.write(folder / "b2", 1)
    target = settings.targets[0]

    def compile_one() -> float:
        shutil.rmtree(folder / "b2-out", ignore_errors=True)
        return children.cpu([*DAGGLOT, "compile", path, "-t", target, "-o", folder / "b2-out"])

    def command(*words: str | Path) -> Callable[[], float]:
        return lambda: children.cpu([*DAGGLOT, *words])

    things: dict[str, tuple[Callable[[], float], float | None]] = {
        "--version": (command("--version"), 1.3),
        "--help": (command("--help"), None),
        "validate one.yaml": (command("validate", path), 15.0),
        f"compile one.yaml -t {target}": (compile_one, 15.0),
    }
    found = ratios([one for one, _ in things.values()], lambda: children.cpu(PASS), settings.rounds)
    for (what, (_, gate)), (ratio, mine, theirs) in zip(things.items(), found, strict=True):
        yield Row("B2 cold start", what, "python -c pass", ratio, mine, theirs, gate)


def no_op(settings: Settings, folder: Path, children: Children) -> Iterator[Row]:
    """B3: `compile`, and `compile --check`, when there is nothing to do."""
    target = settings.targets[0]
    corpus.write(folder / "b3", settings.many)
    corpus.write(folder / "b3-one", 1)

    def command(name: str, *options: str) -> Callable[[], float]:
        place = ["-t", target, "-o", folder / f"{name}-out"]
        return lambda: children.cpu([*DAGGLOT, "compile", folder / name, *place, *options])

    things = [command(name, *one) for one in ((), ("--check",)) for name in ("b3", "b3-one")]
    for thing in things[:2]:
        thing()
    time.sleep(3)  # a file that was written just now is hashed each time: see `dagglot.hashes`
    things[0]()

    def both(many: Callable[[], float], one: Callable[[], float]) -> list[Callable[[], float]]:
        # a difference of two large times: it is taken within a round, and of many rounds
        last: list[float] = []

        def more() -> float:
            last[:] = many(), one()
            return last[0] - last[1]

        return [more, lambda: last[0], lambda: last[1]]

    measured = [part for pair in (things[:2], things[2:]) for part in both(*pair)]
    found = ratios(measured, lambda: children.cpu(PASS), 4 * settings.rounds)
    for what, rows, gate in (
        ("compile", found[:3], 8.0),
        ("compile --check", found[3:], 3.0),
    ):
        more, many, one = rows
        for how, row, limit in (
            (f"{what}, {settings.many} unchanged", many, None),
            (f"{what}, 1 unchanged", one, None),
            ("the former less the latter", more, gate),
        ):
            yield Row("B3 no-op", how, "python -c pass", *row, limit)


def scale(settings: Settings, folder: Path, children: Children) -> Iterator[Row]:
    """B4: does the work grow with the input, and with nothing else?"""
    target, many, few = settings.targets[0], settings.many, max(2, settings.many // 10)
    name, sources = "B4 scale", {}
    for count in (many, few, 1):
        sources[count] = folder / f"b4-{count}"
        corpus.write(sources[count], count)
    out = folder / "b4-out"

    def arguments(count: int) -> list[str | Path]:
        shutil.rmtree(out, ignore_errors=True)
        return [*DAGGLOT, "compile", sources[count], "-t", target, "-o", out]

    def per_file(count: int) -> Callable[[], float]:
        # the start of the process belongs to no file
        return lambda: (children.cpu(arguments(count)) - children.cpu(arguments(1))) / (count - 1)

    rounds = max(3, settings.rounds // 2)
    ((ratio, mine, theirs),) = ratios([per_file(many)], per_file(few), rounds)
    yield Row(name, f"CPU per file of {many}", f"of {few}", ratio, mine, theirs, 1.1)
    most, least = children.peak(arguments(many)), children.peak(arguments(1))
    yield Row(name, f"peak memory, {many} files", "1 file", most / least, most, least, 1.5, "B")
    yield _edited(settings, folder, children, sources[many])
    (large,) = corpus.write(folder / "b4-large", 1, settings.large)
    small = corpus.write(folder / "b4-small", settings.large // 20)
    ((ratio, mine, theirs),) = ratios(
        [lambda: _into_nothing([large], target, out)],
        lambda: _into_nothing(small, target, out),
        settings.rounds,
    )
    what = f"one file of {settings.large} tasks"
    yield Row(name, what, f"{len(small)} files of 20", ratio, mine, theirs, 1.2)


def _edited(settings: Settings, folder: Path, children: Children, sources: Path) -> Row:
    """One edited file among many, against a compile of that file alone."""
    target, out, alone = settings.targets[0], folder / "b4-edit-out", folder / "b4-alone-out"
    path = sorted(sources.iterdir())[settings.many // 2]
    text = path.read_text(encoding="utf-8")
    arguments: list[str | Path] = [*DAGGLOT, "compile", sources, "-t", target, "-o", out]
    children.cpu(arguments)
    edits = 0

    def among_many() -> float:
        nonlocal edits
        edits += 1
        edited = text.replace("A place to wait.", f"A place to wait, edit {edits}.")
        path.write_text(edited, encoding="utf-8")
        return children.cpu(arguments)

    def by_itself() -> float:
        shutil.rmtree(alone, ignore_errors=True)
        return children.cpu([*DAGGLOT, "compile", path, "-t", target, "-o", alone])

    ((ratio, mine, theirs),) = ratios([among_many], by_itself, settings.rounds)
    what = f"one edited file of {settings.many}"
    return Row("B4 scale", what, "that file alone", ratio, mine, theirs, 1.6)


def diff(settings: Settings, folder: Path, children: Children) -> Iterator[Row]:
    """B5: what a branch changes, read from git, what a move changes, and how portable all are,
    against a compile of the pipelines."""
    target, count = settings.targets[0], settings.many * 3 // 10
    sources = folder / "b5"
    paths = corpus.write(sources, count)
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for words in (("init", "-q"), ("add", "-A"), (*who, "commit", "-qm", "all")):
        subprocess.run(["git", *words], cwd=sources, check=True)
    for path in paths[:: max(1, count // 10)]:
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("A place to wait.", "Waits here."), encoding="utf-8")
    out = folder / "b5-out"

    def compile_once() -> float:
        shutil.rmtree(out, ignore_errors=True)
        return children.cpu([*DAGGLOT, "compile", sources, "-t", target, "-o", out])

    def command(*words: str | Path) -> Callable[[], float]:
        return lambda: children.cpu([*DAGGLOT, *words])

    things = {
        f"diff of {count} pipelines to a commit": command("diff", sources, "--base", "HEAD"),
        f"diff of {count} pipelines, from airflow to dagster": command(
            "diff", sources, "--from", "airflow", "--to", "dagster"
        ),
        f"report of {count} pipelines on all targets": command("report", sources),
    }
    found = ratios([*things.values()], compile_once, max(3, settings.rounds // 2))
    for what, (ratio, mine, theirs) in zip(things, found, strict=True):
        yield Row("B5 diff", what, "a compile of them", ratio, mine, theirs, 3.0)
