"""What git is to know of the files of a project: the lines of its `.gitattributes`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

FILE_NAME: Final = ".gitattributes"
_SOURCES: Final = (
    "# What dagglot reads. Once per clone: git config diff.dagglot.command 'dagglot git diff'\n"
    "# has `git diff` say what a change of a pipeline means."
)
_OUTPUT: Final = (
    "# What dagglot writes: the same bytes on every system, and folded away in pull requests."
)


def lines(pipelines: Sequence[str], outs: Iterable[str]) -> Iterator[str]:
    """The lines for globs of pipelines and for folders of output, both from the project's."""
    yield _SOURCES
    for pattern in pipelines:
        yield f"{_pattern(pattern)} diff=dagglot"
    yield _OUTPUT
    for folder in dict.fromkeys(outs):
        yield f"{_pattern(f'{folder}/**')} text eol=lf linguist-generated=true"


def is_below(folder: str) -> bool:
    """Whether a folder lies below the project's: a `.gitattributes` speaks of no other."""
    path = PurePosixPath(folder)
    return not path.is_absolute() and ".." not in path.parts and path.parts != ()


def _pattern(text: str) -> str:
    """A pattern as git reads it: with a slash it is one from this folder; blanks need quotes."""
    text = text.removeprefix("./")
    text = text if "/" in text else f"/{text}"
    if any(char.isspace() or char in '"\\' for char in text):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return text
