"""The rules of ``dagglot lint``: patterns that run today and hurt later, each with a better way.

``worse`` and ``better`` are parts of a document; a test holds that the one is found and the other
is not. They are no part of `codes`, because no other command has to read them.
"""

from __future__ import annotations

import textwrap
from typing import Final

from dagglot.diagnostics.codes import register
from dagglot.diagnostics.model import ExitCode, Rule, Severity


def _advice(
    code: str, name: str, message: str, explanation: str, *, worse: str, better: str
) -> Rule:
    return register(
        Rule(
            code,
            name,
            message,
            explanation,
            Severity.WARNING,
            ExitCode.FINDINGS,
            textwrap.dedent(worse).strip("\n"),
            textwrap.dedent(better).strip("\n"),
        )
    )


IGNORE_NOT_NEEDED: Final = _advice(
    "DG800",
    "ignore-not-needed",
    "{message}",
    "`# dagglot: ignore DG804` stands at the end of the line of a finding, or on a line of its own "
    "above. One that silences nothing would hide a finding that comes later: remove it. Say why in "
    "the same comment, for those who read it next year.",
    worse="""
        tasks:
          export_is_there:
            type: sensor
            wait_for: {file: /data/in/orders.csv}
            timeout: 2h # dagglot: ignore DG804
    """,
    better="""
        tasks:
          # the partner delivers on any day of the week # dagglot: ignore DG804
          export_is_there:
            type: sensor
            wait_for: {file: /data/in/orders.csv}
    """,
)
CATCHUP: Final = _advice(
    "DG801",
    "catchup-without-partitions",
    "`catchup: true` without `partitions`: no run knows which slice of the data it is to make good",
    "After a downtime `catchup` makes one run for each time that was missed. Without `partitions` "
    "these runs differ at most in `run.time`, and most do the same work over and over; nor can one "
    "slice be backfilled later. Declare the slices and let the tasks read `partition.start`, "
    "`partition.end` or `partition.date`; or leave `catchup` out, and one run catches up with all.",
    worse="""
        schedule: {cron: "0 3 * * *", timezone: UTC, start: "2026-01-01", catchup: true}
        tasks:
          load: {type: python, call: "sales:load_new"}
    """,
    better="""
        schedule: {cron: "0 3 * * *", timezone: UTC, start: "2026-01-01", catchup: true}
        partitions: {by: day}
        tasks:
          load: {type: python, call: "sales:load", args: {day: "${{ partition.date }}"}}
    """,
)
RETRIES_NOT_IDEMPOTENT: Final = _advice(
    "DG802",
    "retries-not-idempotent",
    "task `{task}` says `idempotent: false`, and is retried {times}",
    "An attempt that failed may have done half of its work, or all of it and lost the connection "
    "at the end; the next one does it again. Make the task safe to repeat (write to a place of "
    "this run's own and swap, upsert by key, send an idempotency key), or do not retry it.",
    worse="""
        tasks:
          charge: {type: python, call: "billing:charge", idempotent: false, retries: 3}
    """,
    better="""
        tasks:
          charge: {type: python, call: "billing:charge", idempotent: false, retries: 0}
    """,
)
RETRIES_INSERT: Final = _advice(
    "DG803",
    "retries-insert",
    "task `{task}` is retried {times}, and inserts into `{table}` with nothing that stops a row "
    "from coming twice",
    "An attempt may have committed before it was lost: a killed worker, a connection that broke at "
    "the end. The next attempt inserts all rows again, and so does whoever runs the pipeline anew. "
    "Delete what the statement is about to write in the same transaction (all statements of a task "
    "are one), or give the rows a key: `on conflict`, `merge`. Where a constraint of the table "
    "already does it, say `idempotent: true`.",
    worse="""
        connections: {warehouse: {type: postgres}}
        tasks:
          daily:
            type: sql
            connection: warehouse
            retries: 2
            sql: insert into mart.daily select day, sum(amount) from orders group by day
    """,
    better="""
        connections: {warehouse: {type: postgres}}
        tasks:
          daily:
            type: sql
            connection: warehouse
            retries: 2
            parameters: {day: "${{ run.date }}"}
            sql: |
              delete from mart.daily where day = :day;
              insert into mart.daily select :day, sum(amount) from orders where day = :day
    """,
)
SENSOR_TIMEOUT: Final = _advice(
    "DG804",
    "sensor-without-timeout",
    "sensor `{task}` has no `timeout` of its own, and waits up to 7 days",
    "The default is long, so that no wait ends by surprise. But a run that waits for days is a "
    "failure that nobody is told of, and it holds a slot meanwhile. Say how long the wait may be "
    "before someone should look, and `on_timeout: skip` if there may be nothing to do.",
    worse="""
        tasks:
          export_is_there:
            type: sensor
            wait_for: {file: /data/in/orders.csv}
    """,
    better="""
        tasks:
          export_is_there:
            type: sensor
            wait_for: {file: /data/in/orders.csv}
            timeout: 2h
    """,
)
NO_OWNER: Final = _advice(
    "DG805",
    "no-owner",
    "pipeline `{pipeline}` runs by itself, and has no `owner`",
    "When it fails at night, the first question is whose it is. An owner is a team or an address; "
    "it is shown by each orchestrator, and alerts carry it as `event.owner`. Pipelines that are "
    "only started by hand or by others are not asked for one.",
    worse="""
        schedule: {cron: "0 3 * * *", timezone: UTC}
    """,
    better="""
        owner: data-eng@example.com
        schedule: {cron: "0 3 * * *", timezone: UTC}
    """,
)
NO_ALERT: Final = _advice(
    "DG806",
    "no-failure-alert",
    "pipeline `{pipeline}` runs by itself, and nobody is told when it fails",
    "A run that nobody started has nobody who watches it. Name an alert in `on_failure`, of the "
    "pipeline or in `defaults` for every task. Pipelines that are only started by hand or by "
    "others are not asked for one.",
    worse="""
        schedule: {cron: "0 3 * * *", timezone: UTC}
    """,
    better="""
        alerts:
          oncall: {type: slack, webhook: "${{ secrets.slack_hook }}", channel: "#data-alerts"}
        on_failure: oncall
        schedule: {cron: "0 3 * * *", timezone: UTC}
    """,
)
PARTITION_NOT_USED: Final = _advice(
    "DG807",
    "partition-not-used",
    "`partitions` are declared, and no task reads `partition.key`, `.start`, `.end` or `.date`",
    "Each run, and each run of a backfill, is for one partition; a pipeline that never looks at it "
    "does the same work in all of them. Pass the partition to the tasks that read or write its "
    "data, or leave `partitions` out.",
    worse="""
        schedule: {cron: "0 3 * * *", timezone: UTC, start: "2026-01-01"}
        partitions: {by: day}
        tasks:
          load: {type: python, call: "sales:load_new"}
    """,
    better="""
        schedule: {cron: "0 3 * * *", timezone: UTC, start: "2026-01-01"}
        partitions: {by: day}
        tasks:
          load: {type: python, call: "sales:load", args: {day: "${{ partition.date }}"}}
    """,
)
OVERLAP: Final = _advice(
    "DG808",
    "runs-may-overlap",
    "a run starts every {gap} and {what} {timeout}: it may overlap the next",
    "Two runs of one pipeline at the same time write to the same places. Let them wait for each "
    "other with `concurrency: {max_active_runs: 1}` (and `on_overlap: skip`, if the latest is all "
    "that matters), choose a shorter timeout, or allow as many as you mean: any `max_active_runs` "
    "says that it was thought of.",
    worse="""
        schedule: {cron: "*/15 * * * *", timezone: UTC}
        timeout: 1h
    """,
    better="""
        schedule: {cron: "*/15 * * * *", timezone: UTC}
        timeout: 1h
        concurrency: {max_active_runs: 1}
    """,
)
CLOCK: Final = _advice(
    "DG809",
    "clock-in-text",
    "`{found}` reads the clock: a late run, a retry after midnight or a backfill works on another "
    "day",
    "What a run works on must follow from its nominal time, which never changes, not from when the "
    "process happened to start. `run.time` and `run.date` are it, `partition.start` and "
    "`partition.end` the slice. In SQL they are passed as `parameters`. Times that only say when "
    "something happened (`loaded_at = now()`, the time in a line of a log) are not meant.",
    worse="""
        tasks:
          export:
            type: shell
            run: ./export.sh --day "$(date -d yesterday +%F)"
    """,
    better="""
        tasks:
          export:
            type: shell
            run: ./export.sh --day "${{ add(run.date, '-1d') }}"
    """,
)
NOT_USED: Final = _advice(
    "DG810",
    "declared-not-used",
    "{kind} `{name}` is declared here and never used",
    "A param that nothing reads changes nothing, whoever sets it; an alert that is named nowhere "
    "tells nobody. Most often the use was forgotten, or goes by another name. Remove the "
    "declaration, or use it. What the project file declares is for all, and is not meant.",
    worse="""
        params:
          day: {type: date, default: null}
        tasks:
          load: {type: python, call: "sales:load"}
    """,
    better="""
        params:
          day: {type: date, default: null}
        tasks:
          load: {type: python, call: "sales:load", args: {day: "${{ params.day }}"}}
    """,
)
SECRET: Final = _advice(
    "DG811",
    "secret-in-document",
    "{what} stands here in plain text",
    "Whoever can read the repository, its history, the generated code or a build's log can use it. "
    "Put it into the orchestrator's own store and name it: `${{ secrets.name }}`. One that was "
    "committed has to be changed as well. The value itself is shown in no message.",
    worse="""
        tasks:
          push:
            type: shell
            run: ./push.sh
            env: {API_TOKEN: not-a-good-place-for-it}
    """,
    better="""
        tasks:
          push:
            type: shell
            run: ./push.sh
            env: {API_TOKEN: "${{ secrets.api_token }}"}
    """,
)
NEVER_RUNS: Final = _advice(
    "DG812",
    "never-runs",
    "task `{task}` never runs: {why}",
    "A branch skips what it does not choose, and with the rule `all_success` a task is skipped as "
    "soon as one of its upstreams is. A task below several ways of a branch joins them again, and "
    "there the rule `none_failed_min_one_success` is meant: it runs when the chosen way succeeded.",
    worse="""
        params: {full: {default: false}}
        tasks:
          how: {type: branch, cases: [{if: "${{ params.full }}", to: all}], else: new}
          all: {type: python, call: "sales:all", depends_on: how}
          new: {type: python, call: "sales:new", depends_on: how}
          report: {type: python, call: "sales:report", depends_on: [all, new]}
    """,
    better="""
        params: {full: {default: false}}
        tasks:
          how: {type: branch, cases: [{if: "${{ params.full }}", to: all}], else: new}
          all: {type: python, call: "sales:all", depends_on: how}
          new: {type: python, call: "sales:new", depends_on: how}
          report:
            type: python
            call: sales:report
            depends_on: [all, new]
            trigger_rule: none_failed_min_one_success
    """,
)
IMAGE: Final = _advice(
    "DG813",
    "image-not-pinned",
    "the image `{image}` has no version: each run may be of other code",
    "`latest`, or no tag at all, is whatever was pushed last. A retry may then run other code than "
    "the attempt before it, and yesterday's run cannot be repeated. Name a version that is never "
    "pushed again, or a digest.",
    worse="""
        tasks:
          score: {type: container, image: "ghcr.io/example/churn:latest"}
    """,
    better="""
        tasks:
          score: {type: container, image: "ghcr.io/example/churn:2.4.1"}
    """,
)
FAILURE_UNSEEN: Final = _advice(
    "DG814",
    "failure-unseen",
    "task `{task}` may fail, and nobody would know: the run succeeds, it has no alert, nothing "
    "below reacts",
    "With `allow_failure` a run is green although the task failed, perhaps each night for months. "
    "Give it an `on_failure`, or something below it that runs when it failed.",
    worse="""
        tasks:
          cache: {type: python, call: "sales:warm_cache", allow_failure: true}
    """,
    better="""
        alerts:
          team: {type: slack, webhook: "${{ secrets.slack_hook }}", channel: "#data"}
        tasks:
          cache:
            type: python
            call: sales:warm_cache
            allow_failure: true
            on_failure: team
    """,
)
NATIVE: Final = _advice(
    "DG815",
    "native-of-a-kind",
    "task `{task}` calls `{call}`, for which the language has the kind `{kind}`",
    "`native` is for what only one orchestrator has. As a task of its kind it runs on all of them, "
    "its values are checked when it is compiled, and tests, diffs and this advice know what it "
    "does.",
    worse="""
        tasks:
          tidy:
            type: native
            airflow:
              call: airflow.providers.standard.operators.bash:BashOperator
              args: {bash_command: rm -rf /tmp/orders}
    """,
    better="""
        tasks:
          tidy: {type: shell, run: rm -rf /tmp/orders}
    """,
)
RETRIES_AT_ONCE: Final = _advice(
    "DG816",
    "retries-at-once",
    "the request of task `{task}` is retried {times} without a `delay`",
    "A service that is restarting, or that refuses because it is busy, has not recovered "
    "milliseconds later: all attempts are spent at once, and add to its load. Wait between them, "
    "longer each time.",
    worse="""
        tasks:
          rates: {type: http, url: "https://api.example.com/rates", retries: 3}
    """,
    better="""
        tasks:
          rates:
            type: http
            url: https://api.example.com/rates
            retries: {count: 3, delay: 10s, backoff: exponential}
    """,
)
LINK: Final = _advice(
    "DG817",
    "link-to-nothing",
    "{message}",
    "A sensor or a trigger names another pipeline, and what it names is not there: the sensor "
    "waits until its timeout, the trigger fails when its turn comes, and neither shows before that "
    "day. What a pipeline of these documents has is certain; that one is in none of them is said "
    "only of a whole project, by `dagglot lint` without paths. Where others deploy it, say so at "
    "its line: `# dagglot: ignore DG817 (the shop's team has it)`.",
    worse="""
        tasks:
          yesterday:
            type: sensor
            wait_for: {pipeline: example, task: laod, offset: 1d}
            timeout: 2h
          load: {type: python, call: "etl:load", depends_on: yesterday}
    """,
    better="""
        tasks:
          yesterday:
            type: sensor
            wait_for: {pipeline: example, task: load, offset: 1d}
            timeout: 2h
          load: {type: python, call: "etl:load", depends_on: yesterday}
    """,
)
