"""What each target accepts is frozen: a capability table cannot shrink unseen."""

from __future__ import annotations

import pytest

from dagglot.features import Feature
from dagglot.targets import registry
from dagglot.targets.base import Support

EVERYWHERE = frozenset(
    {
        "python",
        "shell",
        "noop",
        "native",
        "trigger-rule-all-success",
        "group",
        "retries-constant",
        "retries-linear",
        "retries-exponential",
        "retries-max-delay",
        "task-timeout",
        "env",
        "task-output",
        "run-fields",
        "run-attempt",
        "param-string",
        "param-integer",
        "param-number",
        "param-boolean",
        "param-date",
        "param-datetime",
        "param-list",
        "param-map",
        "param-required",
        "param-nullable",
        "param-enum",
        "param-range",
        "param-pattern",
        "param-unknown-refused",
        "description",
        "docs",
        "owner",
        "tags",
        "task-description",
        "task-docs",
        "task-owner",
        "task-tags",
        "group-description",
        "schedule-cron",
        "schedule-clock-changes",
        "schedule-every",
        "schedule-params",
        "schedule-start",
        "schedule-end",
        "schedule-disabled",
        "target-options",
        "task-options",
    }
)
CONTROL_FLOW = frozenset(
    {
        *("trigger-rule-all-failed", "trigger-rule-all-done", "trigger-rule-all-skipped"),
        *("trigger-rule-one-failed", "trigger-rule-one-success", "trigger-rule-one-done"),
        *("trigger-rule-none-failed", "trigger-rule-none-failed-min-one-success"),
        *("trigger-rule-none-skipped", "rule-decided-early"),
        *("gate-all-downstream", "gate-direct", "branch", "when", "skip-on", "skip-exit-code"),
        *("for-each", "for-each-max-parallel", "group-for-each", "empty-list-below-failure"),
        *("allow-failure", "fail-run-on-leaf", "teardown", "max-active-tasks"),
    }
)
_MIN_ONE = "trigger-rule-all-done-min-one-success"
_DEADLINES = frozenset({"deadline", "deadline-from-started"})
_TOLD = frozenset(
    {
        *("run-on-failure", "run-on-success"),
        *("task-on-failure", "task-on-success", "task-on-retry"),
        "run-timeout",
        *_DEADLINES,
    }
)
_DATA = frozenset(
    {
        *("produces", "produces-for-each", "consumes", "schedule-on-assets", "sensor-asset"),
        *("checks", "checks-warn", "freshness"),
    }
)
_AIRFLOW = (
    _DATA
    | (_TOLD - _DEADLINES)
    | frozenset(
        {
            *("secrets", "connection-fields", "sql"),
            *("connection-postgres", "connection-mysql", "connection-sqlite", "connection-duckdb"),
            *("connection-snowflake", "connection-http", "connection-s3", "connection-gcs"),
            *("connection-kubernetes", "connection-docker", "connection-slack"),
            *("connection-smtp", "connection-generic", "connection-bigquery"),
            *("http", "notify", "trigger-pipeline", "connection-spark"),
            *(
                "container-docker",
                "container-resources",
                "container-docker-cpu",
                "container-kubernetes",
                "dbt",
                "notebook",
                "spark",
            ),
            *("sensor-file", "sensor-http", "sensor-sql", "sensor-call", "sensor-duration"),
            *("sensor-until", "sensor-pipeline"),
            *("pool", "priority", "resources", "max-active-runs", "depends-on-past"),
            "retries-jitter",
        }
    )
)
_PARTITIONS = frozenset(
    {
        *("partitions-hour", "partitions-day", "partitions-week", "partitions-month"),
        *("partitions-cron", "partitions-clock-changes", "partitions-keys", "partition-fields"),
    }
)
_PREFECT_KINDS = (
    _DATA
    | _TOLD
    | frozenset(
        {
            *("sql", "http", "notify", "secrets", "connection-fields"),
            *("sensor-file", "sensor-http", "sensor-sql", "sensor-call"),
            *("sensor-duration", "sensor-until", "sensor-pipeline", "trigger-pipeline"),
            *(
                "container-docker",
                "container-resources",
                "container-docker-cpu",
                "container-kubernetes",
                "dbt",
                "notebook",
                "spark",
            ),
            *("approval",),
            *("pool", "priority", "resources", "max-active-runs", "overlap-skip", "retries-jitter"),
            "depends-on-past",
            *("connection-postgres", "connection-mysql", "connection-sqlite", "connection-duckdb"),
            *("connection-snowflake", "connection-bigquery", "connection-http", "connection-s3"),
            *("connection-gcs", "connection-kubernetes", "connection-docker", "connection-slack"),
            *("connection-smtp", "connection-generic", "connection-spark"),
        }
    )
)
_DAGSTER_KINDS = _TOLD | frozenset(
    {
        *("sql", "http", "notify", "secrets", "connection-fields"),
        *(
            "container-docker",
            "container-resources",
            "container-docker-cpu",
            "container-kubernetes",
            "dbt",
            "notebook",
            "spark",
        ),
        *("connection-spark",),
        *("trigger-pipeline", "sensor-pipeline"),
        *("pool", "priority", "resources", "max-active-runs", "overlap-skip", "retries-jitter"),
        "depends-on-past",
        *("sensor-file", "sensor-http", "sensor-sql", "sensor-call"),
        *("sensor-duration", "sensor-until"),
        *("connection-postgres", "connection-mysql", "connection-sqlite", "connection-duckdb"),
        *("connection-snowflake", "connection-bigquery", "connection-http", "connection-s3"),
        *("connection-gcs", "connection-kubernetes", "connection-docker", "connection-slack"),
        *("connection-smtp", "connection-generic"),
    }
)
_DAGSTER_DATA = frozenset(
    {
        *("produces", "produces-for-each", "consumes", "checks", "checks-warn", "freshness"),
        *("schedule-on-assets", "schedule-on-assets-window", "sensor-asset"),
    }
)
_IN_LINES = "schedule-every-in-lines"
_UNEVEN = frozenset({_IN_LINES, "schedule-every-uneven"})
BESIDES: dict[str, frozenset[str]] = {
    "airflow@2.11": _AIRFLOW | _PARTITIONS | {"schedule-catchup"},
    "airflow": _AIRFLOW
    | _DEADLINES
    | _PARTITIONS
    | {_MIN_ONE, "approval", "schedule-catchup", _IN_LINES},
    "dagster": frozenset({_MIN_ONE, "allow-failure-with-leaf"})
    | _DAGSTER_KINDS
    | _DAGSTER_DATA
    | _UNEVEN
    | _PARTITIONS,
    "prefect": frozenset({_MIN_ONE, "allow-failure-with-leaf"})
    | _PARTITIONS
    | _PREFECT_KINDS
    | _UNEVEN
    | {"schedule-every-seconds"},
}
"""What one target accepts and not all do, by its name, or by name and version."""

TARGETS = [(name, version) for name in registry.NAMES for version in registry.get(name).versions]


@pytest.mark.parametrize(("name", "version"), TARGETS)
def test_table_is_total(name: str, version: str) -> None:
    table = registry.get(name).capabilities(version)
    assert set(table) == set(Feature)


@pytest.mark.parametrize(("name", "version"), TARGETS)
def test_accepted(name: str, version: str) -> None:
    table = registry.get(name).capabilities(version)
    accepted = {
        feature.value
        for feature, verdict in table.items()
        if verdict.support is not Support.UNSUPPORTED
    }
    besides = BESIDES.get(f"{name}@{version}", BESIDES.get(name, frozenset()))
    assert accepted == EVERYWHERE | CONTROL_FLOW | besides


@pytest.mark.parametrize(("name", "version"), TARGETS)
def test_verdicts_say_why(name: str, version: str) -> None:
    for feature, verdict in registry.get(name).capabilities(version).items():
        if verdict.support is not Support.NATIVE:
            assert verdict.note, feature
            assert not verdict.note.endswith("."), verdict.note
