"""Random cron lines, zones and instants; half of the instants are near a change of the clocks."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from dagglot.ir import cron
from dagglot.semantics.firetimes import clock_changes

ZONES = (
    *("UTC", "Europe/Madrid", "America/New_York", "Europe/London", "Europe/Dublin"),
    *("Australia/Sydney", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Tokyo", "America/St_Johns"),
    *("America/Los_Angeles", "Africa/Casablanca", "Africa/Cairo", "Asia/Beirut", "Asia/Tehran"),
    *("America/Havana", "America/Santiago", "Atlantic/Azores", "Pacific/Chatham"),
    *("Asia/Kathmandu", "America/Asuncion", "Europe/Chisinau", "America/Nuuk", "Asia/Gaza"),
)
ODD_ZONES = ("Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Apia")
"""Half an hour of summer time; two hours; a whole day that was left out."""


def schedule(seed: random.Random, zones: tuple[str, ...] = ZONES) -> tuple[str, str, str, int]:
    zone = seed.choice(zones)
    return canonical(seed), zone, moment(seed, zone).isoformat(), seed.choice((2, 2, 3, 4))


def moment(seed: random.Random, zone: str) -> datetime:
    anywhere = datetime(2010, 1, 1, tzinfo=UTC) + timedelta(minutes=seed.randrange(25 * 365 * 1440))
    changes = clock_changes(zone, 2010, 25)
    if seed.random() < 0.3 or not changes:
        return anywhere
    minutes = seed.choice((60, 180, 1440, 4320))
    return seed.choice(changes).at + timedelta(minutes=seed.randint(-minutes, minutes // 2))


def canonical(seed: random.Random) -> str:
    """A line as it reaches a target: one that can fire, as `ir.cron` writes it."""
    while True:
        made = cron.parse(line(seed))
        if isinstance(made, cron.Cron):
            return made.text


def line(seed: random.Random) -> str:
    common = ("0 * * * *", "*/15 * * * *", "30 * * * *", "0 3 * * *", "30 2 * * *", "0 1 * * *")
    if seed.random() < 0.2:
        return seed.choice(common)
    return " ".join(
        (
            _field(seed, 0, 59, (0.05, 0.6, 0.2)),
            _field(seed, 0, 23, (0.25, 0.45, 0.2), few=(0, 1, 1, 2, 2, 3, 23)),
            _field(seed, 1, 31, (0.75, 0.15, 0.05)),
            _field(seed, 1, 12, (0.85, 0.1, 0.03)),
            _field(seed, 0, 7, (0.65, 0.15, 0.1)),
        )
    )


def _field(
    seed: random.Random,
    low: int,
    high: int,
    shares: tuple[float, float, float],
    few: tuple[int, ...] = (),
) -> str:
    """`*`, one value, a step, or a list with ranges: in these shares."""
    star, one, step = shares
    at = seed.random()
    values = few if few and seed.random() < 0.7 else range(low, high + 1)
    if at < star:
        return "*"
    if at < star + one:
        return str(seed.choice(values))
    if at < star + one + step:
        return f"*/{seed.randint(1, high + 2)}"
    parts = []
    for _ in range(seed.randint(1, 3)):
        first = seed.choice(values)
        last = seed.randint(first, high)
        parts.append(seed.choice((str(first), f"{first}-{last}", f"{first}-{last}/2")))
    return ",".join(parts)
