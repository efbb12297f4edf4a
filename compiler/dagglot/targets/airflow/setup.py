"""What must exist in Airflow outside the code, and the commands that make it: ``SETUP.md``."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from dagglot.expressions.tree import SecretRef, references
from dagglot.ir import connections, events
from dagglot.ir.connections import FILES
from dagglot.ir.expand import thaw
from dagglot.ir.model import Connection, Pipeline, Value
from dagglot.project import PoolSize
from dagglot.pycode import Code
from dagglot.targets.airflow import lent
from dagglot.targets.airflow.capabilities import capabilities
from dagglot.targets.base import View
from dagglot.targets.ground import bullet, ground

_FLAGS: Final[Mapping[str, str]] = {
    "host": "--conn-host",
    "port": "--conn-port",
    "login": "--conn-login",
    "schema": "--conn-schema",
}
_SERVER: Final = ("host", "port", "login", "schema")
_ASKED: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(FILES, ("host",)),
    "http": ("schema", "host", "port"),
    "s3": (),
    "gcs": (),
    "bigquery": ("host",),
    "kubernetes": (),
    "docker": ("host",),
    "spark": ("host",),
    "slack": (),
    "smtp": ("host", "port", "login"),
    "generic": ("host",),
}
"""What a connection of a type wants at least; a database server all of `_SERVER`."""
_WITHOUT_PASSWORD: Final = frozenset(
    {*FILES, "kubernetes", "docker", "spark", "s3", "gcs", "bigquery"}
)


def needs(pipeline: Pipeline, version: str) -> dict[str, Any]:
    """What a pipeline needs, as plain data; empty where that is nothing."""
    used = list(connections.used(pipeline))
    told = events.told(pipeline)
    if any(one.type == "email" and not one.settings.get("connection") for one in told):
        used.append(Connection(name="smtp_default", type="smtp", description="Sends mails."))
    pools: dict[str, int] = {}
    for task in pipeline.tasks:
        if task.pool is not None:
            pools[task.pool.name] = max(task.pool.slots, pools.get(task.pool.name, 1))
    found = {
        "connections": [_connection(one) for one in used],
        "variables": sorted(set(_secrets(pipeline))),
        "pools": dict(sorted(pools.items())),
        "ground": ground(pipeline, capabilities(version)),
    }
    return {key: value for key, value in found.items() if value}


def _secrets(pipeline: Pipeline) -> Iterator[str]:
    yield from connections.secrets(pipeline)
    values: list[Value] = [dict(alert.settings) for alert in events.told(pipeline)]
    for value in values:
        yield from (leaf.name for leaf in references(value) if isinstance(leaf, SecretRef))


def _connection(connection: Connection) -> dict[str, Any]:
    plain = {
        key: thaw(value)
        for key, value in connection.settings.items()
        if not any(True for _ in references(value))
    }
    fields = lent.connection({"type": connection.type, **plain})
    conn_type = fields.pop("conn_type")
    fields.pop("password", None)
    if connection.type == "http" and "host" not in fields:
        fields.pop("schema", None)
    if connection.type == "smtp" and "port" not in fields:
        fields.pop("extra", None)  # what is encrypted goes by the port
    asked = _ASKED.get(connection.type, _SERVER)
    given = {name: str(fields[name]) for name in _FLAGS if fields.get(name) is not None}
    whole = isinstance(fields.get("host"), str) and "://" in fields["host"]
    missing = [] if whole else [name for name in asked if name not in given]
    return {
        "name": connection.name,
        "description": connection.description,
        "type": conn_type,
        "file": connection.type in FILES,
        "given": given,
        "missing": missing,
        "extra": fields.get("extra"),
        "password": connection.type not in _WITHOUT_PASSWORD or "password" in connection.settings,
    }


def view(
    contributions: Sequence[Mapping[str, Any]], sizes: Mapping[str, PoolSize]
) -> Iterator[View]:
    """The file, where any pipeline needs anything; and the pools whose sizes the project says, as
    ``airflow pools import`` reads them. There is none of variables: each is a secret."""
    made: dict[str, dict[str, Any]] = {}
    variables: set[str] = set()
    pools: dict[str, int] = {}
    for contribution in contributions:
        setup = contribution["setup"]
        for one in setup.get("connections", ()):
            made.setdefault(one["name"], one)
        variables |= set(setup.get("variables", ()))
        for name, slots in setup.get("pools", {}).items():
            pools[name] = max(slots, pools.get(name, 1))
    notes = dict.fromkeys(note for one in contributions for note in one["setup"].get("ground", ()))
    if not (made or variables or pools or notes):
        return
    blocks = {
        "connections": [line for one in made.values() for line in _added(one)],
        "variables": [line for name in sorted(variables) for line in _set(name)],
        "pools": [
            line for name in sorted(pools) if name not in sizes for line in _pool(name, pools[name])
        ],
    }
    text = "\n".join(line for lines in blocks.values() for line in lines)
    data: dict[str, Any] = {name: [Code(line) for line in lines] for name, lines in blocks.items()}
    said = {name: sizes[name] for name in sorted(pools) if name in sizes}
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = Code("`" * max(3, longest + 1))
    yield View(
        "airflow/SETUP.md.j2",
        PurePosixPath("SETUP.md"),
        {
            **data,
            "fence": fence,
            "said": bool(said),
            "ground": [Code(bullet(note)) for note in notes],
        },
    )
    if said:
        text = json.dumps({name: _size(said[name]) for name in said}, indent=2, ensure_ascii=False)
        yield View("airflow/pools.json.j2", PurePosixPath("pools.json"), {"text": Code(text)})


def _size(size: PoolSize) -> dict[str, Any]:
    """A pool as Airflow's own ``pools export`` writes it."""
    return {"slots": size.slots, "description": size.description, "include_deferred": False}


def _added(one: Mapping[str, Any]) -> Iterator[str]:
    if one["description"]:
        yield f"# {' '.join(one['description'].split())}"
    words = [f"airflow connections add {shlex.quote(one['name'])}"]
    words.append(f"--conn-type {shlex.quote(one['type'])}")
    for name, flag in _FLAGS.items():
        if name in one["given"]:
            words.append(f"{flag} {shlex.quote(one['given'][name])}")
        elif name in one["missing"]:
            words.append(f"{flag} {_placeholder(one, name)}")
    if one["password"]:
        yield f"read -rs -p {shlex.quote(one['name'] + ': ')} password"
        words.append('--conn-password "$password"')
    if one["extra"]:
        words.append(f"--conn-extra {shlex.quote(json.dumps(one['extra'], ensure_ascii=False))}")
    yield " ".join(words)


def _placeholder(one: Mapping[str, Any], name: str) -> str:
    if name == "schema" and one["type"] == "http":
        return "https"
    if name == "host" and one["file"]:
        return "FILE"
    return "DATABASE" if name == "schema" else name.upper()


def _set(name: str) -> Iterator[str]:
    yield f"read -rs -p {shlex.quote(name + ': ')} value"
    yield f'airflow variables set {shlex.quote(name)} "$value"'


def _pool(name: str, slots: int) -> Iterator[str]:
    if slots > 1:
        yield f"# at least {slots} slots: so many one task takes"
    yield f"airflow pools set {shlex.quote(name)} SLOTS ''"
