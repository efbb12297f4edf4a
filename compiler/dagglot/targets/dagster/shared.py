"""The files that all pipelines share: the definitions, the helpers, and how Dagster finds them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from pathlib import PurePosixPath
from typing import Any, Final

from dagglot import pycode
from dagglot.expressions.helpers import needed
from dagglot.pycode import Call, Code
from dagglot.targets.base import Context, View
from dagglot.targets.dagster.imports import Imports
from dagglot.targets.dagster.names import DEFINITIONS, FOLDER, PACKAGE

MODULES: Final = (
    *("alerts", "assets", "attempts", "branches", "checks", "connections", "containers"),
    *("databases", "events", "http", "mail", "other_runs", "params", "partitions", "past"),
    *("pods", "rules", "runs", "sensors", "shell"),
)
"""The modules of the helper package beside `values`, which all targets share."""
_ON_CONNECTIONS: Final = frozenset({"Database", "HttpService", "MailServer"})
"""Classes of the helpers that are connections."""
OTHERS: Final = "other_assets"
"""The module of the assets that no job makes."""
LOCATION: Final = "pipelines"
"""The name of the code location."""


def assemble(contributions: Sequence[Mapping[str, Any]], context: Context) -> tuple[View, ...]:
    """From the contributions, in the order of the pipelines."""
    helpers: dict[str, set[str]] = {}
    for contribution in contributions:
        for module, names in contribution["helpers"].items():
            helpers.setdefault(module, set()).update(names)
    if not _ON_CONNECTIONS.isdisjoint(chain.from_iterable(helpers.values())):
        helpers.setdefault("connections", set()).add("Connection")
    packages = {name for one in contributions for name in one["packages"]}
    if "params" in helpers:
        packages.add("pydantic>=2")
    views = [
        View("dagster/definitions.py.j2", PurePosixPath(f"{DEFINITIONS}.py"), _jobs(contributions)),
        View("dagster/package.py.j2", PurePosixPath(FOLDER, "__init__.py"), {"doc": _DEFS_DOC}),
        View(
            "dagster/pyproject.toml.j2", PurePosixPath("pyproject.toml"), {"name": Code(LOCATION)}
        ),
        View(
            "dagster/requirements.txt.j2",
            PurePosixPath("requirements.txt"),
            {"lines": requirements(context, packages)},
        ),
    ]
    others = others_assets(contributions)
    if others:
        statement = pycode.assignment("ASSETS", list(others))
        place = PurePosixPath(FOLDER, f"{OTHERS}.py")
        views.append(View("dagster/assets.py.j2", place, {"assets": statement}))
    if helpers:
        doc = {"doc": _HELPERS_DOC}
        views.append(View("dagster/package.py.j2", PurePosixPath(PACKAGE, "__init__.py"), doc))
    for module in MODULES:
        if module in helpers:
            views.append(
                View(
                    f"dagster/helpers/{module}.py.j2",
                    PurePosixPath(PACKAGE, f"{module}.py"),
                    {"functions": sorted(helpers[module])},
                )
            )
    if "values" in helpers:
        views.append(
            View(
                "helpers/values.py.j2",
                PurePosixPath(PACKAGE, "values.py"),
                {"functions": needed(helpers["values"])},
            )
        )
    if any(contribution["setup"] for contribution in contributions):
        from dagglot.targets.dagster import setup

        views += setup.view(contributions, context.pools)
    return tuple(views)


_DEFS_DOC: Final = pycode.docstring("One module for each job.", indent=0)
_HELPERS_DOC: Final = pycode.docstring("What the jobs of this project share.", indent=0)


def _jobs(contributions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    imports = Imports()
    imports.module("dagster", "dg")
    for one in contributions:
        imports.name(FOLDER, one["module"])
    jobs = [Code(f"{one['module']}.{one['job']}") for one in contributions]
    schedules = [
        Code(f"{one['module']}.{one['schedule']}") for one in contributions if one["schedule"]
    ]
    sensors = [
        Code(f"{one['module']}.{name}") for one in contributions for name in one.get("sensors", ())
    ]
    assets: list[object] = [
        Code(f"*{one['module']}.ASSETS") for one in contributions if one.get("assets")
    ]
    others = others_assets(contributions)
    if others:
        imports.name(FOLDER, OTHERS)
        assets.append(Code(f"*{OTHERS}.ASSETS"))
    checks = [Code(f"*{one['module']}.CHECKS") for one in contributions if one.get("checks")]
    keywords: dict[str, object] = {"jobs": jobs}
    if assets:
        keywords["assets"] = assets
    if checks:
        keywords["asset_checks"] = checks
    if schedules:
        keywords["schedules"] = schedules
    if sensors:
        keywords["sensors"] = sensors
    made = Call("dg.Definitions", (), tuple(keywords.items()))
    return {"imports": imports.blocks(), "definitions": pycode.assignment("defs", made)}


def others_assets(contributions: Sequence[Mapping[str, Any]]) -> tuple[Call, ...]:
    """What is said of assets that no job makes, each once."""
    made = {name for one in contributions for name in one.get("assets", ())}
    said = {
        other["asset"]: other
        for one in contributions
        for other in one.get("others", ())
        if other["asset"] not in made
    }
    if not said:
        return ()
    from dagglot.targets.dagster import assets

    return tuple(
        Call("dg.AssetSpec", (assets.plain_key(name),), tuple(assets.described(one).items()))
        for name, one in said.items()
    )


def requirements(context: Context, packages: Collection[str]) -> tuple[Code, ...]:
    """Ours, unless the user's file names the package itself; then the user's, as written."""
    major, minor = context.version.split(".")[:2]
    ours = [f"dagster>={major}.{minor},<{int(major) + 1}", *sorted(packages)]
    theirs = {_package(line) for line in context.requirements}
    kept = [line for line in ours if _package(line) not in theirs]
    return tuple(Code(line) for line in (*kept, *context.requirements))


def _package(line: str) -> str:
    name = re.match(r"[A-Za-z0-9._-]+", line)
    return re.sub(r"[-_.]+", "-", name.group().lower()) if name else ""
