"""The language's functions as facts, and durations and formats, which both are small languages."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from typing import Final

from dagglot.expressions import types
from dagglot.expressions.types import Type
from dagglot.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Signature:
    """How a function is called; `result` is None where it depends on the arguments."""

    parameters: tuple[str, ...]
    result: Type | None


FUNCTIONS: Final[dict[str, Signature]] = {
    "format": Signature(("t", "format"), types.STRING),
    "add": Signature(("t", "duration"), None),
    "len": Signature(("x",), types.INTEGER),
    "default": Signature(("x", "y"), None),
    "json": Signature(("x",), types.STRING),
    "lower": Signature(("s",), types.STRING),
    "upper": Signature(("s",), types.STRING),
    "str": Signature(("x",), types.STRING),
    "int": Signature(("x",), types.INTEGER),
    "float": Signature(("x",), types.NUMBER),
    "bool": Signature(("x",), types.BOOLEAN),
}

_SECONDS: Final = r"\d{1,9}(?:\.\d{1,6})?"
_SHORT: Final = re.compile(
    rf"(?=\d)(?:(?P<w>\d{{1,6}})w)?(?:(?P<d>\d{{1,6}})d)?(?:(?P<h>\d{{1,7}})h)?"
    rf"(?:(?P<m>\d{{1,8}})m)?(?:(?P<s>{_SECONDS})s)?",
    re.ASCII,
)
_ISO: Final = (  # seldom written, and compiled where it is
    rf"P(?=\d|T\d)(?:(?P<w>\d{{1,6}})W)?(?:(?P<d>\d{{1,6}})D)?"
    rf"(?:T(?=\d)(?:(?P<h>\d{{1,7}})H)?(?:(?P<m>\d{{1,8}})M)?(?:(?P<s>{_SECONDS})S)?)?"
)


@dataclass(frozen=True, slots=True)
class Move:
    """A step in time: whole days move the calendar, the rest is elapsed time."""

    days: int
    elapsed: timedelta


def parse_move(text: str) -> Move | None:
    """The duration of `add`: as `parse_duration`, with a minus before it or not."""
    backwards = text.startswith("-")
    body = text[1:] if backwards else text
    match = _SHORT.fullmatch(body) or re.fullmatch(_ISO, body, re.ASCII)
    if match is None:
        return None
    weeks, days, hours, minutes = (int(match[unit] or 0) for unit in "wdhm")
    whole, _, fraction = (match["s"] or "0").partition(".")
    elapsed = timedelta(
        hours=hours,
        minutes=minutes,
        seconds=int(whole),
        microseconds=int(fraction.ljust(6, "0")),
    )
    move = Move(weeks * 7 + days, elapsed)
    return Move(-move.days, -move.elapsed) if backwards else move


@lru_cache(maxsize=256)
@lru_cache(maxsize=256)
def parse_duration(text: str) -> timedelta | None:
    """`30s`, `1h30m`, `1d`, `1w`, or ISO 8601 (`PT1H30M`, `P1W`); None where it is neither.

    A day is 24 hours. Units go from large to small, each at most once; seconds may have up to six
    decimals. There is no sign.
    """
    if text.startswith("-"):
        return None
    move = parse_move(text)
    return None if move is None else timedelta(days=move.days) + move.elapsed


def duration_text(length: timedelta) -> str:
    """A duration as a document writes it: ``1h30m``."""
    left, made = length // timedelta(microseconds=1), ""
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        many, left = divmod(left, size * 1_000_000)
        made += f"{many}{unit}" if many else ""
    seconds = f"{left / 1_000_000:.6f}".rstrip("0").rstrip(".")
    return f"{made}{seconds}s" if left or not made else made


# Directives of strftime that mean the same on every platform. `%a`, `%b` and so on follow the
# process's locale, which is C unless a program changes it, and no orchestrator does.
_DIRECTIVE: Final = re.compile(r"%(.?)", re.DOTALL)
_KNOWN_DIRECTIVES: Final = frozenset("YmdHMSfjyzZGVuwIpaAbB%")
_SHELL_SAFE: Final = re.compile(r"[A-Za-z0-9_.:/@+-]*")


def wrong_directive(format_: str) -> str | None:
    """The first part of a format that is no directive of strftime, such as `%Q`."""
    for match in _DIRECTIVE.finditer(format_):
        if match[1] not in _KNOWN_DIRECTIVES or not match[1]:
            return match[0]
    return None


def is_shell_safe_text(text: str) -> bool:
    """Whether a text consists of characters that mean nothing to a shell."""
    return _SHELL_SAFE.fullmatch(text) is not None


def is_shell_safe_format(format_: str) -> bool:
    """Whether every text that this format makes of a date is safe in a shell."""
    return "%%" not in format_ and is_shell_safe_text(_DIRECTIVE.sub("", format_))
