"""Views to text, through Jinja; the only place that renders.

Autoescape for Python: whatever a template prints is written as a Python literal unless it is
`Code`, a type that only lowering and the expression emitters make. So the text of a user cannot
become code by being printed.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from dagglot import pycode, resources
from dagglot.patterns import postponed
from dagglot.pycode import Code, literal
from dagglot.targets.base import View

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment


def python_literal(value: Any) -> str:
    """What ``{{ value }}`` prints: code as it is, anything else as a Python literal."""
    return value if isinstance(value, Code) else literal(value)


@lru_cache(maxsize=4)
def environment(overrides: Path | None = None) -> Environment:
    """The Jinja environment; templates in the folder ``overrides`` replace those of that name."""
    with postponed("jinja2"):
        from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined

    def finalize(value: Any) -> Any:
        # a missing name must raise, not be quoted
        return value if isinstance(value, Undefined) else python_literal(value)

    folders = [resources.path("templates")]
    if overrides is not None:
        folders.insert(0, overrides)
    made = Environment(
        loader=FileSystemLoader(folders),
        finalize=finalize,
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - HTML escaping is not what protects Python; finalize is
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=_bytecode_cache(),
    )
    # macros and set blocks render to text that is source already
    made.filters["code"] = Code
    return made


def _bytecode_cache() -> BytecodeCache | None:
    """Where compiled templates wait for the next process; None where nothing can be kept.

    Jinja looks for an entry by the template's path and text, and replaces its files in one step.
    What else decides on the code, this module and `pycode`, names the folder.
    """
    from jinja2 import FileSystemBytecodeCache
    from jinja2.bccache import Bucket

    class Cache(FileSystemBytecodeCache):
        def dump_bytecode(self, bucket: Bucket) -> None:
            with contextlib.suppress(OSError):  # a full disk stops no compile
                super().dump_bytecode(bucket)

    sources = (Path(one).read_bytes() for one in (__file__, pycode.__file__))
    key = hashlib.sha256(b"".join(sources)).hexdigest()[:16]
    try:
        folder = resources.cache(f"templates/{key}")
    except OSError:
        return None
    return Cache(str(folder))


def render(views: Iterable[View], overrides: Path | None = None) -> dict[PurePosixPath, str]:
    """The text of every file. Python that does not compile is a bug, and raises."""
    files: dict[PurePosixPath, str] = {}
    for view in views:
        template = environment(overrides).get_template(view.template)
        text = template.render(view.data)
        if view.path.suffix == ".py":
            compile(text, str(view.path), "exec", dont_inherit=True)
        files[view.path] = text
    return files
