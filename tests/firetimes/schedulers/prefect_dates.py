"""Prefect's own schedules: `python prefect_dates.py ANSWER < REQUEST`.

Request: {"schedules": [[cron, zone, since, count], …]}; answer: {"times": [[instant, …], …]}.
"""

from __future__ import annotations

import asyncio
import functools
import json
import sys
import zoneinfo
from datetime import UTC, datetime
from pathlib import Path

# each schedule asks whether its zone is one, which reads a folder of files: once is enough
zoneinfo.available_timezones = functools.cache(zoneinfo.available_timezones)

from prefect.server.schemas.schedules import CronSchedule  # noqa: E402


async def times(cron: str, zone: str, since: str, count: int) -> list[str]:
    schedule = CronSchedule(cron=cron, timezone=zone)
    found = await schedule.get_dates(n=count, start=datetime.fromisoformat(since))
    return [datetime.fromtimestamp(at.timestamp(), UTC).isoformat() for at in found]


async def main() -> None:
    request = json.load(sys.stdin)
    answer = {"times": [await times(*each) for each in request["schedules"]]}
    Path(sys.argv[1]).write_text(json.dumps(answer), encoding="utf-8")


asyncio.run(main())
