"""The files of a new project."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

_PIPELINE: Final = """\
# yaml-language-server: $schema=../pipeline.v1.schema.json
dagglot: 1
pipeline: daily_report # dagglot: ignore DG806 (an `on_failure` before it matters)
description: Count yesterday's orders and say how many there were.
owner: data@example.com
schedule: {cron: "0 6 * * *", timezone: UTC, start: "2026-01-01"}

params:
  minimum: {default: 1, minimum: 0, description: Fewer orders than this fail the run.}

tasks:
  count:
    type: python
    call: reports.orders:count
    args: {day: "${{ run.date }}", minimum: "${{ params.minimum }}"}
    retries: {count: 2, delay: 30s, backoff: exponential}
  tell:
    type: shell
    run: echo "$ORDERS orders"
    env: {ORDERS: "${{ tasks.count.output.orders }}"}
"""

_MODULE: Final = '''\
"""Ordinary Python: no orchestrator is imported here."""

from datetime import date


def count(day: date, minimum: int) -> dict[str, object]:
    """How many orders there were; fails where there are fewer than `minimum`."""
    orders = day.toordinal() % 100
    if orders < minimum:
        raise ValueError(f"only {orders} orders on {day}")
    return {"day": day.isoformat(), "orders": orders}
'''


def files(name: str) -> dict[str, str]:
    """The files of a project by their paths."""
    from dagglot import git_attributes, schema

    project = (
        f"dagglot: 1\nproject: {json.dumps(name)}\n"
        'pipelines: ["pipelines/**/*.yaml"]\n'
        "python: {path: [src]}\n"
        "targets:\n"
        "  airflow: {out: build/airflow}\n"
        "  prefect: {out: build/prefect, work_pool: default}\n"
        "  dagster: {out: build/dagster}\n"
    )
    outs = [f"build/{name}" for name in ("airflow", "prefect", "dagster")]
    attributes = "\n".join(git_attributes.lines(["pipelines/**/*.yaml"], outs)) + "\n"
    return {
        "dagglot.yaml": project,
        git_attributes.FILE_NAME: attributes,
        "pipelines/daily_report.yaml": _PIPELINE,
        "src/reports/__init__.py": "",
        "src/reports/orders.py": _MODULE,
        "pipeline.v1.schema.json": schema.bundled("pipeline"),
    }


def write(folder: Path) -> str | None:
    """Make the project; or say why not, having written nothing."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", folder.resolve().name).strip("-") or "pipelines"
    made = files(name)
    if (folder / ".gitattributes").exists():  # `dagglot git attributes` prints the lines to add
        del made[".gitattributes"]
    for path in made:
        if (folder / path).exists():
            return f"`{(folder / path).as_posix()}` exists already; nothing was written"
    try:
        for path, text in made.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
    except OSError as error:
        return f"cannot write `{error.filename}`: {error.strerror}"
    return None
