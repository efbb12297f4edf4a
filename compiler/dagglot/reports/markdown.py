"""Text of users that is harmless in the Markdown of GitHub and GitLab.

It stands in ``<code>``, where neither makes a mention or a reference of it, with every character
that means something as an entity. A span in backticks would not do: in a table ``\\|`` ends it.
Source: https://github.github.com/gfm/
"""

from __future__ import annotations

import re
from typing import Final

from dagglot.diagnostics.render import printable

_MEANS: Final = re.compile(
    r"""[&<>`*~\\|\[\](){}#!@$^]|:(?=\S)(?!\d)|(?<=www)\.|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"""
)
_JOINED: Final = "&#8203;"
"""A space without width: `@` and a name are no mention with one between them."""


def code(text: str) -> str:
    """A text of the user's, as it is; nothing for none."""
    return f"<code>{_entities(text)}</code>" if text else ""


def prose(text: str) -> str:
    """A sentence of ours, in which the user's words stand in backticks."""
    parts = text.split("`")
    return "".join(code(part) if at % 2 else _plain(part) for at, part in enumerate(parts))


def cut(text: str, longest: int) -> str:
    """A text on one line that is not too long."""
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def row(*cells: str) -> str:
    """A row of a table; the cells are safe already."""
    return f"| {' | '.join(cells)} |\n"


def _plain(text: str) -> str:
    return re.sub("(&#(?:64|35);)", rf"\1{_JOINED}", _entities(text))


def _entities(text: str) -> str:
    words = printable(re.sub(r"\s", " ", text))
    return _MEANS.sub(lambda found: f"&#{ord(found[0])};", words)
