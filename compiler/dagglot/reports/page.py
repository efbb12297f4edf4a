"""A web page in one file: no script, no font, nothing that is fetched.

It may stand in a ticket or on an intranet, so its policy forbids whatever it does not have itself.
"""

from __future__ import annotations

from html import escape
from typing import Final

from dagglot.diagnostics.render import printable

_STYLE: Final = """\
:root { color-scheme: light dark; --ink: #1c2024; --dim: #60646c; --paper: #fff; --line: #d9d9e0;
  --shade: #f4f4f6; --red: #c62a2f; --amber: #915930; --green: #18794e; --blue: #0b68cb; }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --dim: #b0b4ba; --paper: #111113;
  --line: #363a3f; --shade: #1c1d20; --red: #ff9592; --amber: #ffc182; --green: #3dd68c;
  --blue: #70b8ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 75rem; padding: 1.5rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { margin: .25rem 0 .75rem; max-width: 60rem; } .dim { color: var(--dim); }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; } .wide { overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem;
  border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--dim); white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
tbody tr:hover { background: var(--shade); }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0;
  padding: .4rem .75rem; }
summary { cursor: pointer; } summary:focus-visible { outline: 2px solid var(--blue); }
ul { margin: .25rem 0; padding-left: 1.25rem; }
.red { color: var(--red); } .amber { color: var(--amber); } .green { color: var(--green); }
.blue { color: var(--blue); } .red, .amber { font-weight: 600; }
.bar { display: flex; height: .8rem; border-radius: 4px; overflow: hidden; min-width: 8rem;
  background: var(--shade); }
.bar span { display: block; height: 100%; }
.bar .native { background: #2b9a66; } .bar .emulated { background: #8fcea8; }
.bar .accepted { background: #5eb1ef; } .bar .lossy { background: #ffb224; }
.bar .refused { background: #e5484d; }
.answer { border-bottom: 1px dotted var(--dim); min-height: 1.6rem; }
@media print { details { break-inside: avoid; } body { max-width: none; } }
"""


def page(title: str, body: str) -> str:
    """The whole page; ``body`` is HTML already."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>\n{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}</body>\n</html>\n"
    )


def text(words: object) -> str:
    """A text as text, without what turns or hides others."""
    return escape(printable(str(words)))


def prose(words: str) -> str:
    """A sentence in which names stand in backticks."""
    parts = words.split("`")
    return "".join(
        f"<code>{text(part)}</code>" if number % 2 else text(part)
        for number, part in enumerate(parts)
    )
