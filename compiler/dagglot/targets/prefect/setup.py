"""What must exist outside the code: the file ``SETUP.md``, and packages to install."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from dagglot import pycode
from dagglot.expressions.tree import SecretRef
from dagglot.ir import connections
from dagglot.ir.connections import FILES
from dagglot.ir.expand import thaw
from dagglot.ir.kinds import NEEDS_GROUND
from dagglot.ir.model import Connection, ContainerBody, NotebookBody, Pipeline
from dagglot.project import PoolSize
from dagglot.pycode import Call, Code, literal
from dagglot.targets.base import View
from dagglot.targets.ground import bullet, ground
from dagglot.targets.prefect import blocks
from dagglot.targets.prefect.capabilities import CAPABILITIES
from dagglot.targets.prefect.commands import KUBERNETES, PAPERMILL
from dagglot.targets.prefect.docs import one_line
from dagglot.targets.prefect.names import CRONSIM

_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(FILES, ("database",)),
    "bigquery": ("host", "database"),  # the project and the data set
}
"""What tells where a database is, where that is not a server with users."""


def packages(pipeline: Pipeline) -> list[str]:
    """What `requirements.txt` must name besides Prefect."""
    found: dict[str, None] = {}
    for connection in connections.used(pipeline):
        driver = blocks.DRIVERS.get(connection.type)
        if driver is not None:
            found[blocks.CONNECTOR_PACKAGE] = None
            if driver.package:
                found[driver.package] = None
    if any(isinstance(task.body, NotebookBody) for task in pipeline.tasks):
        found |= dict.fromkeys(PAPERMILL)
    bodies = [task.body for task in pipeline.tasks]
    if any(isinstance(one, ContainerBody) and one.runtime == "kubernetes" for one in bodies):
        found[KUBERNETES] = None
    if pipeline.partitions is not None and pipeline.partitions.cron is not None:
        found[CRONSIM] = None
    return list(found)


def needs(pipeline: Pipeline) -> dict[str, Any]:
    """What the pipeline needs of a Prefect server, as plain data; empty where that is nothing."""
    made: dict[str, Any] = {}
    loaded = blocks.loaded(pipeline)
    if loaded:
        made["blocks"] = [_block(one) for one in loaded]
    pools = {task.pool.name: 0 for task in pipeline.tasks if task.pool is not None}
    for task in pipeline.tasks:
        if task.pool is not None:
            pools[task.pool.name] = max(pools[task.pool.name], task.pool.slots)
    if pools:
        made["pools"] = pools
    if any(isinstance(task.body, NEEDS_GROUND) for task in pipeline.tasks):
        made["ground"] = ground(pipeline, CAPABILITIES)
    return made


def view(
    contributions: Sequence[Mapping[str, Any]], sizes: Mapping[str, PoolSize]
) -> Iterator[View]:
    """The file, where any pipeline needs anything; ``sizes`` are those that the project says."""
    found: dict[str, dict[str, Any]] = {}
    for contribution in contributions:
        for one in contribution["setup"].get("blocks", ()):
            found.setdefault(f"{one['slug']} {one['name']}", one)
    pools: dict[str, int] = {}
    for contribution in contributions:
        for name, slots in contribution["setup"].get("pools", {}).items():
            pools[name] = max(pools.get(name, 0), slots)
    notes = dict.fromkeys(note for one in contributions for note in one["setup"].get("ground", ()))
    if not (found or pools or notes):
        return
    secrets = [one for one in found.values() if one["slug"] == "secret"]
    connectors = [one for one in found.values() if one["slug"] != "secret"]
    data: dict[str, Any] = {
        "sized": [_limit(name, sizes[name].slots) for name in sorted(pools) if name in sizes],
        "limits": [
            _limit(name, slots) for name, slots in sorted(pools.items()) if name not in sizes
        ],
        "secrets": [
            {**one, "says": Code(one["says"]), "code": _saved_secret(one)} for one in secrets
        ],
        "connectors": [
            {**one, "says": Code(one["says"]), "code": _saved_connector(one)} for one in connectors
        ],
    }
    asks = any("getpass(" in str(one["code"]) for one in (*data["secrets"], *data["connectors"]))
    data["asks"] = asks
    data["ground"] = [Code(bullet(note)) for note in notes]
    pools_ = {str(one["deployment"]["work_pool"]["name"]) for one in contributions}
    data["work_pools"] = [_work_pool(name) for name in sorted(pools_)]
    yield View("prefect/SETUP.md.j2", PurePosixPath("SETUP.md"), data)


def _work_pool(name: str) -> Code:
    return Code(f"prefect work-pool create {_typed(name)} --type process")


def _typed(name: str) -> str:
    """A name on a command line; a control in it is dropped, as nobody could type it."""
    return shlex.quote("".join(char for char in name if char.isprintable()))


def _limit(name: str, slots: int) -> Code:
    return Code(f"prefect gcl create {_typed(name)} --limit {max(slots, 1)}")


def _block(block: blocks.Block) -> dict[str, Any]:
    made: dict[str, Any] = {"slug": block.slug, "name": block.name, "source": block.source}
    if block.connection is None:
        return {**made, "says": _comment(f"the secret {block.source}"), "settings": None}
    connection = block.connection
    words = f"the connection {block.source} ({connection.type})"
    if connection.description:
        words += f": {one_line(connection.description)}"
    return {
        **made,
        "says": _comment(words),
        "type": connection.type,
        "settings": _settings(connection),
    }


def _comment(words: str) -> str:
    """Text of the user's behind a hash: nothing in it ends the line or turns its direction."""
    return pycode.escaped(words, "\0")


def _settings(connection: Connection) -> dict[str, Any]:
    """What the document says of a connection; what is secret is left to whoever saves the block."""
    made: dict[str, Any] = {}
    for key, value in connection.settings.items():
        made[key] = None if isinstance(value, SecretRef) else thaw(value)
    return made


def _ask(what: str) -> Code:
    return Code(f"getpass({literal(f'{what}: ')})")


def _saved(made: object, name: str) -> Code:
    """The statement that saves a block."""
    text = pycode.layout(made, 0, 0, len(f".save({literal(name)}, overwrite=True)"))
    return Code(f"{text}.save({literal(name)}, overwrite=True)")


def _saved_secret(one: Mapping[str, Any]) -> Code:
    settings = one["settings"]
    if settings is None:
        value: object = _ask(one["source"])
    elif isinstance(settings.get("uri"), str):
        value = settings["uri"]
    else:
        known = {key: value for key, value in settings.items() if value is not None}
        filled = {"type": one["type"], "host": "HOST", **known}
        if settings.keys() & {"user", "password"}:
            filled = {"user": "USER", "password": "PASSWORD", **filled}
        value = _ask(f"URI of {one['source']}, as {blocks.uri(filled)}")
    return _saved(Call("Secret", (), (("value", value),)), one["name"])


def _saved_connector(one: Mapping[str, Any]) -> Code:
    settings, type = one["settings"], one["type"]
    if isinstance(settings.get("uri"), str):
        info: object = blocks.database_url({"type": type, "uri": settings["uri"]})
    else:
        fields: list[tuple[str, object]] = [("driver", blocks.DRIVERS[type].name)]
        wanted = _FIELDS.get(type, ("host", "port", "user", "database"))
        for key in wanted:
            if key == "port" and "port" not in settings:
                continue
            value = settings.get(key)
            name = "username" if key == "user" else key
            asked = Code(f"input({literal(f'{key} of ' + one['source'] + ': ')})")
            fields.append((name, asked if value is None else value))
        if "user" in wanted:
            fields.append(("password", _ask(f"password of {one['source']}")))
        options = settings.get("options")
        if options:
            fields.append(("query", {key: str(value) for key, value in options.items()}))
        info = Call("ConnectionComponents", (), tuple(fields))
    call = Call("SqlAlchemyConnector", (), (("connection_info", info),))
    return _saved(call, one["name"])
