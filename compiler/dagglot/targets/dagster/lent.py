"""What a run is lent, as the environment variables that resources and ops read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from dagglot.ir.connections import FILES
from dagglot.stores import Stores
from dagglot.targets.dagster.connections import DRIVERS, PARTS, environment_name


def environment(stores: Stores) -> dict[str, str]:
    """The variables that the resources and the ops read."""
    made = {environment_name(name): value for name, value in stores.secrets.items()}
    for name, settings in stores.connections.items():
        for part in PARTS:
            if settings.get(part) is not None:
                made[environment_name(name, part)] = str(settings[part])
        made[environment_name(name, "uri")] = _uri(settings)
    return made


def _uri(settings: Mapping[str, Any]) -> str:
    type, given = settings["type"], settings.get("uri")
    scheme = DRIVERS.get(type, type)
    if type in FILES:
        return f"{scheme}:///{settings.get('database') or ''}"
    words = (str(settings[key]) for key in ("user", "password") if settings.get(key))
    user = ":".join(quote(word, safe="") for word in words)
    if given:
        split = urlsplit(str(given))
        if type in DRIVERS and "+" not in split.scheme:
            split = split._replace(scheme=scheme)
        if user and "@" not in split.netloc:
            split = split._replace(netloc=f"{user}@{split.netloc}")
        return split.geturl()
    options = dict(settings.get("options") or {})
    port = f":{settings['port']}" if settings.get("port") else ""
    if type == "http":
        scheme = options.pop("scheme", None) or ("http" if port == ":80" else "https")
    if "://" in (settings.get("host") or ""):
        return f"{settings['host']}{port}"
    place = f"{user}@" if user else ""
    place += f"{settings.get('host') or ''}{port}"
    database = f"/{settings['database']}" if settings.get("database") else ""
    return f"{scheme}://{place}{database}{f'?{urlencode(options)}' if options else ''}"
