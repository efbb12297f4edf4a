"""Which targets, in which versions, into which folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.jobs import Job
from dagglot.project import Project, TargetConfig
from dagglot.targets import registry
from dagglot.targets.base import Context

DEFAULT_OUT: Final = Path("build")


def jobs(
    words: Sequence[str], out: Path | None, project: Project
) -> tuple[tuple[Job, ...], tuple[Diagnostic, ...]]:
    """A job for each target that was named, or that the project file lists."""
    asked = list(dict.fromkeys(words)) or list(project.targets)
    if not asked:
        return (), (codes.NO_TARGET.at(None, help="for example `-t airflow`"),)
    made: list[Job] = []
    found: list[Diagnostic] = []
    names = [word.partition("@")[0] for word in asked]
    for word, name in zip(asked, names, strict=True):
        config = project.targets.get(name, TargetConfig())
        versioned = "@" in word
        full = word if versioned or config.version is None else f"{name}@{config.version}"
        parsed = registry.parse(full)
        if isinstance(parsed, Diagnostic):
            found.append(parsed)
            continue
        target, version = parsed
        # one target in two versions needs two folders
        folder = f"{name}@{version}" if names.count(name) > 1 else name
        if out is not None:
            place = out / folder
        elif config.out is not None and names.count(name) == 1:
            place = project.root / config.out
        else:
            place = project.root / DEFAULT_OUT / folder
        context = Context(
            version=version,
            options=config.options,
            requirements=_requirements(project),
            pools=project.layers.pools,
        )
        made.append(Job(target, version, place, context))
    return tuple(made), tuple(found)


def _requirements(project: Project) -> tuple[str, ...]:
    """The lines of the user's requirements file, without comments."""
    if project.requirements is None or not project.requirements.is_file():
        return ()
    lines = project.requirements.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    stripped = (line.split(" #")[0].strip() for line in lines)
    return tuple(line for line in stripped if line and not line.startswith("#"))
