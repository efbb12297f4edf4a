"""The generated helper module, rendered as the compiler renders it, and loaded."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dagglot.expressions import needed
from dagglot.pycode import literal

TEMPLATES = Path(__file__).parents[2] / "templates"


def render(functions: Iterable[str], **options: bool) -> str:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        finalize=literal,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Python is made here, and `finalize` quotes it
        **options,
    )
    return environment.get_template("helpers/values.py.j2").render(functions=needed(functions))


def load(functions: Iterable[str]) -> dict[str, Any]:
    module: dict[str, Any] = {}
    exec(compile(render(functions), "values.py", "exec"), module)  # noqa: S102
    return {name: module[name] for name in needed(functions)}
