"""What a run is lent, as environment variables that Airflow's own stores look into first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from dagglot.ir.connections import FILES
from dagglot.stores import Stores

TYPES: Final[Mapping[str, str]] = {
    "bigquery": "gcpbigquery",
    "duckdb": "generic",
    "gcs": "google_cloud_platform",
    "s3": "aws",
    "slack": "slackwebhook",
}
"""Airflow's name of a type of connection, where it is another."""


def environment(stores: Stores) -> dict[str, str]:
    """``AIRFLOW_CONN_…`` and ``AIRFLOW_VAR_…``."""
    made = {f"AIRFLOW_VAR_{name.upper()}": value for name, value in stores.secrets.items()}
    for name, settings in stores.connections.items():
        made[f"AIRFLOW_CONN_{name.upper()}"] = json.dumps(connection(settings))
    return made


def connection(settings: Mapping[str, Any]) -> dict[str, Any]:
    """One connection in the fields of Airflow's."""
    type, options = settings["type"], dict(settings.get("options") or {})
    made = {"conn_type": TYPES.get(type, type), "host": settings.get("host")}
    made |= {"login": settings.get("user"), "password": settings.get("password")}
    made["port"] = int(settings["port"]) if settings.get("port") else None
    if type in FILES:
        made["host"] = settings.get("database")
    elif type == "http":
        made |= _address(settings, options)
    elif type == "slack":
        # a webhook's address is the secret of its connection
        made["password"] = settings.get("uri") or settings.get("password")
    elif type == "smtp":
        options = {**_encryption(settings, options.pop("tls", None)), **options}
    else:
        made["schema"] = settings.get("database")
    if options:
        made["extra"] = options
    return {key: value for key, value in made.items() if value is not None}


def _encryption(settings: Mapping[str, Any], tls: object) -> dict[str, Any]:
    """Airflow's switches for ``tls: ssl``, ``starttls`` or ``none``; else as the port is used."""
    usual = {465: "ssl", 587: "starttls"}.get(int(settings.get("port") or 465), "none")
    chosen = tls or usual
    return {"disable_ssl": chosen != "ssl", "disable_tls": chosen != "starttls"}


def _address(settings: Mapping[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Scheme and host; a path below them only where the host is a whole address."""
    split = urlsplit(settings.get("uri") or "")
    scheme = split.scheme or options.pop("scheme", None)
    scheme = scheme or ("http" if str(settings.get("port")) == "80" else "https")
    if path := split.path.rstrip("/"):
        place = split.netloc.rpartition("@")[2]
        return {"host": f"{scheme}://{place}{path}", "port": None}
    return {"schema": scheme}
