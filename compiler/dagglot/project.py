"""The project file, ``dagglot.yaml``, and what it gives to every pipeline: the layers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, Final

from dagglot import source, waivers
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.diagnostics.suggest import did_you_mean
from dagglot.frozen import dataclass
from dagglot.source import Document, Map, Seq
from dagglot.trees import DISK, Tree

FILE_NAME: Final = "dagglot.yaml"


@dataclass(frozen=True, slots=True)
class TargetConfig:
    """What the project says of one target; ``options`` are its own keys (``work_pool`` …)."""

    version: str | None = None
    out: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PoolSize:
    """How many slots of a pool may be taken at once."""

    slots: int
    description: str = ""


@dataclass(frozen=True, slots=True)
class Layers:
    """What a pipeline document does not say itself. Every mapping keeps its places.

    ``vars`` are looked up in the environment, then the document, then here in ``vars``.
    """

    environment: Map | None = None
    defaults: Map | None = None
    vars: Map | None = None
    assets: Map | None = None
    connections: Map | None = None
    alerts: Map | None = None
    accept: Map | None = None
    pools: Mapping[str, PoolSize] = field(default_factory=dict)
    build: Mapping[str, str] = field(default_factory=dict)

    def section(self, key: str, document: Map) -> Iterator[tuple[str, Any, Map]]:
        """The entries of a name → value map of all layers, nearest first, each name once.

        The environment comes first, since it may override; then the document, then the project.
        An environment gives any part of a declaration: mappings of one name merge key by key.
        """
        own = {
            "vars": self.vars,
            "assets": self.assets,
            "connections": self.connections,
            "alerts": self.alerts,
        }[key]
        over = self.environment.get(key) if self.environment is not None else None
        layers = [layer for layer in (over, document.get(key), own) if isinstance(layer, Map)]
        seen: set[str] = set()
        for number, layer in enumerate(layers):
            for name, value in layer.items():
                if name in seen:
                    continue
                seen.add(name)
                if layer is over and key != "vars" and isinstance(value, Map):
                    below = next((one[name] for one in layers[number + 1 :] if name in one), None)
                    value = value.over(below) if isinstance(below, dict) else value
                yield name, value, layer


@dataclass(frozen=True, slots=True)
class Project:
    """A project file that is valid. ``root`` is its folder; globs are relative to it."""

    root: Path
    document: Document | None
    name: str = ""
    pipelines: tuple[str, ...] = ()
    templates: Path | None = None
    targets: Mapping[str, TargetConfig] = field(default_factory=dict)
    python_path: tuple[Path, ...] = ()
    requirements: Path | None = None
    environment: str | None = None
    layers: Layers = Layers()
    lint: Mapping[str, str] = field(default_factory=dict)
    """Of rules of `lint`, by code: `off`, `note`, `warning` or `error`."""
    accepted_changes: tuple[waivers.Waiver, ...] = ()
    tree: Tree = field(default=DISK, compare=False)
    """What its files are read from."""


NO_PROJECT: Final = Project(root=Path(), document=None)


def find(start: Path, tree: Tree = DISK) -> Path | None:
    """The project file of a folder: its own, or the nearest above it."""
    for folder in (start, *start.parents):
        candidate = folder / FILE_NAME
        if tree.is_file(candidate):
            return candidate
    return None


def load(
    path: Path,
    shown: str,
    environment: str | None,
    variables: Mapping[str, str] = os.environ,
    tree: Tree = DISK,
) -> tuple[Project | None, tuple[Diagnostic, ...], str]:
    """The project of a file, its findings, and its text (for snippets).

    ``environment`` is the name given with ``--env``; an unknown one is an error.
    """
    try:
        data = tree.read(path, source.MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        return None, (codes.CANNOT_READ.at(None, file=shown, reason=reason),), ""
    text, unreadable = source.decode(data, shown)
    if text is None:
        return None, (unreadable,) if unreadable else (), ""
    from dagglot import yaml_reader
    from dagglot.schema.findings import findings

    documents, found = yaml_reader.load(text, shown)
    if found:
        return None, found, text
    if len(documents) != 1 or not isinstance(documents[0].value, Map):
        place = documents[1].span(()) if len(documents) > 1 else None
        return None, (codes.PROJECT_NOT_ONE.at(place, file=shown),), text
    document = documents[0]
    wrong = findings(document, "project")
    if wrong:
        return None, wrong, text
    project, more = _build(path, document, environment, variables, tree)
    return project, more, text


def _build(
    path: Path,
    document: Document,
    environment: str | None,
    variables: Mapping[str, str],
    tree: Tree,
) -> tuple[Project | None, tuple[Diagnostic, ...]]:
    value: Map = document.value
    found: list[Diagnostic] = []
    root = path.parent
    if value.get("assign"):
        found.append(codes.NOT_YET.at(value.key_span("assign"), what="`assign`"))
    environments = value.get("environments") or {}
    chosen = None
    if environment is not None:
        if environment not in environments:
            found.append(
                codes.UNKNOWN_ENVIRONMENT.at(
                    document.span(("environments",), on_key=True),
                    environment=environment,
                    help=did_you_mean(environment, environments),
                )
            )
        else:
            chosen = environments[environment]
    targets = {name: _target(config or {}) for name, config in (value.get("targets") or {}).items()}
    own = (
        "project",
        "pipelines",
        "templates",
        "targets",
        "python",
        "lint",
        "pools",
        "accept_changes",
    )
    found.extend(_expressions(value, own))
    found.extend(_missing(root, document, tree))
    python = value.get("python") or {}
    modules = _listed(python.get("path"))
    requirements = python.get("requirements")
    accepted, wrong = waivers.read(value.get("accept_changes"))
    found.extend(wrong)
    project = Project(
        root=root,
        document=document,
        name=value.get("project", ""),
        pipelines=_listed(value.get("pipelines")),
        templates=root / value["templates"] if value.get("templates") else None,
        targets=targets,
        python_path=tuple(root / item for item in modules),
        requirements=root / requirements if requirements else None,
        environment=environment,
        tree=tree,
        lint=_switches(value.get("lint")),
        accepted_changes=accepted,
        layers=Layers(
            environment=chosen if isinstance(chosen, Map) else None,
            defaults=value.get("defaults"),
            vars=value.get("vars"),
            assets=value.get("assets"),
            connections=value.get("connections"),
            alerts=value.get("alerts"),
            accept=value.get("accept"),
            pools=_pools(value.get("pools")),
            # bytes that are no UTF-8 reach Python as characters that no file can hold
            build={
                name: variables[name].encode("utf-8", "replace").decode()
                for name in _listed(value.get("build"))
                if name in variables
            },
        ),
    )
    return (None if found else project), tuple(found)


def _target(config: Mapping[str, Any]) -> TargetConfig:
    others = {
        key: item
        for key, item in config.items()
        if key not in ("version", "out") and not key.startswith("x-")
    }
    return TargetConfig(config.get("version"), config.get("out"), others)


def _expressions(value: Map, keys: tuple[str, ...]) -> Iterator[Diagnostic]:
    """Expressions where the project file itself is read: nothing is known there yet."""
    rest: list[tuple[Map | Seq, Any]] = [(value, key) for key in reversed(keys) if key in value]
    while rest:
        holder, key = rest.pop()
        item = holder[key]
        if isinstance(item, str) and "${{" in item:
            yield codes.NOT_YET.at(holder.span(key), what="an expression in the project file")
        elif isinstance(item, Map):
            rest.extend((item, name) for name in reversed(item))
        elif isinstance(item, Seq):
            rest.extend((item, index) for index in reversed(range(len(item))))


def _missing(root: Path, document: Document, tree: Tree) -> Iterator[Diagnostic]:
    """Files and folders that the project file names and that are not there."""
    value = document.value
    named: list[tuple[source.Path, bool]] = [(("templates",), True)]
    named.append((("python", "requirements"), False))
    modules = (value.get("python") or {}).get("path")
    many = isinstance(modules, list)
    named.extend(
        (("python", "path", index) if many else ("python", "path"), True)
        for index in range(len(_listed(modules)))
    )
    for path, folder in named:
        item = value
        for step in path:
            item = item.get(step) if isinstance(item, dict) else item[step] if item else None
        if not isinstance(item, str) or "${{" in item:
            continue
        place = root / item
        if not (tree.is_folder(place) if folder else tree.is_file(place)):
            what = "folder" if folder else "file"
            yield codes.CANNOT_READ.at(
                document.span(path), file=item, reason=f"there is no such {what}"
            )


def _pools(value: Any) -> dict[str, PoolSize]:
    sizes = value.items() if isinstance(value, Map) else ()
    read = ((name, one if isinstance(one, dict) else {"slots": one}) for name, one in sizes)
    return {
        name: PoolSize(one["slots"], one.get("description", ""))
        for name, one in read
        if isinstance(one.get("slots"), int)  # else it is reported as an expression
    }


def _switches(value: Any) -> dict[str, str]:
    return {code: word for code, word in (value or {}).items() if not code.startswith("x-")}


def _listed(value: Any) -> tuple[str, ...]:
    """Rule 7 of the language: a single one may stand alone."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
