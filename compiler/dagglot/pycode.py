"""Python source text that is safe to print, laid out as ``ruff format`` would leave it.

A bare ``str`` is the user's and gets quoted; only `Code` is printed as it stands.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import math
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from dagglot.frozen import dataclass

LINE_LENGTH = 88
INDENT = 4


class Code(str):
    """Python source text: the only text that a template prints without quotes."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A call inside a literal: ``function(*args, **kwargs)``; keywords keep their order."""

    function: str
    args: tuple[object, ...] = ()
    kwargs: tuple[tuple[str, object], ...] = ()


# What must never stand in a source file as it is: controls, what turns the direction of text or
# has no width, spaces that look like a space, private use, planes without
# characters, lone surrogates. A fixed table, since
# `str.isprintable` differs from one Python version to the next.
_HOSTILE = (
    "[\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f"
    "\u2028-\u202f\u205f-\u206f\u3000\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U00040000-\U0010ffff]"
)
# the part of the table that most text needs: to compile the whole of it takes a millisecond
_HOSTILE_ASCII = re.compile("[\x00-\x1f\x7f]")
# what needs no escape whatever the quotes: most text, so it is looked for first
_PLAIN = re.compile(r"[ !#-&(-\[\]-~]*").fullmatch
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    short = _SHORT_ESCAPES.get(char)
    if short is not None:
        return short
    point = ord(char)
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def escaped(text: str, quote: str) -> str:
    """The inside of a string literal that stands between `quote`, one character."""
    body = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return _without_hostile(body)


def _without_hostile(text: str) -> str:
    table = _HOSTILE_ASCII if text.isascii() else _hostile()
    return table.sub(_escape, text)


@cache
def _hostile() -> re.Pattern[str]:
    return re.compile(_HOSTILE)


def preferred_quote(text: str) -> str:
    """The quote that ruff chooses: double, unless that would need more escapes."""
    return "'" if text.count('"') > text.count("'") else '"'


def _string(text: str) -> str:
    if _PLAIN(text):
        return f'"{text}"'
    quote = preferred_quote(text)
    return f"{quote}{escaped(text, quote)}{quote}"


def literal(value: object) -> Code:
    """A literal on one line; `Code` and `Call` inside containers print as code.

    Raises `TypeError` for any other type, `ValueError` for a float that is not finite.
    """
    return Code(_flat(value))


def _flat(value: Any) -> str:
    kind = type(value)  # the most common ones first: this is the innermost loop of layout
    if kind is Code:
        return value  # type: ignore[no-any-return]
    if kind is str:
        return _string(value)
    if kind is Call:
        args = [_flat(arg) for arg in value.args]
        args += [f"{name}={_flat(arg)}" for name, arg in value.kwargs]
        return f"{value.function}({', '.join(args)})"
    match value:
        case Code():
            return str(value)
        case str():
            return _string(value)
        case None | bool():
            return repr(value)
        case int():
            return int.__repr__(value)
        case float():
            if not math.isfinite(value):
                raise ValueError(f"{value!r} has no literal")
            return float.__repr__(value).replace("e+", "e")
        case list():
            return f"[{', '.join(map(_flat, value))}]"
        case tuple():
            items = ", ".join(map(_flat, value))
            return f"({items},)" if len(value) == 1 else f"({items})"
        case dict():
            return "{" + ", ".join(f"{_flat(k)}: {_flat(v)}" for k, v in value.items()) + "}"
        case _:
            raise TypeError(f"a {type(value).__name__} has no literal")


def text_block(text: str) -> Code:
    """A string literal as a person writes it: several lines as a triple-quoted block.

    The block holds the text exactly; a line that ends in blanks, or a text of one line, is written
    as an ordinary literal, since nobody sees blanks at the end of a line.
    """
    lines = text.split("\n")
    plain = any(line != line.rstrip(" ") for line in lines)
    if len(lines) < 2 or plain or not text.strip("\n"):
        return literal(text)
    safe = (_without_hostile(line.replace("\\", "\\\\")) for line in lines)
    body = _ENDS_BLOCK.sub(lambda found: '\\"' * len(found.group()), "\n".join(safe))
    return Code(f'"""\\\n{body}"""')


# The double quotes in a triple-quoted block that could end it, or would touch its end.
_ENDS_BLOCK = re.compile(r'"{3,}|"+\Z')


def width(text: str) -> int:
    """Columns that text takes, as ruff counts them: wide characters are two, marks none."""
    if text.isascii():
        return len(text)
    return sum(_char_width(char) for char in text)


def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def layout(value: object, indent: int = 0, prefix_width: int = 0, suffix_width: int = 0) -> Code:
    """A literal that starts after `indent + prefix_width` columns, broken where it must be.

    `suffix_width` is what follows on its last line, such as a comma. A scalar, and a `Code` that
    is no call, cannot be broken and may stay longer than the line.
    """
    room = LINE_LENGTH - indent - prefix_width - suffix_width
    pieces = _pieces(value)
    if pieces is not None:
        texts = [name + _flat(item) for name, item in pieces.items]
        flat = f"{pieces.opening}{', '.join(texts)}{pieces.comma}{pieces.closing}"
        return Code(flat) if _fits(flat, room) else _broken(pieces, texts, indent)
    flat = _flat(value)
    if not isinstance(value, Code) or _fits(flat, room):
        return Code(flat)
    pieces = _pieces(_as_call(value))
    if pieces is not None:
        return _broken(pieces, [name + _flat(item) for name, item in pieces.items], indent)
    return Code(f"\n{' ' * indent}".join(_operands(value)))


class _Pieces(NamedTuple):
    """What can be broken: each item with the name, and the sign, that stand before it.

    ``comma`` is the one that makes a tuple, where all is on one line.
    """

    opening: str
    items: list[tuple[str, object]]
    closing: str
    comma: str = ""


def _pieces(value: object) -> _Pieces | None:
    """The pieces of a container or of a call; None where there are none."""
    match value:
        case Call(function=function, args=args, kwargs=kwargs) if args or kwargs:
            items = [("", arg) for arg in args]
            items += [(f"{name}=", arg) for name, arg in kwargs]
            return _Pieces(f"{function}(", items, ")")
        case dict() if value:
            return _Pieces("{", [(f"{_flat(key)}: ", item) for key, item in value.items()], "}")
        case list() if value:
            return _Pieces("[", [("", item) for item in value], "]")
        case tuple() if value:
            return _Pieces("(", [("", item) for item in value], ")", "," * (len(value) == 1))
        case _:
            return None


def _fits(text: str, room: int) -> bool:
    return "\n" not in text and width(text) <= room


def _broken(pieces: _Pieces, texts: list[str], indent: int) -> Code:
    """One piece a line; ``texts`` are those of the pieces that need not be broken themselves."""
    inner = indent + INDENT
    room = LINE_LENGTH - inner - 1
    pad = " " * inner
    lines = [
        f"{pad}{text if _fits(text, room) else _pair(name, item, inner)},\n"
        for text, (name, item) in zip(texts, pieces.items, strict=True)
    ]
    return Code(f"{pieces.opening}\n{''.join(lines)}{' ' * indent}{pieces.closing}")


def _as_call(code: Code) -> Call | None:
    """The parts of a call that stands on one line, so that it can be broken."""
    try:
        node = ast.parse(code, mode="eval").body if "\n" not in code else None
    except SyntaxError:  # a part of an expression, such as `**{…}`
        return None
    if not isinstance(node, ast.Call):
        return None
    args = tuple(Code(_source(code, arg)) for arg in node.args)
    kwargs = tuple((word.arg or "**", Code(_source(code, word.value))) for word in node.keywords)
    if any(name == "**" for name, _ in kwargs) or not (args or kwargs):
        return None
    return Call(_source(code, node.func), args, kwargs)


def _source(code: str, node: ast.expr) -> str:
    return ast.get_source_segment(code, node) or ""


def _pair(name: str, value: object, indent: int) -> Code:
    """``name`` and its value; an operation that fits on a line of its own gets parentheses."""
    text = layout(value, indent, width(name), 1)
    if name and isinstance(value, Code) and len(_operands(value)) > 1:
        used, inner = width(value), indent + INDENT
        if indent + width(name) + used + 1 > LINE_LENGTH >= inner + used:
            return Code(f"{name}(\n{' ' * inner}{value}\n{' ' * indent})")
    return Code(name + text)


def _operands(code: Code) -> list[str]:
    """The lines of an operation that is broken before each of its operators; else the code."""
    try:
        node = ast.parse(code, mode="eval").body if "\n" not in code else None
    except SyntaxError:
        return [code]
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            pairs = [(left, right)]
            while isinstance(left, ast.BinOp) and _is_sum(left.op) is _is_sum(op):
                pairs.insert(0, (left.left, left.right))
                left = left.left
        case ast.BoolOp(values=values):
            pairs = list(pairwise(values))
        case ast.Compare(left=left, comparators=values):
            pairs = list(pairwise([left, *values]))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            pairs = [(body, test), (test, orelse)]
        case _:
            return [code]
    text = code.encode()
    found = (_AFTER.match(text, left.end_col_offset or 0) for left, _ in pairs)
    starts = [0, *(match.end() for match in found if match)]
    return [text[a:b].decode().strip() for a, b in pairwise([*starts, len(text)])]


_AFTER = re.compile(rb"[\s)]*")
"""What closes an operand."""


def _is_sum(operator: ast.operator) -> bool:
    return isinstance(operator, ast.Add | ast.Sub)


def call(
    function: str,
    args: Sequence[object] = (),
    kwargs: Mapping[str, object] | Iterable[tuple[str, object]] = (),
    indent: int = 0,
    prefix: str = "",
    suffix: str = "",
) -> Code:
    """The call alone, laid out for a line ``<indent><prefix><call><suffix>``."""
    named = kwargs.items() if isinstance(kwargs, Mapping) else kwargs
    node = Call(function, tuple(args), tuple(named))
    return layout(node, indent, width(prefix), width(suffix))


def assignment(target: str, value: object, indent: int = 0) -> Code:
    """``target = value``; what fits only on a line of its own gets parentheses, as ruff has it."""
    text = layout(value, indent, width(target) + 3)
    head = indent + width(target) + 3 + width(text.partition("\n")[0])
    if isinstance(value, Call) and head > LINE_LENGTH:
        inner = layout(value, indent + INDENT)
        first, *rest = inner.split("\n")
        # ruff tries parentheses, and leaves them where a line would be too long all the same
        if indent + INDENT + width(first) <= LINE_LENGTH >= max(map(width, rest), default=0):
            pad = " " * indent
            return Code(f"{target} = (\n{pad}{' ' * INDENT}{inner}\n{pad})")
    breaks = isinstance(value, (list, tuple, dict, Call)) or "\n" in text
    if not breaks and not isinstance(value, Code):
        used = width(text)
        too_long = indent + width(target) + 3 + used > LINE_LENGTH
        if too_long and indent + INDENT + used <= LINE_LENGTH:
            pad = " " * indent
            return Code(f"{target} = (\n{pad}{' ' * INDENT}{text}\n{pad})")
    return Code(f"{target} = {text}")


# `dir(builtins)` differs between Python versions and with `site`; these are added to be sure.
_RESERVED = frozenset((*dir(builtins), *keyword.kwlist, *keyword.softkwlist)) | {
    "copyright", "credits", "exit", "help", "license", "quit", "self", "_",
    "aiter", "anext", "EncodingWarning", "BaseExceptionGroup", "ExceptionGroup",
    "PythonFinalizationError",
}  # fmt: skip


def identifier(text: str, taken: Collection[str] = ()) -> str:
    """An ASCII name made from `text`: no keyword, no builtin, not in `taken`.

    Letters and their case stay; all else becomes ``_``. What is reserved or taken gets ``_``
    appended, then ``_2``, ``_3`` and so on.
    """
    name = _ascii_name(text)
    if not name.strip("_"):
        name = "name"
    elif name[0].isdigit():
        name = "_" + name
    if name not in _RESERVED and name not in taken:
        return name
    candidate = name + "_"
    number = 2
    while candidate in taken:
        candidate = f"{name}_{number}"
        number += 1
    return candidate


@lru_cache(maxsize=1024)
def _ascii_name(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_]+", "_", plain)


def docstring(text: str, indent: int = INDENT) -> Code:
    """A docstring of any text, its lines kept; blank lines around it are dropped.

    Every line after the first stands at `indent`, which is no part of the text. What a formatter
    would change (spaces at an end, a common margin, tabs) is written as escapes.
    """
    first, *rest = text.strip("\n").split("\n")
    filled = [line for line in rest if line]
    has_margin = bool(filled) and all(line[0] == " " for line in filled)
    lines = [_doc_line(first, hold_start=True, quotes=_FIRST_LINE if rest else _ONLY_LINE)]
    lines += [_doc_line(line, hold_start=has_margin, quotes=_LATER_LINE) for line in rest]
    pad = " " * indent
    if rest:
        body = "\n".join(pad + line if line else "" for line in lines).removeprefix(pad)
        return Code(f'"""{body}\n{pad}"""')
    return Code(f'"""{lines[0] or " "}"""')


# The double quotes that need a backslash: beside another one, and beside the docstring's own.
_LATER_LINE = re.compile(r'(?<=")"|"(?=")')
_FIRST_LINE = re.compile(r'^"|(?<=")"|"(?=")')
_ONLY_LINE = re.compile(r'^"|(?<=")"|"(?=")|"$')


def _doc_line(line: str, hold_start: bool, quotes: re.Pattern[str]) -> str:
    if _PLAIN(line) and not line.startswith(" ") and not line.endswith(" "):
        return line
    body = quotes.sub(r'\\"', line.replace("\\", "\\\\"))
    body = _without_hostile(body)
    if body.endswith(" "):
        body = body[:-1] + r"\x20"
    if hold_start and body.startswith(" "):
        body = r"\x20" + body[1:]
    return body
