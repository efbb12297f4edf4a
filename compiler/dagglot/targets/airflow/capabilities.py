"""What Airflow makes of each feature; the two versions differ only where it is said."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from dagglot.features import Feature
from dagglot.targets.base import (
    NOT_YET,
    Capabilities,
    Verdict,
    emulated,
    lossy,
    native,
    unsupported,
)

_CODE: Final[Mapping[Feature, Verdict]] = {
    # kinds of task
    Feature.PYTHON: native("a TaskFlow function that imports and calls yours"),
    Feature.SHELL: native("BashOperator; it also sets Airflow's own AIRFLOW_CTX_… variables"),
    Feature.SQL: native(
        "SQLExecuteQueryOperator. Where rows are asked for, or a parameter is no text, a TaskFlow "
        "function with the connection's hook: Airflow's templates turn all values into text, and "
        "its operators return rows without the names of their columns"
    ),
    Feature.HTTP: native(
        "a TaskFlow function with HttpHook, or with `requests` where there is no connection; "
        "HttpOperator has neither addresses of its own nor more than one value of a name"
    ),
    **{
        Feature(f"sensor-{kind}"): native(
            f"`@task.sensor`{note}. Rescheduled, so that it holds no worker slot, unless it looks "
            "more often than once a minute and has no retries. Not deferred: that would need a "
            "triggerer"
        )
        for kind, note in {
            "file": ", as FileSensor does not say which path it found",
            "http": "",
            "sql": "",
            "call": "",
            "duration": "",
            "until": ", which looks every `poll`",
        }.items()
    },
    Feature.SENSOR_ASSET: native(
        "`@task.sensor`, which asks for the asset's events since the run's time"
    ),
    Feature.DBT: native(
        "BashOperator that calls `dbt`; relative paths begin at the folder of the DAG file",
        setup="`dbt` with its adapter on the PATH of the tasks, in an environment of its own",
    ),
    Feature.NOTEBOOK: native(
        "BashOperator that calls `papermill`, whose parameters keep their types: those of "
        "PapermillOperator are rendered to text. Relative paths begin at the folder of the DAG "
        "file",
        setup="`papermill` and the notebooks' kernels on the PATH of the tasks",
    ),
    Feature.SPARK: native(
        "BashOperator that calls `spark-submit`, with host and port of the connection for the "
        "master: SparkSubmitOperator would want all of pyspark wherever the file is parsed. "
        "Relative paths begin at the folder of the DAG file",
        setup="`spark-submit` where tasks run",
    ),
    Feature.APPROVAL: native(
        "ApproveOperator in the helpers, a HITLOperator: Airflow's own ApprovalOperator takes a "
        "rejection for a success. Approvers are ids of its auth manager's users. `dagglot run` "
        "has nobody who answers",
        since="3.3",
    ),
    Feature.CONTAINER_DOCKER: native(
        "DockerOperator, with the daemon that the worker's environment names; a command replaces "
        "the entrypoint",
        setup="a Docker engine that the worker may use",
    ),
    Feature.CONTAINER_KUBERNETES: native(
        "KubernetesPodOperator, with the connection `kubernetes_default`; `pod` is its template",
        setup="the connection `kubernetes_default`, of a service account that may make, read and "
        "delete pods, and read their logs and events",
    ),
    Feature.SENSOR_PIPELINE: native(
        "ExternalTaskSensor, by the logical date: a run of Airflow 3 without one, as by hand, is "
        "not found"
    ),
    Feature.TRIGGER_PIPELINE: native(
        "RunDagOperator in the helpers, a TriggerDagRunOperator whose output is the run's id. "
        "Airflow 3 itself waits behind the task's code, where no timeout counts, so it waits "
        "inside"
    ),
    Feature.NOTIFY: emulated(
        "a TaskFlow function that posts, mails by SmtpHook, or calls yours: Airflow's notifiers "
        "are for callbacks, where an error is only logged, and it is the work of this task"
    ),
    Feature.NOOP: native("EmptyOperator"),
    Feature.NATIVE: native(
        "the operator class with its arguments. Expressions become Jinja, so they work in the "
        "operator's templated fields and arrive as text; a whole output keeps its type"
    ),
    Feature.NATIVE_MISSING: unsupported("the task has no `airflow` entry"),
    # edges
    Feature.TRIGGER_RULE_ALL_SUCCESS: native(),
    Feature.EMPTY_LIST_BELOW_FAILURE: lossy(
        "Airflow skips the tasks of a mapped group as soon as it knows that the list is empty, "
        "also where a failure above the group should make them upstream_failed"
    ),
    Feature.ALLOW_FAILURE_WITH_LEAF: unsupported(
        "Airflow decides the run by its leaves alone: below an allowed failure it cannot tell one "
        "that counts from one that does not"
    ),
    Feature.RULE_DECIDED_EARLY: lossy(
        "Airflow acts on the first upstreams that settle a trigger rule, and gives up a mapped "
        "group without a list as one: where one upstream may be skipped and another fail, or a "
        "gate above is slow, the task may run or not by the order of events"
    ),
    **{
        Feature(f"trigger-rule-{rule}"): native(f"`trigger_rule={rule.replace('-', '_')!r}`")
        for rule in (
            *("all-failed", "all-done", "all-done-min-one-success", "all-skipped", "one-failed"),
            *("one-success", "one-done", "none-failed", "none-failed-min-one-success"),
            "none-skipped",
        )
    },
    Feature.GROUP: native("TaskGroup"),
    # control flow
    Feature.GATE_ALL_DOWNSTREAM: native(
        "`@task.short_circuit`. In a mapped group, where Airflow 3.3 does not close gates, a plain "
        "task, and a generated step in front of each task that it may skip"
    ),
    Feature.GATE_DIRECT: native(
        "`@task.short_circuit(ignore_downstream_trigger_rules=False)`; in a mapped group as "
        "`gate-all-downstream`"
    ),
    Feature.BRANCH: native(
        "`@task.branch`; in a mapped group, where Airflow 3.3 does not follow branches, a plain "
        "task, and a generated step in front of each task that it may choose"
    ),
    Feature.SKIP_ON: emulated("the task's code turns the exception into AirflowSkipException"),
    Feature.SKIP_EXIT_CODE: native("`skip_on_exit_code`"),
    Feature.WHEN: emulated(
        "the task's code, or a `pre_execute` hook of an operator, raises AirflowSkipException"
    ),
    Feature.FOR_EACH: native(
        "`.expand()` over the list of a generated step `x__items`, which takes the trigger rule. "
        "Where it is no list, that step fails: Airflow alone would fail the task that returned it",
        setup="`max_map_length` where a list has more than 1,024 elements",
    ),
    Feature.GROUP_FOR_EACH: emulated(
        "`@task_group` with `.expand()` over the list of a generated step. Airflow asks some rules "
        "about all elements at once: steps `x__rule` decide for each. Below a failure, the tasks "
        "of a group whose list is empty may be `skipped` where they are `upstream_failed`",
        setup="`max_map_length` where a list has more than 1,024 elements",
    ),
    Feature.FOR_EACH_MAX_PARALLEL: native(
        "`max_active_tis_per_dagrun`, in a mapped group of each task by itself"
    ),
    Feature.FOR_EACH_NESTED: unsupported("Airflow expands nothing inside a mapped group"),
    Feature.ALLOW_FAILURE: emulated(
        "Airflow's leaves decide the run: below one that may fail stands an EmptyOperator "
        "`x__ended` that always runs"
    ),
    Feature.FAIL_RUN_ON_LEAF: native("as Airflow does"),
    Feature.TEARDOWN: native(
        "`as_teardown`; where the set-up would bind more than the teardown, an EmptyOperator "
        "`x__is_up` stands for it"
    ),
    Feature.MAX_ACTIVE_TASKS: native(),
    # attempts
    Feature.RETRIES_CONSTANT: native(),
    Feature.RETRIES_LINEAR: emulated(
        "Airflow has constant and exponential waits only; a retry policy in the helpers computes "
        "the wait",
        since="3.3",
    ),
    Feature.RETRIES_EXPONENTIAL: native(
        "Airflow adds jitter of less than the wait again. It rounds delays up to whole seconds "
        "and waits a day at most: beyond these a retry policy in the helpers computes the wait"
    ),
    Feature.RETRIES_MAX_DELAY: native("with constant delays the smaller of the two is written"),
    Feature.RETRIES_JITTER: emulated(
        "a retry policy in the helpers adds it; Airflow itself has jitter with exponential waits "
        "alone, of a length of its own",
        since="3.3",
    ),
    Feature.TASK_TIMEOUT: native(
        "`execution_timeout`. BashOperator only asks a script to stop; TimedBashOperator in the "
        "helpers ends its whole process group"
    ),
    Feature.ENV: native("`env` with `append_env=True`; expressions in it are Jinja"),
    # resources and limits
    Feature.POOL: native(
        "`pool`, `pool_slots`", setup="a pool of that name, with as many slots as may be taken"
    ),
    Feature.PRIORITY: native("`priority_weight`, with the weight rule `absolute`"),
    Feature.RESOURCES: lossy(
        "a `pod_override`, which only Airflow's Kubernetes executor obeys; containers have "
        "their own"
    ),
    Feature.CONTAINER_RESOURCES: native("requests of the pod; limits of the Docker container"),
    Feature.CONTAINER_DOCKER_CPU: lossy("`cpus` of the DockerOperator are a weight and no limit"),
    Feature.MAX_ACTIVE_RUNS: native(),
    Feature.OVERLAP_SKIP: unsupported(
        "Airflow makes the run of the latest time as soon as the active one has ended, which is "
        "late, and not never: only a timetable of one's own, from a plugin, decides otherwise; a "
        "first task that skips the others leaves a run behind, whose tasks are all skipped"
    ),
    Feature.DEPENDS_ON_PAST: native(
        "`depends_on_past`: Airflow asks that the task succeeded or was skipped in the run before"
    ),
    # values
    Feature.TASK_OUTPUT: native(
        "XComs: TaskFlow arguments, `xcom_pull` in templates. Airflow 3 carries integers beyond "
        "64 bits as floats"
    ),
    Feature.RUN_FIELDS: native(
        "`run.time` is the logical date, of a run by hand without one its `run_after`"
    ),
    Feature.RUN_ATTEMPT: native("`ti.try_number`"),
    Feature.PARAM_STRING: native(),
    Feature.PARAM_INTEGER: emulated(
        "a JSON schema takes 3.0 for a whole number; a `pre_execute` hook of all tasks refuses it"
    ),
    Feature.PARAM_NUMBER: native(),
    Feature.PARAM_BOOLEAN: native(),
    Feature.PARAM_DATE: native("only the form 2026-01-31 is accepted; the task's code parses it"),
    Feature.PARAM_DATETIME: emulated(
        "Airflow does not always check `format: date-time`; a `pre_execute` hook of all tasks "
        "does, and the task's code parses the text"
    ),
    Feature.PARAM_LIST: native(),
    Feature.PARAM_MAP: native(),
    Feature.PARAM_REQUIRED: native(),
    Feature.PARAM_NULLABLE: native(),
    Feature.PARAM_ENUM: native(),
    Feature.PARAM_RANGE: native(),
    Feature.PARAM_PATTERN: native(),
    Feature.PARAM_UNKNOWN_REFUSED: emulated(
        "Airflow starts a run with any `conf`; a `pre_execute` hook of all tasks fails them before "
        "their bodies run, without retries. Airflow never executes a `noop`, so one does not refuse"
    ),
    Feature.SECRETS: native(
        "a Variable, read in the task's code. A shell's `env` gets it when the script starts, not "
        "as a templated field, which Airflow would store and show",
        setup="a Variable of that name, in Airflow's database or a secrets backend",
    ),
    Feature.CONNECTION_FIELDS: native(
        "`BaseHook.get_connection`, in templates `conn`. `.uri` is of the form that SQLAlchemy "
        "reads for databases, else of Airflow's own",
        setup="a Connection of that name",
    ),
    **{
        Feature(f"connection-{type}"): native(note, setup="a Connection of that name")
        for type, note in {
            "postgres": "`postgres`",
            "mysql": "`mysql`",
            "sqlite": "`sqlite`; the database is its host",
            "duckdb": "`generic`, as Airflow has no provider for it; the database is its host",
            "snowflake": "`snowflake`",
            "http": "`http`",
            "s3": "`aws`",
            "gcs": "`google_cloud_platform`",
            "kubernetes": "`kubernetes`",
            "docker": "`docker`",
            "spark": "`spark`",
            "slack": "`slackwebhook`",
            "smtp": "`smtp`",
            "generic": "`generic`",
        }.items()
    },
    Feature.CONNECTION_BIGQUERY: lossy(
        "`gcpbigquery`; BigQuery has no transaction over several statements: each is committed at "
        "its end. A helper runs them with the client of BigQueryHook, as the operators take no "
        "parameters with types of their own",
        setup="a Connection of that name; its host is the project, its schema the data set",
    ),
    # what people read
    Feature.DESCRIPTION: native(),
    Feature.DOCS: native("`doc_md`"),
    Feature.OWNER: native("`owner` of all tasks, from `default_args`"),
    Feature.TAGS: native(),
    Feature.TASK_DESCRIPTION: native("the task's docs"),
    Feature.TASK_DOCS: native("the task's docs, below its description"),
    Feature.TASK_OWNER: native(),
    Feature.TASK_TAGS: emulated("Airflow's tasks have no tags: the task's docs list them"),
    Feature.GROUP_DESCRIPTION: emulated(
        "the group's tooltip and docs; its owner and tags, which groups have not, stand in its docs"
    ),
    # time
    Feature.SCHEDULE_CRON: native(
        "CronTriggerTimetable: the run of a time starts at that time. Where the start lies in the "
        "past, a DAG that is new to Airflow runs at once for the latest time that was due"
    ),
    Feature.SCHEDULE_CLOCK_CHANGES: lossy(
        "where the clocks change, some times of this schedule come at other instants"
    ),
    Feature.SCHEDULE_EVERY: native(
        "a cron line in UTC, since without catchup Airflow counts a timedelta from when it looks "
        "and not from `start`; with `catchup: true` DeltaTriggerTimetable"
    ),
    Feature.SCHEDULE_EVERY_IN_LINES: native("MultipleCronTriggerTimetable in UTC"),
    Feature.SCHEDULE_EVERY_UNEVEN: unsupported(
        "without catchup Airflow counts elapsed time from when it looks and not from `start`, and "
        "no cron lines say this one: write `catchup: true`, or what divides a day or a week"
    ),
    Feature.SCHEDULE_EVERY_SECONDS: unsupported(
        "without catchup Airflow counts elapsed time from when it looks and not from `start`, and "
        "cron lines know no seconds: write `catchup: true`, or whole minutes"
    ),
    Feature.SCHEDULE_CATCHUP: native(
        "as many runs at once as `max_active_runs` lets, by Airflow's own default 16"
    ),
    Feature.SCHEDULE_PARAMS: emulated(
        "Airflow's schedules give no params: `run_params` in the DAG file puts them in the place "
        "of the defaults in the runs that the schedule makes. Airflow's pages show the defaults"
    ),
    Feature.SCHEDULE_START: native(
        "`start_date`; Airflow does not run tasks of a logical date before it, by hand neither"
    ),
    Feature.SCHEDULE_END: native(
        "`end_date`; Airflow does not run tasks of a logical date after it, by hand neither"
    ),
    Feature.SCHEDULE_DISABLED: emulated(
        "Airflow's pause switch counts only when a DAG is first deployed: the DAG has no schedule"
    ),
    # being told
    Feature.RUN_ON_FAILURE: native(
        "`on_failure_callback` of the DAG, a function of the DAG file. The DAG processor calls it, "
        "so a module of yours, and the secrets, must be there too"
    ),
    Feature.RUN_ON_SUCCESS: native(
        "`on_success_callback` of the DAG, which the DAG processor calls, as with a failure"
    ),
    Feature.TASK_ON_FAILURE: native(
        "`on_failure_callback`, which the process of the task calls, or the DAG processor where "
        "that process died. Where params are refused, the tasks that refuse them have failed"
    ),
    Feature.TASK_ON_SUCCESS: native("`on_success_callback`"),
    Feature.TASK_ON_RETRY: native("`on_retry_callback`"),
    Feature.RUN_TIMEOUT: native(
        "`dagrun_timeout`. What has not ended by then becomes `skipped`, also what runs, whose "
        "processes are ended, and teardowns; of these tasks nobody is told, of the run somebody is"
    ),
    Feature.DEADLINE: native(
        "a DeadlineAlert of the logical date; where no time makes the runs, of the time at which "
        "the run was queued. Of a run by hand of a DAG with a schedule that was started without a "
        "logical date nobody is told",
        setup="for the deadline an executor that runs callbacks, such as LocalExecutor",
        since="3.3",
    ),
    Feature.DEADLINE_FROM_STARTED: lossy(
        "a DeadlineAlert, which counts from when the run was queued: where as many runs as may be "
        "are active, that is before it starts",
        setup="for the deadline an executor that runs callbacks, such as LocalExecutor",
        since="3.3",
    ),
    Feature.SCHEDULE_ON_ASSETS: native(
        "assets in `schedule`, joined by `&` and `|`. Airflow forgets what else was updated with "
        "each run that it makes, and looks about once a second: what is updated until then starts "
        "one run"
    ),
    Feature.SCHEDULE_ON_ASSETS_WINDOW: unsupported(
        "Airflow makes a run at each update, also before the start and after the end of the DAG: "
        "leave out `start` and `end`"
    ),
    Feature.PRODUCES: native("`outlets`"),
    Feature.PRODUCES_FOR_EACH: emulated(
        "a no-op below the task has the `outlets`, since with them at the task each instance would "
        "count as an update: there is one, when all instances have ended and none has failed"
    ),
    Feature.CONSUMES: native("`inlets`"),
    Feature.FRESHNESS: lossy(
        "Airflow does not watch how old an asset is: it stands in the asset's `extra`, and nobody "
        "is told"
    ),
    Feature.CHECKS: native("a TaskFlow function, which fails where the check does not hold"),
    Feature.CHECKS_WARN: native(
        "a TaskFlow function; a decorator in the helpers logs what it finds as a warning"
    ),
    **dict.fromkeys(
        (
            Feature.PARTITIONS_HOUR,
            Feature.PARTITIONS_DAY,
            Feature.PARTITIONS_WEEK,
            Feature.PARTITIONS_MONTH,
            Feature.PARTITIONS_CRON,
            Feature.PARTITIONS_CLOCK_CHANGES,
        ),
        emulated(
            "a class in the helpers computes the partition from the logical date, as the data "
            "intervals of Airflow's cron timetables go from tick to tick, and its own partitioned "
            "runs have no logical date. A run that is to work on another one names it as the param "
            "`partition`"
        ),
    ),
    Feature.PARTITIONS_KEYS: emulated(
        "a second DAG in the file, `<id>.schedule`, starts a run for each key at each tick, and "
        "the key is the param `partition`. Airflow has one run for a logical date, so those of one "
        "tick are a microsecond apart"
    ),
    Feature.PARTITION_FIELDS: emulated(
        "computed in templates and functions by a class in the helpers; a `pre_execute` hook of "
        "all tasks fails a run that works on no partition"
    ),
    # only Airflow's
    Feature.TARGET_OPTIONS: native(),
    Feature.TASK_OPTIONS: native(),
}

_VERSION_2: Final[Mapping[Feature, Verdict]] = {
    Feature.SCHEDULE_ON_ASSETS: native(
        "datasets in `schedule`, joined by `&` and `|`. Airflow forgets what else was updated with "
        "each run that it makes, and looks about once a second: what is updated until then starts "
        "one run"
    ),
    Feature.PRODUCES: native("`outlets`; a dataset is known by its URI, or else by the name"),
    Feature.CONSUMES: native("`inlets`"),
    Feature.SCHEDULE_EVERY_IN_LINES: unsupported(
        "without catchup Airflow counts elapsed time from when it looks and not from `start`, and "
        "a timetable of Airflow 2 has one cron line, which cannot say this one: write "
        "`catchup: true`, or what divides an hour or a day into whole hours"
    ),
    Feature.APPROVAL: unsupported("Airflow 2 cannot ask a human"),
    Feature.SENSOR_PIPELINE: native("ExternalTaskSensor, by the logical date"),
    Feature.TRIGGER_PIPELINE: native(
        "RunDagOperator in the helpers, a TriggerDagRunOperator whose output is the run's id"
    ),
    Feature.RETRIES_LINEAR: emulated(
        "Airflow has constant and exponential waits only; a `pre_execute` hook in the helpers "
        "waits for the rest, and holds a worker slot while it does"
    ),
    Feature.RETRIES_JITTER: emulated(
        "a `pre_execute` hook in the helpers waits, and holds a worker slot while it does; Airflow "
        "itself has jitter with exponential waits alone, of a length of its own"
    ),
    Feature.RETRIES_EXPONENTIAL: native(
        "Airflow adds jitter of less than the wait again. It rounds delays up to whole seconds "
        "and waits a day at most: beyond these a `pre_execute` hook in the helpers waits for the "
        "rest, and holds a worker slot while it does"
    ),
    Feature.PYTHON: native(
        "a TaskFlow function that imports and calls yours; Airflow 2 takes `sys.exit(0)` for a "
        "success, so a decorator in the helpers makes it a failure"
    ),
    Feature.TASK_OUTPUT: native("XComs: TaskFlow arguments, `xcom_pull` in templates"),
    Feature.RUN_FIELDS: native("`run.time` is the logical date"),
    Feature.GROUP_DESCRIPTION: emulated(
        "the group's tooltip says it all: a group of Airflow 2 has no docs, owner or tags"
    ),
    Feature.TRIGGER_RULE_ALL_DONE_MIN_ONE_SUCCESS: unsupported("Airflow 2 has no such rule"),
    Feature.TASK_ON_FAILURE: native(
        "`on_failure_callback`, which the process of the task calls, or the scheduler's DAG "
        "processor where that process died. Where params are refused, the tasks that refuse them "
        "have failed"
    ),
    Feature.TASK_ON_SUCCESS: native(
        "`on_success_callback`; Airflow 2 calls it also where the task was skipped, so a function "
        "in the helpers looks first"
    ),
    **dict.fromkeys(
        (Feature.DEADLINE, Feature.DEADLINE_FROM_STARTED),
        unsupported(
            "Airflow 2 has no deadline of a run: the `sla` of its tasks counts from the end of "
            "the data interval, in runs of a schedule alone, and is looked at when another task "
            "of the DAG has ended; Airflow 3.1 has dropped it. Compile for Airflow 3"
        ),
    ),
}


@lru_cache
def capabilities(version: str) -> Capabilities:
    """The total table of a version."""
    own = _CODE if version != "2.11" else {**_CODE, **_VERSION_2}
    return {feature: own.get(feature, NOT_YET) for feature in Feature}
