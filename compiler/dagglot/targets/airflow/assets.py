"""Assets of Airflow 3, datasets of Airflow 2: what they are called, and what they start.

The same call in every file: Airflow takes two assets for one by name and URI, datasets by their URI
alone. A URI that Airflow would refuse goes into ``extra``, and the name stands in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from dagglot import pycode
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.ir.kinds import AssetWait, SensorBody
from dagglot.ir.model import Asset, AssetCondition, Pipeline, Schedule, Task
from dagglot.pycode import Call, Code

_PARTS: Final[Mapping[str, int]] = {
    "postgres": 3,
    "postgresql": 3,
    "mysql": 2,
    "mariadb": 2,
    "trino": 3,
    "bigquery": 2,
    "s3": 0,
    "gs": 0,
    "gcs": 0,
    "abfs": 0,
    "ftp": 0,
}
"""How many parts a path has, behind a host, where the provider is strict about its URIs."""
_SHORT: Final = 60
"""A condition of more characters is written in calls."""
_RESERVED: Final = frozenset({"self", "context"})


def read(task: Task) -> tuple[str, ...]:
    """What a task is told that it reads: what it consumes, and what it waits for."""
    match task.body:
        case SensorBody(wait_for=AssetWait(asset=name)):
            return tuple(dict.fromkeys((name, *task.consumes)))
        case _:
            return task.consumes


def used(pipeline: Pipeline) -> Iterator[Asset]:
    """The assets that a file speaks of, in the order of their declaration."""
    names = {name for task in pipeline.tasks for name in (*task.produces, *read(task))}
    names.update(_names(pipeline.schedule.on_assets) if pipeline.schedule.enabled else ())
    return (asset for asset in pipeline.assets if asset.name in names)


def _names(condition: AssetCondition | None) -> Iterator[str]:
    if condition is not None:
        if condition.asset is not None:
            yield condition.asset
        for operand in condition.operands:
            yield from _names(operand)


def is_uri(text: str) -> bool:
    """Whether Airflow, with any of its providers, takes it for a URI and leaves it as it is."""
    parts = urlsplit(text)
    scheme = parts.scheme.lower()
    if not scheme or "@" in parts.netloc or parts.fragment or not text.isascii():
        return False
    if scheme == "airflow" or scheme != text.partition(":")[0]:
        return False
    if scheme in _PARTS:
        wanted = _PARTS[scheme]
        given = parts.path.split("/")[1:]
        return bool(parts.netloc) and (not wanted or (len(given) == wanted and all(given)))
    return True


def identity(asset: Asset, version: str) -> str:
    """What Airflow knows it by, and events and conditions name."""
    return asset.name if version != "2.11" else _uri(asset) or asset.name


def _uri(asset: Asset) -> str:
    return asset.uri if asset.uri and is_uri(asset.uri) else ""


def call(asset: Asset, version: str) -> Call:
    """``Asset("raw.orders", uri=…)``, with what is said of it."""
    uri = _uri(asset)
    keywords: list[tuple[str, object]] = []
    extra = _extra(asset)
    if version == "2.11":
        if uri:
            extra = {"name": asset.name, **extra}
        if asset.group:
            extra["group"] = asset.group
        if extra:
            keywords.append(("extra", extra))
        return Call("Dataset", (uri or asset.name,), tuple(keywords))
    if uri:
        keywords.append(("uri", uri))
    if asset.group:
        keywords.append(("group", asset.group))
    if extra:
        keywords.append(("extra", extra))
    return Call("Asset", (asset.name,), tuple(keywords))


def _extra(asset: Asset) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if asset.uri and not _uri(asset):
        found["uri"] = asset.uri
    if asset.description:
        found["description"] = asset.description
    if asset.owner:
        found["owner"] = asset.owner
    if asset.tags:
        found["tags"] = list(asset.tags)
    if asset.freshness is not None:
        found["freshness_seconds"] = int(asset.freshness.total_seconds())
    return found


def condition(given: AssetCondition, names: Mapping[str, str], version: str) -> object:
    """``[A, B]`` for all of some, else ``A | (B & C)``, and in calls where that gets long."""
    if given.asset is not None:
        return [Code(names[given.asset])]
    if given.operator == "all" and all(one.asset is not None for one in given.operands):
        return [Code(names[str(one.asset)]) for one in given.operands]
    if len(given.operands) == 1:
        return condition(given.operands[0], names, version)
    text = _written(given, names)
    return Code(text) if len(text) <= _SHORT else _called(given, names, version)


def run_type(schedule: Schedule, version: str) -> str:
    """What Airflow calls a run that the schedule makes."""
    if schedule.on_assets is None:
        return "scheduled"
    return "dataset_triggered" if version == "2.11" else "asset_triggered"


def _written(given: AssetCondition, names: Mapping[str, str]) -> str:
    if given.asset is not None:
        return names[given.asset]
    sign = " & " if given.operator == "all" else " | "
    texts = (_written(one, names) for one in given.operands)
    return sign.join(f"({text})" if " " in text else text for text in texts)


def _called(given: AssetCondition, names: Mapping[str, str], version: str) -> object:
    if given.asset is not None:
        return Code(names[given.asset])
    operands = tuple(_called(one, names, version) for one in given.operands)
    return operands[0] if len(operands) == 1 else Call(_joint(given, version), operands)


def _joint(given: AssetCondition, version: str) -> str:
    return f"{'Dataset' if version == '2.11' else 'Asset'}{str(given.operator).title()}"


def joints(given: AssetCondition, version: str) -> Iterator[str]:
    """The classes that a condition in calls is made of."""
    if len(given.operands) > 1:
        yield _joint(given, version)
    for one in given.operands:
        yield from joints(one, version)


def neutral(given: AssetCondition, pipeline: Pipeline, version: str) -> Any:
    """The condition as the load probe tells it."""
    if given.asset is not None:
        found = next(asset for asset in pipeline.assets if asset.name == given.asset)
        return identity(found, version)
    operands = [neutral(one, pipeline, version) for one in given.operands]
    return operands[0] if len(operands) == 1 else {given.operator: operands}


def constants(pipeline: Pipeline, taken: set[str]) -> dict[str, str]:
    """The name that each asset has in the file: the constant ``RAW_ORDERS``."""
    found = {}
    for asset in used(pipeline):
        found[asset.name] = name = pycode.identifier(asset.name.upper(), taken)
        taken.add(name)
    return found


def refusals(pipeline: Pipeline, version: str, title: str) -> Iterator[Diagnostic]:
    """Names that Airflow would refuse or take for another, and one URI for two assets."""
    by_uri: dict[str, Asset] = {}
    for asset in used(pipeline):
        name, reason = asset.name, ""
        if name in _RESERVED:
            reason = "Airflow keeps that name for itself"
        elif len(name) > 1500:
            reason = "names have 1500 characters at most"
        elif version == "2.11" and not _uri(asset) and not name.isascii():
            reason = "a dataset of Airflow 2 is known by its URI, which is of ASCII characters"
        elif not _uri(asset) and urlsplit(name).scheme and not is_uri(name):
            reason = "Airflow takes the name for a URI, and that is none which it would leave so"
        if reason:
            feature = f"an asset called `{name}`"
            yield codes.UNSUPPORTED.at(asset.span, target=title, feature=feature, reason=reason)
        key = _uri(asset) or name
        other = by_uri.setdefault(key, asset)
        if other is not asset:
            yield codes.NAMES_COLLIDE.at(
                asset.span, first=other.name, second=name, name=key, target=title
            )
