"""What a real run is lent for the target's own stores: connections and secrets, by their names.

An orchestrator has its own store for both, and an isolated one made for a run is empty. So `run`
takes them from the environment: ``DAGGLOT_SECRET_SLACK_HOOK`` is the secret ``slack_hook``,
``DAGGLOT_CONNECTION_WAREHOUSE`` is a URI for the connection ``warehouse``. They go to the probe by
its standard input and are written nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from dagglot.expressions.tree import SecretRef, references
from dagglot.frozen import dataclass
from dagglot.ir import connections
from dagglot.ir.expand import thaw
from dagglot.ir.model import Connection, Pipeline, Value

_UNFIT: Final = re.compile(r"[^A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Stores:
    """Connections and secrets by name.

    A connection is ``{type, uri?, host?, port?, user?, password?, database?, options?}``; those of
    which nothing is known are missing, as they would be in an empty store.
    """

    connections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


def lent(pipelines: Iterable[Pipeline], environment: Mapping[str, str]) -> Stores:
    """What these pipelines use, as far as the environment or their own settings have it."""
    found: dict[str, Mapping[str, Any]] = {}
    secrets: dict[str, str] = {}
    for pipeline in pipelines:
        used = connections.used(pipeline)
        for name in _secrets(pipeline, used):
            text = environment.get(variable("SECRET", name))
            if text is not None:
                secrets[name] = text
        for connection in used:
            one = _connection(connection, environment, secrets)
            if one is not None:
                found[connection.name] = one
    return Stores(found, secrets)


def variable(what: str, name: str) -> str:
    """The environment variable of a secret or a connection."""
    return f"DAGGLOT_{what}_{_UNFIT.sub('_', name).upper()}"


def _secrets(pipeline: Pipeline, used: Iterable[Connection]) -> Iterator[str]:
    yield from connections.secrets(pipeline)
    values: list[Value] = [dict(alert.settings) for alert in pipeline.alerts]
    values += [dict(connection.settings) for connection in used]
    for value in values:
        yield from (leaf.name for leaf in references(value) if isinstance(leaf, SecretRef))


def _connection(
    connection: Connection, environment: Mapping[str, str], secrets: Mapping[str, str]
) -> dict[str, Any] | None:
    uri = environment.get(variable("CONNECTION", connection.name))
    if uri is not None:
        return {"type": connection.type, **parts(uri, connection.type)}
    settings: dict[str, Any] = {}
    for key, value in connection.settings.items():
        if isinstance(value, SecretRef):
            if value.name not in secrets:
                return None
            settings[key] = secrets[value.name]
        else:
            settings[key] = thaw(value)
    if isinstance(settings.get("uri"), str):
        settings = {**settings, **parts(settings["uri"], connection.type)}
    return {"type": connection.type, **settings} if settings else None


def parts(uri: str, type: str) -> dict[str, Any]:
    """The settings that stand in a URI, beside the URI itself."""
    split = urlsplit(uri)
    made: dict[str, Any] = {"uri": uri}
    path = unquote(split.path)
    if type in connections.FILES:
        # as SQLAlchemy writes them: three slashes and a path from here, four and one from the root
        made["database"] = path.removeprefix("/") or ":memory:"
        return made
    if split.hostname:
        made["host"] = split.hostname
    if split.port:
        made["port"] = split.port
    if split.username:
        made["user"] = unquote(split.username)
    if split.password:
        made["password"] = unquote(split.password)
    if path.strip("/") and type not in ("http", "slack"):
        made["database"] = path.strip("/")
    if split.query:
        made["options"] = dict(parse_qsl(split.query))
    return made
