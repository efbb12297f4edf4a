"""What the generated helpers say of many runs: `python partitions_of.py DAGS < REQUEST`, inside
Airflow's own environment.

Request: [{"class", "args", "kwargs", "runs": [{"time", "key": a key or null}]}].
Answer: for each, for each of its runs, [key, start, end] or null where the run would fail.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, sys.argv[1])
from pipeline_helpers import partitions  # type: ignore[import-not-found]


def found(known: Any, run: dict[str, Any]) -> list[str] | None:
    time = datetime.fromisoformat(run["time"])
    conf = {} if run["key"] is None else {"partition": run["key"]}
    try:
        one = known.of(SimpleNamespace(logical_date=time, run_after=time, conf=conf))
    except partitions.AirflowFailException:
        return None
    return [one.key, one.start.isoformat(), one.end.isoformat()]


asked = json.load(sys.stdin)
answer = []
for one in asked:
    known = getattr(partitions, one["class"])(*one["args"], **one["kwargs"])
    answer.append([found(known, run) for run in one["runs"]])
sys.stdout.write(json.dumps(answer) + "\n")
