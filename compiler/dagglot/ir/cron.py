"""Five-field cron, as every target understands it; nothing that they read differently."""

from __future__ import annotations

import re
from typing import Final

from dagglot.frozen import dataclass

NICKNAMES: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_MONTHS: Final = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 7, _DAYS),
)
_REPEATED: Final = re.compile(r"\b(\w+)-\1(/\d+)?(?=,|$)")
_LONGEST: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Cron:
    """The values of each field. Sunday is 0; ``*_open`` when the field restricts nothing."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    days_open: bool
    weekdays_open: bool
    text: str
    """The five fields as written, with fields instead of a nickname. Where a range is one value it
    has no step: croniter, which all targets use, would take ``23-23/2`` for ``1-23/2``."""

    @property
    def is_hourly(self) -> bool:
        """Whether it names every hour of its days."""
        return len(self.hours) == 24

    @property
    def is_daily(self) -> bool:
        """Whether it fires every day."""
        return self.days_open and self.weekdays_open and len(self.months) == 12


def parse(text: str) -> Cron | str:
    """The schedule of a text, or what is wrong with it."""
    words = NICKNAMES.get(text.strip().lower(), text).split()
    if text.strip().startswith("@") and text.strip().lower() not in NICKNAMES:
        return f"`{text.strip()}` is not one of {', '.join(sorted(NICKNAMES))}"
    if len(words) == 6:
        return "it has six fields, and seconds are not supported"
    if len(words) != 5:
        return f"it has {len(words)} fields, not five"
    sets: list[frozenset[int]] = []
    fields: list[str] = []
    for word, (name, low, high, names) in zip(words, _FIELDS, strict=True):
        values = _field(word, low, high, names)
        if isinstance(values, str):
            return f"{name} `{word}`: {values}"
        sets.append(values)
        fields.append(_REPEATED.sub(r"\1", word))
    weekdays = frozenset(value % 7 for value in sets[4])
    if all(min(sets[2]) > _LONGEST[month - 1] for month in sets[3]):
        return "no month of it has such a day"
    return Cron(
        minutes=sets[0],
        hours=sets[1],
        days=sets[2],
        months=sets[3],
        weekdays=weekdays,
        # as in croniter, which all targets use: `1-31` or `*/1` is `*` only beside another star
        days_open=words[2] == "*" or (len(sets[2]) == 31 and "*" in words[4]),
        weekdays_open=words[4] == "*" or (len(weekdays) == 7 and "*" in words[2]),
        text=" ".join(fields),
    )


def _field(word: str, low: int, high: int, names: tuple[str, ...]) -> frozenset[int] | str:
    made: set[int] = set()
    for part in word.split(","):
        span, slash, step = part.partition("/")
        if slash and (not step.isdecimal() or int(step) == 0):
            return f"`/{step}` is no step"
        if span == "*":
            first, last = low, high
        else:
            left, dash, right = span.partition("-")
            begin = _number(left, low, names)
            stop = _number(right, low, names) if dash else begin
            if begin is None or stop is None:
                return f"`{span or part}` is neither a number, a range nor `*`"
            if slash and not dash:
                return f"write a range before `/{step}`, such as `{span}-{high}/{step}`"
            if not low <= begin <= high or not low <= stop <= high:
                return f"it goes from {low} to {high}"
            if stop < begin:
                return "the range runs backwards"
            first, last = begin, stop
        made.update(range(first, last + 1, int(step) if slash else 1))
    return frozenset(made)


def _number(text: str, low: int, names: tuple[str, ...]) -> int | None:
    if text.isdecimal() and text.isascii() and len(text) < 4:
        return int(text)
    word = text.lower()
    return names.index(word) + low if word in names else None
