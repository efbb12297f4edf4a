"""Dagster's own cron iterator: `python dagster_ticks.py ANSWER < REQUEST`.

Request: {"schedules": [[cron, zone, since, count], …]}; answer: {"times": [[instant, …], …],
"now": when they were computed}; null where an assertion of Dagster's own fails.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from dagster._check import CheckError
from dagster._utils.schedules import schedule_execution_time_iterator


def times(cron: str, zone: str, since: str, count: int) -> list[str] | None:
    begin = datetime.fromisoformat(since).timestamp()
    found = schedule_execution_time_iterator(begin, cron, zone)
    try:
        return [at.astimezone(UTC).isoformat() for at in islice(found, count)]
    except CheckError:
        return None


def main() -> None:
    request = json.load(sys.stdin)
    now = datetime.now(UTC).isoformat()
    answer = {"times": [times(*each) for each in request["schedules"]], "now": now}
    Path(sys.argv[1]).write_text(json.dumps(answer), encoding="utf-8")


main()
