"""The text of the document of each pipeline, to tell one that is only written in another way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from dagglot.ir.model import Pipeline

_START: Final = re.compile(r"^---(?=\s|$)", re.MULTILINE)
"""What begins a document; in no value can it stand at the start of a line."""


def texts_of(pipelines: Sequence[Pipeline], sources: Mapping[str, str]) -> Mapping[str, str]:
    """By the ids of the pipelines; ``sources`` has the files by their shown paths."""
    made = {}
    for pipeline in pipelines:
        text = sources.get(pipeline.source)
        if text is not None:
            made[pipeline.id] = _document(text, pipeline.span.line)
    return made


def _document(text: str, line: int) -> str:
    """The document that a line is in, without what git may change: the ends of its lines."""
    text = text.replace("\r\n", "\n")
    begin, end = 0, len(text)
    for found in _START.finditer(text):
        if text.count("\n", 0, found.start()) + 1 > line:
            end = found.start()
            break
        begin = found.end()
    return text[begin:end].strip()
