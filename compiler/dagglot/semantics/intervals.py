"""Elapsed time as cron lines in UTC, where every day or week is like the next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from math import gcd
from typing import Final, TypeAlias

_MINUTE: Final = timedelta(minutes=1)
_HOUR, _DAY, _WEEK = 60, 1440, 10080
_Group: TypeAlias = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""Days of the week, hours and minutes."""
MOST_LINES: Final = 6
"""With more of them nobody sees what they mean."""


def has_seconds(every: timedelta, start: datetime) -> bool:
    """Whether cron, which knows minutes, cannot say the times of it."""
    return bool(every % _MINUTE) or bool(start.second or start.microsecond)


def lines(every: timedelta, start: datetime) -> tuple[str, ...]:
    """Cron lines in UTC that together fire at ``start`` + k·``every``, before ``start`` too.

    None where that is no whole number of times a week, or needs too many lines.
    """
    if has_seconds(every, start) or _WEEK % (minutes := every // _MINUTE):
        return ()
    period = next(one for one in (_HOUR, _DAY, _WEEK) if one % minutes == 0)
    first = _minute_of_week(start)
    ticks = sorted({(first + k * minutes) % period for k in range(period // minutes)})
    if period == _HOUR:
        return (f"{_field(ticks, 59)} * * * *",)
    days_of: dict[tuple[int, int], set[int]] = {}  # by hour and minute
    for tick in ticks:
        days_of.setdefault((tick // _HOUR % 24, tick % _HOUR), set()).add(tick // _DAY)
    all_days = tuple(range(7))
    groups: list[_Group] = [
        (tuple(sorted(days)) if period == _WEEK else all_days, (hour,), (minute,))
        for (hour, minute), days in sorted(days_of.items())
    ]
    groups = _joined(_joined(groups, 1), 2)
    if len(groups) > MOST_LINES:
        return ()
    return tuple(
        f"{_field(minutes, 59)} {_field(hours, 23)} * * {_field(days, 6)}"
        for days, hours, minutes in groups
    )


def grid(every: timedelta, start: datetime) -> str:
    """The cron line in UTC with the fewest times besides those of ``every``."""
    minutes = every // _MINUTE
    [line] = lines(gcd(minutes, _DAY if minutes % _HOUR == 0 else _HOUR) * _MINUTE, start)
    return line


def _joined(groups: Iterable[_Group], part: int) -> list[_Group]:
    """Those that differ in one part alone as one, in the order of their first times."""
    made: dict[_Group, _Group] = {}
    for group in groups:
        key: _Group = (*group[:part], (), *group[part + 1 :])  # type: ignore[assignment]
        known = made.get(key)
        values = tuple(sorted((*(known[part] if known else ()), *group[part])))
        made[key] = (*group[:part], values, *group[part + 1 :])  # type: ignore[assignment]
    return list(made.values())


def _minute_of_week(at: datetime) -> int:
    """From the beginning of Sunday, in UTC."""
    at = at.astimezone(UTC)
    return at.isoweekday() % 7 * _DAY + at.hour * _HOUR + at.minute


def _field(values: Sequence[int], highest: int) -> str:
    """A field as one writes it: ``*``, ``*/15``, ``1,31``, ``1-23/2``."""
    if len(values) == highest + 1:
        return "*"
    step = values[1] - values[0] if len(values) > 1 else 0
    if len(values) < 3 or list(values) != list(range(values[0], values[-1] + 1, step)):
        return ",".join(map(str, values))
    if values[0] == 0 and values[-1] + step > highest:
        return f"*/{step}"
    if len(values) <= 4:
        return ",".join(map(str, values))
    return f"{values[0]}-{values[-1]}/{step}" if step > 1 else f"{values[0]}-{values[-1]}"
