"""What Dagster makes of each feature."""

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

_RULE: Final = (
    "Dagster knows one rule, all upstream succeeded: each op tells those after it how it ended, "
    "and a decorator in the helpers decides by that"
)

_DECISION: Final = (
    "Dagster's own way where that is enough for the whole pipeline: an op that does not yield, and "
    "skips all below, whatever failed there. Else, such as above other trigger rules, the ops "
    "after it are told what it skips, and a skipped one ends green, with its state in the metadata"
)

_SKIPS: Final = "an op that skips itself ends green, with its state in the metadata"

_VARIABLES: Final = (
    "environment variables such as `WAREHOUSE_URI`, for what the pipeline does not say"
)

_PARTITIONS: Final = (
    "a partitions definition of the job, whose keys are the language's; its schedule is a function "
    "that asks for the last one that is complete, since Dagster's own makes one run per partition "
    "and no other"
)

_DAEMON: Final = "a running daemon, which evaluates sensors"

_TELLS: Final = (
    "hooks of Dagster know neither retries nor what ends green without a success, such as a task "
    "that is skipped or may fail: a decorator in the helpers tells"
)

_CODE: Final[Mapping[Feature, Verdict]] = {
    # kinds of task
    Feature.PYTHON: emulated(
        "an op that imports and calls your function; Dagster would not retry `sys.exit`, so a "
        "decorator in the helpers makes a failure of it"
    ),
    Feature.SHELL: emulated(
        "Dagster has no op for shell scripts any more; the helpers run bash and stream its lines "
        "to the op's log"
    ),
    Feature.SQL: emulated(
        "Dagster has no op for SQL: the connection is a resource that runs the statements with "
        "SQLAlchemy, in one transaction, parameters bound by the driver"
    ),
    Feature.HTTP: emulated(
        "Dagster has no op for requests: the helpers, or the connection's resource, make them with "
        "`requests`, which Dagster itself depends on"
    ),
    **dict.fromkeys(
        (
            Feature.SENSOR_FILE,
            Feature.SENSOR_HTTP,
            Feature.SENSOR_SQL,
            Feature.SENSOR_CALL,
            Feature.SENSOR_DURATION,
            Feature.SENSOR_UNTIL,
        ),
        emulated(
            "a sensor of Dagster starts runs and is no part of one: an op that looks again and "
            "again, and holds its process meanwhile; a look that hangs is not cut short"
        ),
    ),
    Feature.SENSOR_PIPELINE: emulated(
        "an op that asks the instance for the run that the pipeline's schedule made for that time; "
        "a run by hand has no time that another could name"
    ),
    Feature.SENSOR_ASSET: emulated(
        "an asset sensor of Dagster starts runs and is no part of one: an op that asks the "
        "instance for an update since the run's time"
    ),
    Feature.TRIGGER_PIPELINE: emulated(
        "no op of Dagster starts a run of another job: one that asks the webserver, with Dagster's "
        "GraphQL client. Params reach a job of ops; a job of `style: assets` names them otherwise, "
        "and says so as it refuses the run",
        setup="`DAGSTER_WEBSERVER_URL`, the address of the webserver, where ops run",
    ),
    Feature.CONTAINER_DOCKER: emulated(
        "the op of dagster-docker leaves its container running when it is interrupted: an op that "
        "runs it with Docker's own client, and removes it",
        setup="a Docker engine that the op's process may use",
    ),
    Feature.CONTAINER_KUBERNETES: emulated(
        "the errors of PipesK8sClient show a pod with its whole environment, secrets too, and it "
        "warns of each container that does not speak with Dagster: an op that runs a pod with "
        "Kubernetes' own client, and deletes it",
        setup="a service account or a kubeconfig that may make, read and delete pods, and read "
        "their logs",
    ),
    Feature.DBT: emulated(
        "dagster-dbt makes assets of a project that it must find when the file is loaded: an op "
        "that runs `dbt`, with relative paths from where Dagster was started",
        setup="`dbt` with its adapter on the PATH of the ops, in an environment of its own",
    ),
    Feature.NOTEBOOK: emulated(
        "dagstermill keeps the notebook's result in a store of its own: an op that runs "
        "`papermill`, with relative paths from where Dagster was started",
        setup="`papermill` and the notebooks' kernels on the PATH of the ops",
    ),
    Feature.SPARK: emulated(
        "an op that runs `spark-submit`, with relative paths from where Dagster was started; the "
        "step launchers of Dagster are deprecated",
        setup="`spark-submit` where ops run",
    ),
    Feature.APPROVAL: unsupported(
        "nothing in Dagster asks a human in the middle of a run, and its UI has no place for an "
        "answer; split the pipeline where somebody must decide"
    ),
    Feature.NOTIFY: emulated(
        "hooks and sensors of Dagster tell of what has ended: an op that posts with `requests`, "
        "mails with smtplib, or calls yours"
    ),
    Feature.NOOP: native("an op without a body"),
    Feature.NATIVE: native("an op that calls the function"),
    Feature.NATIVE_MISSING: unsupported("the task has no `dagster` entry"),
    Feature.GATE_ALL_DOWNSTREAM: emulated(_DECISION),
    Feature.GATE_DIRECT: emulated(_DECISION),
    Feature.BRANCH: emulated(_DECISION),
    Feature.SKIP_ON: emulated(_SKIPS),
    Feature.SKIP_EXIT_CODE: emulated(_SKIPS),
    # edges
    Feature.TRIGGER_RULE_ALL_SUCCESS: native("an op's inputs; an edge without data is `Nothing`"),
    **dict.fromkeys(
        (
            Feature.TRIGGER_RULE_ALL_FAILED,
            Feature.TRIGGER_RULE_ALL_DONE,
            Feature.TRIGGER_RULE_ALL_DONE_MIN_ONE_SUCCESS,
            Feature.TRIGGER_RULE_ALL_SKIPPED,
            Feature.TRIGGER_RULE_ONE_FAILED,
            Feature.TRIGGER_RULE_ONE_SUCCESS,
            Feature.TRIGGER_RULE_ONE_DONE,
            Feature.TRIGGER_RULE_NONE_SKIPPED,
        ),
        emulated(_RULE),
    ),
    **dict.fromkeys(
        (Feature.TRIGGER_RULE_NONE_FAILED, Feature.TRIGGER_RULE_NONE_FAILED_MIN_ONE_SUCCESS),
        emulated(
            "one input for all upstream, which Dagster fills with those that are there, where its "
            "own skipping is enough for the whole pipeline; else as the other rules"
        ),
    ),
    Feature.EMPTY_LIST_BELOW_FAILURE: emulated("rules are asked before the list of a group"),
    Feature.ALLOW_FAILURE_WITH_LEAF: emulated("the last op says which failures count"),
    Feature.RULE_DECIDED_EARLY: native("a step waits for all its upstreams"),
    Feature.TEARDOWN: emulated("as the trigger rules; a teardown that fails ends green"),
    Feature.ALLOW_FAILURE: emulated(
        "any step that fails would fail the run: an op whose failure is allowed ends green, with "
        "its state in the metadata and the error in its log"
    ),
    Feature.FAIL_RUN_ON_LEAF: emulated(
        "any step that fails would fail the run: an op whose failure may be hidden ends green, "
        "with its state in the metadata and the error in its log"
    ),
    Feature.WHEN: emulated(_SKIPS),
    Feature.FOR_EACH: emulated(
        "dynamic outputs of Dagster; a step maps the list, and another makes one of all instances"
    ),
    Feature.FOR_EACH_MAX_PARALLEL: native("a limit of the job's executor, by a tag of the ops"),
    Feature.GROUP_FOR_EACH: emulated("as of a task; the ops of the group are mapped together"),
    Feature.FOR_EACH_NESTED: unsupported(
        "an op of Dagster cannot be downstream of two dynamic outputs"
    ),
    Feature.GROUP: emulated(
        "a nested graph of Dagster hides its ops behind inputs and outputs of its own, so that an "
        "edge to a task inside has no place: the ops stay flat, named `group__task`, with a tag"
    ),
    # attempts
    Feature.RETRIES_CONSTANT: native(),
    Feature.RETRIES_LINEAR: native(),
    Feature.RETRIES_EXPONENTIAL: native("Dagster waits (2^k − 1)·delay before retry k"),
    Feature.RETRIES_MAX_DELAY: emulated(
        "the waits of Dagster grow without a limit: where they would pass it, a retry policy in "
        "the helpers limits them"
    ),
    Feature.TASK_TIMEOUT: emulated(
        "an op has no timeout of its own: an alarm signal interrupts the body, and ends the "
        "script's processes"
    ),
    Feature.ENV: native("the environment of the script's process"),
    Feature.MAX_ACTIVE_TASKS: native("`max_concurrent` of the job's executor"),
    Feature.RETRIES_JITTER: emulated(
        "Dagster's own jitter is as long as the wait: a retry policy in the helpers adds it"
    ),
    Feature.POOL: native(
        "`pool` of an op, which takes one slot of it; more slots are refused",
        setup="the limit of the pool, without which it has none",
    ),
    Feature.PRIORITY: native("the tag `dagster/priority`, which the executors look at"),
    Feature.RESOURCES: lossy(
        "the tag `dagster-k8s/config`, which only executors on Kubernetes obey; containers have "
        "their own"
    ),
    Feature.CONTAINER_RESOURCES: native("requests of the pod; limits of the Docker container"),
    Feature.CONTAINER_DOCKER_CPU: native("a limit of the container"),
    Feature.MAX_ACTIVE_RUNS: native(
        "a tag of the runs, which the instance limits",
        setup="the limit of the tag in `dagster.yaml`, without which it has none",
    ),
    Feature.OVERLAP_SKIP: emulated(
        "the schedule asks the instance for active runs, and skips its tick; runs by hand come"
    ),
    Feature.DEPENDS_ON_PAST: emulated(
        "the helpers ask the instance how the op ended in the run of the job that was made before, "
        "or when that was executed again, and wait in the op's process until it succeeded or was "
        "skipped"
    ),
    # values
    Feature.TASK_OUTPUT: native(
        "outputs and inputs of ops. They pass through the IO manager: ops on several machines "
        "need one that they share"
    ),
    Feature.RUN_FIELDS: native(
        "`run.time` is the schedule's time from the run's tags; of a run by hand, when it was made"
    ),
    Feature.RUN_ATTEMPT: native("`context.retry_number`, which starts at 0"),
    Feature.PARAM_STRING: native("a field of a `ConfigurableResource`; Dagster also reads it from "
                                 "the environment for `{env: NAME}`"),
    Feature.PARAM_INTEGER: native(),
    Feature.PARAM_NUMBER: emulated(
        "Dagster itself makes floats of integers and booleans: the field takes any value and "
        "a check refuses what is no number when the run is launched"
    ),
    Feature.PARAM_BOOLEAN: native(),
    Feature.PARAM_DATE: emulated(
        "a config of Dagster has no dates: the field is text, checked when the run is launched; "
        "the op parses it"
    ),
    Feature.PARAM_DATETIME: emulated(
        "a config of Dagster has no times: the field is text, checked when the run is launched; "
        "the op parses it"
    ),
    Feature.PARAM_LIST: emulated(
        "a list in a config of Dagster holds no null: the field takes any value and a check "
        "refuses what is no list when the run is launched"
    ),
    Feature.PARAM_MAP: emulated(
        "the field takes any value and a check refuses what is no map when the run is launched"
    ),
    Feature.PARAM_REQUIRED: native(),
    Feature.PARAM_NULLABLE: native(),
    Feature.PARAM_ENUM: native(
        "`Literal` of texts; other values, and those that may be null, are checked at the launch"
    ),
    Feature.PARAM_RANGE: emulated(
        "Dagster checks a pydantic constraint only when a step starts: `checked_at_launch` in the "
        "helpers checks it when the run is launched"
    ),
    Feature.PARAM_PATTERN: emulated(
        "a config of Dagster has no patterns: a check in the helpers, at the launch, with Python's "
        "own regular expressions"
    ),
    Feature.PARAM_UNKNOWN_REFUSED: native(),
    Feature.SECRETS: native(
        "an environment variable, read when the op runs",
        setup="an environment variable of that name in capitals",
    ),
    Feature.CONNECTION_FIELDS: native(
        "fields of the connection's resource", setup=_VARIABLES
    ),
    **{
        Feature(f"connection-{type}"): native(note, setup=_VARIABLES)
        for type, note in {
            **dict.fromkeys(
                ("postgres", "mysql", "sqlite", "duckdb", "snowflake"),
                "a resource with an address of SQLAlchemy's",
            ),
            "http": "a resource that makes requests",
            **dict.fromkeys(
                ("s3", "gcs", "kubernetes", "docker", "spark", "slack", "smtp", "generic"),
                "a resource with the parts that are read",
            ),
        }.items()
    },
    Feature.CONNECTION_BIGQUERY: lossy(
        "a resource with an address of SQLAlchemy's; BigQuery has no transaction over several "
        "statements: each is committed at its end",
        setup=_VARIABLES,
    ),
    # what people read
    Feature.DESCRIPTION: native(),
    Feature.DOCS: emulated("Dagster has one text, in Markdown: the docs follow the description"),
    Feature.OWNER: emulated(
        "the owners of a job are a beta feature of Dagster, which warns at each load, and take "
        "only addresses and `team:` names: a tag `owner`, which each run has too"
    ),
    Feature.TAGS: emulated(
        "tags of Dagster are keys with values: a word becomes a key without a value, which the UI "
        "shows as a label; a word that can be no key becomes the value of the nearest one"
    ),
    Feature.TASK_DESCRIPTION: native(),
    Feature.TASK_DOCS: emulated("an op has one text, in Markdown: the docs follow the description"),
    Feature.TASK_OWNER: emulated("an op has no owner: a tag `owner`"),
    Feature.TASK_TAGS: emulated("as the pipeline's tags: keys without a value"),
    Feature.GROUP_DESCRIPTION: emulated(
        "the ops of a group are flat: the job's description tells what the group is, its tags and "
        "its owner stand at its ops"
    ),
    # time
    Feature.SCHEDULE_CRON: native(),
    Feature.SCHEDULE_CLOCK_CHANGES: lossy(
        "what falls into the time that the clocks skip comes at its end"
    ),
    Feature.SCHEDULE_EVERY: emulated(
        "a schedule of Dagster is a cron line, here in UTC, and its function skips the ticks "
        "before `start`"
    ),
    Feature.SCHEDULE_EVERY_IN_LINES: native("a schedule with a list of cron lines"),
    Feature.SCHEDULE_EVERY_UNEVEN: emulated(
        "a schedule of Dagster is a cron line: its function skips the ticks between, which Dagster "
        "shows as skipped"
    ),
    Feature.SCHEDULE_EVERY_SECONDS: unsupported("schedules of Dagster are cron lines, in minutes"),
    Feature.SCHEDULE_CATCHUP: unsupported(
        "when its daemon was down, Dagster makes the run of the latest tick alone, and none from "
        "before it was deployed: launch the others by hand"
    ),
    Feature.SCHEDULE_PARAMS: native("the run config of the schedule's runs"),
    Feature.SCHEDULE_START: emulated(
        "a schedule of Dagster has no start: its function skips the ticks before it"
    ),
    Feature.SCHEDULE_END: emulated(
        "a schedule of Dagster has no end: its function skips the ticks after it"
    ),
    Feature.SCHEDULE_DISABLED: native(
        "`default_status` STOPPED, which holds until somebody switches the schedule in the UI"
    ),
    Feature.PARTITIONS_HOUR: native(_PARTITIONS),
    Feature.PARTITIONS_DAY: native(_PARTITIONS),
    Feature.PARTITIONS_WEEK: native(f"{_PARTITIONS}; weeks start on Monday"),
    Feature.PARTITIONS_MONTH: native(_PARTITIONS),
    Feature.PARTITIONS_CRON: native(_PARTITIONS),
    Feature.PARTITIONS_CLOCK_CHANGES: lossy(
        "a partition that would start in the time that the clocks skip starts at its end, and its "
        "key says so"
    ),
    Feature.PARTITIONS_KEYS: native(
        "a partitions definition of the job; its schedule asks for a run of each key"
    ),
    Feature.PARTITION_FIELDS: native(
        "of the partition that Dagster was asked for; an op of a run that names none finds the "
        "last one that was complete at its time. A backfill has one time for each of its runs: "
        "the first one of the schedule at or after the partition's end"
    ),
    Feature.SCHEDULE_ON_ASSETS: emulated(
        "the asset sensors of Dagster see only the last of the updates between two looks: a sensor "
        "that takes them one by one, with a run each, and keeps in its cursor what was updated"
    ),
    Feature.SCHEDULE_ON_ASSETS_WINDOW: emulated(
        "a sensor of Dagster has no start and no end: its function passes over the updates outside"
    ),
    Feature.PRODUCES: native("`AssetMaterialization` by the op, and an `AssetSpec`"),
    Feature.PRODUCES_FOR_EACH: emulated(
        "an op below the task materializes the asset, since each instance would count as an "
        "update: there is one, when all instances have ended and none has failed"
    ),
    Feature.CONSUMES: emulated(
        "an op of Dagster that is given an asset loads it: a tag of the op says what it reads, and "
        "is upstream of the assets that it makes"
    ),
    Feature.CHECKS: emulated(
        "a check of Dagster is of an asset and no step of a job of ops: an op between, which "
        "fails, and evaluates the check of the asset that its task makes; with `style: assets` "
        "Dagster's own"
    ),
    Feature.CHECKS_WARN: emulated(
        "as the others: an op that logs a warning and ends green, also after its timeout"
    ),
    Feature.FRESHNESS: native("a freshness policy of the asset, which the daemon evaluates"),
    # who is told
    Feature.RUN_ON_FAILURE: native(
        "a run failure sensor, which tells within half a minute", setup=_DAEMON
    ),
    Feature.RUN_ON_SUCCESS: native(
        "a run status sensor, which tells within half a minute", setup=_DAEMON
    ),
    Feature.TASK_ON_FAILURE: emulated(_TELLS),
    Feature.TASK_ON_SUCCESS: emulated(_TELLS),
    Feature.TASK_ON_RETRY: emulated(_TELLS),
    **dict.fromkeys(
        (Feature.DEADLINE, Feature.DEADLINE_FROM_STARTED),
        emulated(
            "a sensor that looks twice a minute for runs that have become late, those in the "
            "queue too; a freshness policy is for assets, and tells nobody",
            setup=_DAEMON,
        ),
    ),
    Feature.RUN_TIMEOUT: native(
        "the tag `dagster/max_runtime`: Dagster's run monitoring, which looks at intervals, ends "
        "the run's processes",
        setup="run monitoring in `dagster.yaml`, and a running daemon: without them, as in "
        "`dagglot run`, no run is stopped",
    ),
    # only Dagster's
    Feature.TARGET_OPTIONS: native(),
    Feature.TASK_OPTIONS: emulated("an op has no metadata: tags"),
}  # fmt: skip


@lru_cache
def capabilities(version: str) -> Capabilities:  # noqa: ARG001 - one table for all versions so far
    """The total table of a version."""
    return {feature: _CODE.get(feature, NOT_YET) for feature in Feature}
