"""A backfill of Dagster: its command, for a job with partitions."""

from __future__ import annotations

import shlex

from dagglot.ir.model import Pipeline
from dagglot.targets.base import NO_LIMIT, Backfill, Context, Mechanism
from dagglot.targets.dagster.names import job_name


def backfill(pipeline: Pipeline, context: Context, asked: Backfill) -> Mechanism:  # noqa: ARG001 - one protocol
    keys = [run.partition for run in asked.runs]
    odd = next((key for key in keys if "," in key or key != key.strip()), None)
    if odd is not None:
        return Mechanism(refusal=f"`dagster job backfill` cannot name the partition `{odd}`")
    if any(param.required for param in pipeline.params) or pipeline.schedule.params:
        return Mechanism(
            refusal="`dagster job backfill` gives its runs no params: launch them by hand"
        )
    job = job_name(pipeline)
    words = ["job", "backfill", "--job", job, "--partitions"]
    return Mechanism(
        lines=(shlex.join(["dagster", *words, ",".join(keys), "--noprompt"]),),
        notes=(
            "the command makes a run of each partition every time: `--execute` leaves out those "
            "that have one which did not fail",
            "start it in the folder of `definitions.py`, with DAGSTER_HOME set; the daemon of that "
            "instance starts the runs",
            *((NO_LIMIT,) if asked.max_active is not None else ()),
        ),
        request={"command": words, "job": job, "keys": keys, "max_active": asked.max_active},
    )
