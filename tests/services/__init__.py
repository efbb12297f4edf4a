"""What tasks talk to in tests: servers of this process, one thread each, and a PostgreSQL."""

from __future__ import annotations

from services.docker import DockerEngine
from services.http import HttpServer
from services.kubernetes import Kubernetes
from services.postgres import PostgresServer
from services.smtp import MailServer

__all__ = ["DockerEngine", "HttpServer", "Kubernetes", "MailServer", "PostgresServer"]
