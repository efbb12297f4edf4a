"""What must exist outside the code: the file ``SETUP.md``, from what the pipelines need."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

import yaml

from dagglot import pycode
from dagglot.ir.model import Connection
from dagglot.project import PoolSize
from dagglot.pycode import Code
from dagglot.targets.base import View
from dagglot.targets.dagster.connections import environment_name, fields
from dagglot.targets.dagster.labels import MAX_ACTIVE_RUNS
from dagglot.targets.ground import bullet

_ADDRESSES: Final[Mapping[str, str]] = {
    "postgres": "postgresql+psycopg2://USER:PASSWORD@HOST:5432/DATABASE",
    "mysql": "mysql+pymysql://USER:PASSWORD@HOST:3306/DATABASE",
    "sqlite": "sqlite:////FOLDER/FILE.db",
    "duckdb": "duckdb:////FOLDER/FILE.duckdb",
    "snowflake": "snowflake://USER:PASSWORD@ACCOUNT/DATABASE",
    "bigquery": "bigquery://PROJECT/DATASET",
    "http": "https://USER:PASSWORD@HOST",
    "smtp": "smtp://USER:PASSWORD@HOST:587?from=ADDRESS",
    "spark": "spark://HOST:7077",
    "slack": "https://hooks.slack.com/services/…",
}
"""How the address of a type of connection is written."""


WEBSERVER: Final[Mapping[str, str]] = {
    "name": "DAGSTER_WEBSERVER_URL",
    "says": "where Dagster's webserver is, such as http://localhost:3000",
}


def of_secret(name: str) -> dict[str, str]:
    return {"name": environment_name(name), "says": _comment(f"the secret {name}")}


def of_connection(connection: Connection, asked: set[str]) -> Iterator[dict[str, str]]:
    """The variables that a connection's resource reads, but those of secrets with a name."""
    about = f"the connection {connection.name} ({connection.type})"
    if connection.description:
        about += f": {' '.join(connection.description.split())}"
    for one in fields(connection, asked):
        if one.variable:
            such = _ADDRESSES.get(connection.type) if one.name == "uri" else None
            what = f"; its {one.name}{f', such as {such}' if such else ''}"
            yield {"name": one.variable, "says": _comment(about + what)}


def _comment(words: str) -> str:
    """Text of the user's behind a hash: nothing in it ends the line or turns its direction."""
    return pycode.escaped(words, "\0")


def _limits(runs: Sequence[tuple[str, int]]) -> str:
    """The part of `dagster.yaml` that limits the runs of jobs."""
    limits = [{"key": MAX_ACTIVE_RUNS, "value": job, "limit": limit} for job, limit in runs]
    made = {"concurrency": {"runs": {"tag_concurrency_limits": limits}}}
    text: str = yaml.safe_dump(made, sort_keys=False)
    return text.rstrip()


def view(
    contributions: Sequence[Mapping[str, Any]], sizes: Mapping[str, PoolSize]
) -> Iterator[View]:
    """The file, where any pipeline needs anything; ``sizes`` are those that the project says."""
    variables: dict[str, list[str]] = {}
    for contribution in contributions:
        for one in contribution["setup"].get("variables", ()):
            says = variables.setdefault(one["name"], [])
            if one["says"] not in says:
                says.append(one["says"])
    pools = sorted({name for one in contributions for name in one["setup"].get("pools", ())})
    runs = [one["setup"]["runs"] for one in contributions if "runs" in one["setup"]]
    monitoring = any(one["setup"].get("monitoring") for one in contributions)
    sensors = any(one["setup"].get("sensors") for one in contributions)
    notes = dict.fromkeys(note for one in contributions for note in one["setup"].get("ground", ()))
    if variables or pools or runs or monitoring or sensors or notes:
        data = {
            "monitoring": monitoring,
            "sensors": sensors,
            "pools": [
                {
                    "name": Code(shlex.quote(name)),
                    "slots": sizes[name].slots if name in sizes else 1,
                }
                for name in pools
            ],
            "unsized": any(name not in sizes for name in pools),
            "runs": Code(_limits(runs)) if runs else None,
            "ground": [Code(bullet(note)) for note in notes],
            "variables": [
                {"name": Code(name), "says": [Code(text) for text in says]}
                for name, says in sorted(variables.items())
            ],
        }
        yield View("dagster/SETUP.md.j2", PurePosixPath("SETUP.md"), data)
