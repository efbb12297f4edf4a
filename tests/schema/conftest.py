"""The documents that the tests of the schemas share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dagglot import yaml_reader
from dagglot.schema import SchemaName

DATA = Path(__file__).parent / "data"


class Wrong(NamedTuple):
    """A wrong document and the lines that say all that is wrong with it."""

    name: str
    schema: SchemaName
    text: str
    lines: tuple[str, ...]


def read(text: str) -> Any:
    """The value of a text of one document, by the rules of the language (YAML 1.2 core)."""
    documents, refused = yaml_reader.load(text, "document.yaml")
    assert not refused, refused
    return documents[0].value


def schema_of(file: Path) -> SchemaName:
    return "project" if file.stem.startswith("project") else "pipeline"


VALID = sorted((DATA / "valid").glob("*.yaml"))


def wrong_documents() -> Iterator[Wrong]:
    """The blocks of `wrong.txt`: a title, a document, `---`, the expected lines."""
    for block in (DATA / "wrong.txt").read_text(encoding="utf-8").split("=== ")[1:]:
        title, _, rest = block.partition("\n")
        schema, _, name = title.partition(": ")
        text, _, lines = rest.partition("\n---\n")
        assert schema in ("pipeline", "project")
        kind: SchemaName = "project" if schema == "project" else "pipeline"
        yield Wrong(name, kind, text, tuple(lines.strip().splitlines()))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "valid_file" in metafunc.fixturenames:
        metafunc.parametrize("valid_file", VALID, ids=lambda file: file.stem)
    if "wrong" in metafunc.fixturenames:
        cases = list(wrong_documents())
        metafunc.parametrize("wrong", cases, ids=[f"{c.schema}: {c.name}" for c in cases])
