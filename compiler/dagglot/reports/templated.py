"""Pages that stand alone: no request to anywhere, no script but their own, all text escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from dagglot import resources
from dagglot.diagnostics.render import printable

Filters = Mapping[str, Callable[..., Any]]


def page(template: str, filters: Filters, **values: Any) -> str:
    """A page of `templates/reports/`, of which the others extend `page.html.j2`."""
    style, script = (resources.text(f"templates/reports/page.{end}") for end in ("css", "js"))
    return _template(template, tuple(filters.items())).render(
        style=Markup(style),  # noqa: S704 - files of our own, whose hashes the policy names
        script=Markup(script),  # noqa: S704
        policy=_policy(style, script),
        **values,
    )


@cache
def _template(name: str, filters: tuple[tuple[str, Callable[..., Any]], ...]) -> Template:
    environment = Environment(
        loader=FunctionLoader(lambda name: resources.text(f"templates/reports/{name}")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"seen": printable, "prose": prose, **dict(filters)}
    return environment.get_template(name)


def prose(text: str) -> Markup:
    """A sentence of ours, in which the user's words stand in backticks."""
    parts = printable(text).split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part)
        for at, part in enumerate(parts)
    )


def _policy(style: str, script: str) -> str:
    """What the page may do: be shown, with this style and this script, and nothing else."""
    parts = {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'"}
    parts |= {"style-src": _hash(style), "script-src": _hash(script)}
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
