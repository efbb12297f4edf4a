"""Connections: where a system is, as a resource of the jobs that work with it."""

from __future__ import annotations

import dagster as dg


class Connection(dg.ConfigurableResource):
    """Its address as a whole, or its parts; what is in neither is not known."""

    uri: str | None = None
    host: str | None = None
    port: int | None = None
    user: str | None = None
    password: str | None = None
    database: str | None = None
