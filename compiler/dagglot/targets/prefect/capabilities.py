"""What Prefect 3 makes of each construct: the total table of this target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dagglot.features import Feature
from dagglot.targets.base import NOT_YET, Verdict, emulated, lossy, native, unsupported
from dagglot.targets.prefect.blocks import DRIVERS

_TEXT_ONLY: Final = "Prefect has no field for it; it is written into the description"
_NO_WINDOW: Final = (
    "Prefect's schedules have no first and last time: the flow itself ends, as Skipped and "
    "with no task run, a scheduled run outside; runs by hand are not stopped"
)

_SENSORS: Final = (
    "Prefect has no sensors: the task looks, and sleeps in its thread in between, which is cheap; "
    "a look that hangs is not cut short, but a request is"
)
_BLOCKS: Final = "the blocks in SETUP.md"
_RULES: Final = (
    "Prefect runs a task when all upstream completed, and knows no skipped state of its own: a "
    "generated helper decides, and shows what does not run as Completed/Skipped or "
    "Pending/NotReady"
)
_SKIPS: Final = (
    "the task's function returns a Completed state that is named Skipped; to Prefect's own rule "
    "that is a success, so tasks below need the generated helper"
)
_DECIDERS: Final = (
    "an ordinary task; the generated helper for trigger rules skips what it does not let run"
)
_LISTS: Final = (
    "`.map` of a list that is not there fails the whole flow run, so the generated helper submits "
    "the instances; the flow waits for one list after another"
)

_SUPPORTED: Final[Mapping[Feature, Verdict]] = {
    Feature.PYTHON: native(),
    Feature.SHELL: emulated(
        "a short helper runs bash and sends its lines to the task's log as they come: the shell "
        "task of prefect-shell has no timeout"
    ),
    Feature.SQL: native(
        "statements run by SQLAlchemy on the database of an SQLAlchemy Connector block; with a "
        "timeout in a process of their own, which is killed",
        setup=_BLOCKS,
    ),
    Feature.HTTP: native(
        "one request by httpx, which Prefect is built on; the timeout is for all of it"
    ),
    Feature.CONTAINER_DOCKER: native(
        "by the Docker client that Prefect itself needs; a whole flow in a container is a work "
        "pool of type docker",
        setup="a Docker engine that the flow's process may use",
    ),
    Feature.CONTAINER_KUBERNETES: emulated(
        "a generated helper runs a pod with Kubernetes' own client: the KubernetesJob of "
        "prefect-kubernetes leaves a job running that takes too long, and keeps one that failed; "
        "a whole flow on Kubernetes is a work pool of type kubernetes",
        setup="a service account or a kubeconfig that may make, read and delete pods, and read "
        "their logs",
    ),
    Feature.DBT: emulated(
        "the command `dbt`, in a process: the runner of prefect-dbt is in the flow's own, and has "
        "neither an environment of its own nor a timeout",
        setup="`dbt` with its adapter on the PATH of the flow, in an environment of its own",
    ),
    Feature.NOTEBOOK: emulated(
        "the command `papermill`, in a process, for an environment of its own and a timeout",
        setup="`papermill` and the notebooks' kernels on the PATH of the flow",
    ),
    Feature.SPARK: emulated(
        "the command `spark-submit`: Prefect has nothing for Spark but for Databricks",
        setup="`spark-submit` where the flow runs",
    ),
    Feature.APPROVAL: lossy(
        "the flow run is Paused until somebody resumes it in the UI, by the form, while its other "
        "tasks go on: whoever may resume it decides, since Prefect knows no approvers; questions "
        "are asked one after another, and one that nobody answers in time fails the run"
    ),
    Feature.SENSOR_FILE: emulated(_SENSORS),
    Feature.SENSOR_HTTP: emulated(_SENSORS),
    Feature.SENSOR_SQL: emulated(_SENSORS),
    Feature.SENSOR_CALL: emulated(_SENSORS),
    Feature.SENSOR_DURATION: emulated(_SENSORS),
    Feature.SENSOR_UNTIL: emulated(_SENSORS),
    Feature.SENSOR_PIPELINE: emulated(
        "the task asks the Prefect API for the run of that time, and sleeps in its thread in "
        "between",
        setup="a Prefect server that knows the runs of that pipeline",
    ),
    Feature.TRIGGER_PIPELINE: native(
        "`run_deployment`; while the task waits its flow run holds a worker's slot",
        setup="the deployment of that pipeline, and a worker with a slot free for it",
    ),
    Feature.NOTIFY: emulated(
        "the blocks of Prefect that notify take a webhook of slack.com only, and neither a channel "
        "nor a mail server of yours: generated helpers send by httpx and smtplib"
    ),
    Feature.RUN_ON_FAILURE: native(
        "the flow's hooks `on_failure` and `on_crashed`; a run that is cancelled has not failed"
    ),
    Feature.RUN_ON_SUCCESS: native("the flow's hook `on_completion`"),
    Feature.TASK_ON_FAILURE: native("the task's hook `on_failure`"),
    Feature.TASK_ON_SUCCESS: native(
        "the task's hook `on_completion`, which does not tell of what was skipped"
    ),
    Feature.TASK_ON_RETRY: emulated(
        "Prefect has no hook for retries: their condition, which it asks before each, tells"
    ),
    Feature.DEADLINE: lossy(
        "a thread of the flow run tells, by the same functions as the hooks: a run that starts "
        "after its deadline is told of when it starts, one that never starts not at all. "
        "Automations of Prefect see those, but have no event for the time that a run is due, and "
        "could not use these alerts"
    ),
    Feature.DEADLINE_FROM_STARTED: emulated(
        "an automation of Prefect's sends by its own blocks only: a thread of the flow run tells, "
        "by the same functions as the hooks"
    ),
    Feature.RUN_TIMEOUT: emulated(
        "`timeout_seconds` of the flow fails the run, and no further task starts; but Prefect "
        "cannot interrupt tasks in threads: they get timeouts that end with the run's, functions "
        "in processes of their own"
    ),
    Feature.SECRETS: native("Secret blocks, read when the task runs", setup=_BLOCKS),
    Feature.CONNECTION_FIELDS: emulated(
        "Prefect has no connections of any type: a generated helper takes the URI in a Secret "
        "block, or an SQLAlchemy Connector block, apart"
    ),
    **{
        Feature(f"connection-{type}"): native("an SQLAlchemy Connector block", setup=_BLOCKS)
        for type in DRIVERS
    },
    Feature.CONNECTION_BIGQUERY: lossy(
        "an SQLAlchemy Connector block; BigQuery has no transaction over several statements: each "
        "is committed at its end",
        setup=_BLOCKS,
    ),
    **{
        Feature(f"connection-{type}"): emulated(
            "Prefect has no block for it that all its uses share: a Secret block holds its URI",
            setup=_BLOCKS,
        )
        for type in (
            "http",
            "s3",
            "gcs",
            "kubernetes",
            "docker",
            "slack",
            "smtp",
            "generic",
            "spark",
        )
    },
    Feature.NOOP: native("a task that does nothing"),
    Feature.NATIVE: native("a function of yours, called in the task's body"),
    Feature.NATIVE_MISSING: unsupported("the task has no `prefect:` entry"),
    Feature.TRIGGER_RULE_ALL_SUCCESS: native(
        "where a task upstream may be skipped, the helper of the other rules: to Prefect a skipped "
        "task has completed"
    ),
    **{
        feature: emulated(_RULES)
        for feature in Feature
        if feature.value.startswith("trigger-rule-")
        and feature is not Feature.TRIGGER_RULE_ALL_SUCCESS
    },
    Feature.GATE_ALL_DOWNSTREAM: emulated(_DECIDERS),
    Feature.GATE_DIRECT: emulated(_DECIDERS),
    Feature.BRANCH: emulated(_DECIDERS),
    Feature.WHEN: emulated(_SKIPS),
    Feature.SKIP_ON: emulated(_SKIPS),
    Feature.SKIP_EXIT_CODE: emulated(_SKIPS),
    Feature.FOR_EACH: emulated(_LISTS),
    Feature.GROUP_FOR_EACH: emulated(_LISTS),
    Feature.FOR_EACH_MAX_PARALLEL: emulated(
        "the generated helper lets bodies wait for their turn, in state Running; a timeout counts "
        "from then on"
    ),
    Feature.TEARDOWN: emulated(_RULES),
    Feature.ALLOW_FAILURE: emulated("the generated helper decides how the flow run ends"),
    Feature.FAIL_RUN_ON_LEAF: emulated("the generated helper decides how the flow run ends"),
    Feature.MAX_ACTIVE_TASKS: native(
        "the threads of the task runner; a task that waits for its upstream holds one too, so "
        "there may be fewer at once"
    ),
    Feature.EMPTY_LIST_BELOW_FAILURE: emulated(
        "the rules of a group's tasks are asked before its list"
    ),
    Feature.ALLOW_FAILURE_WITH_LEAF: emulated("the end of the flow says which failures count"),
    Feature.RULE_DECIDED_EARLY: native("a task waits for all its upstreams"),
    Feature.GROUP: emulated(
        "Prefect has no groups inside a flow: tasks carry the group in their names, `load.orders`"
    ),
    Feature.RETRIES_CONSTANT: native(),
    Feature.RETRIES_LINEAR: native("written out as a list of delays"),
    Feature.RETRIES_EXPONENTIAL: native("written out as a list of delays"),
    Feature.RETRIES_MAX_DELAY: native("written out as a list of delays"),
    Feature.RETRIES_JITTER: emulated(
        "Prefect jitter makes waits shorter as well as longer: a generated helper lets a retry "
        "sleep before its work, in state Running"
    ),
    Feature.TASK_TIMEOUT: emulated(
        "Prefect cannot interrupt a task that sleeps or waits in a thread; a Python body with a "
        "timeout runs in a process of its own, which is killed, and so is a script's whole group"
    ),
    Feature.ENV: native(),
    Feature.TASK_OUTPUT: native(),
    Feature.RUN_FIELDS: native("`run.time` is the flow run's scheduled start time"),
    Feature.RUN_ATTEMPT: native(),
    Feature.PARAM_STRING: native(),
    Feature.PARAM_INTEGER: native(),
    Feature.PARAM_NUMBER: native(),
    Feature.PARAM_BOOLEAN: native(),
    Feature.PARAM_DATE: native("ISO 8601 text only: Prefect alone would take a number for a date"),
    Feature.PARAM_DATETIME: native("ISO 8601 text only; one without an offset gets the zone"),
    Feature.PARAM_LIST: native(),
    Feature.PARAM_MAP: native(),
    Feature.PARAM_REQUIRED: native(),
    Feature.PARAM_NULLABLE: native(),
    Feature.PARAM_ENUM: native(),
    Feature.PARAM_RANGE: native(),
    Feature.PARAM_PATTERN: native(),
    Feature.PARAM_UNKNOWN_REFUSED: native(
        "a call in Python is refused at once; a run made through the API fails before any task"
    ),
    Feature.DESCRIPTION: native(),
    Feature.DOCS: native("part of the flow's docstring and of the deployment's description"),
    Feature.OWNER: emulated(
        "Prefect has no owners: it is a line of the description and a tag `owner:…` of the "
        "deployment"
    ),
    Feature.TAGS: native("tags of the deployment, and so of its runs"),
    Feature.TASK_DESCRIPTION: native("the task's docstring"),
    Feature.TASK_DOCS: native("part of the task's docstring"),
    Feature.TASK_OWNER: emulated(_TEXT_ONLY),
    Feature.TASK_TAGS: native(),
    Feature.GROUP_DESCRIPTION: emulated(
        "Prefect has no groups inside a flow: what is said of them is written into the flow's "
        "description"
    ),
    Feature.SCHEDULE_CRON: native(
        "runs that were due while no worker was up are late and are still started, each of them",
        setup="a running Prefect server, a worker on the deployment's work pool, and "
        "`prefect deploy --all`",
    ),
    Feature.SCHEDULE_CLOCK_CHANGES: lossy(
        "a time that the clocks skip comes as much too early (not where the server runs on "
        "Python 3.13 or later), and of one that they repeat the first"
    ),
    Feature.SCHEDULE_EVERY: native("an interval with its anchor, in UTC"),
    Feature.SCHEDULE_EVERY_IN_LINES: native(),
    Feature.SCHEDULE_EVERY_UNEVEN: native(),
    Feature.SCHEDULE_EVERY_SECONDS: native(),
    Feature.SCHEDULE_PARAMS: native(since="3.2"),
    Feature.SCHEDULE_START: emulated(_NO_WINDOW),
    Feature.SCHEDULE_END: emulated(_NO_WINDOW),
    Feature.SCHEDULE_DISABLED: native(),
    **dict.fromkeys(
        (
            Feature.PARTITIONS_HOUR,
            Feature.PARTITIONS_DAY,
            Feature.PARTITIONS_WEEK,
            Feature.PARTITIONS_MONTH,
            Feature.PARTITIONS_CRON,
        ),
        emulated(
            "Prefect has no partitions: the flow takes one as a parameter, and the helpers find "
            "the last that is complete at the scheduled time where none is named"
        ),
    ),
    Feature.PARTITIONS_CLOCK_CHANGES: native("the helpers find the partitions themselves"),
    Feature.PARTITIONS_KEYS: emulated(
        "Prefect has no partitions: a required parameter of the flow, and a schedule for each key"
    ),
    Feature.PARTITION_FIELDS: emulated("the helpers find the partition of a run"),
    Feature.SCHEDULE_ON_ASSETS: native(
        "triggers of the deployment on the events of materializations: what is updated while no "
        "server looks at events starts no run",
        setup="a running Prefect server, a worker on the deployment's work pool, and "
        "`prefect deploy --all`",
    ),
    Feature.SCHEDULE_ON_ASSETS_WINDOW: unsupported(
        "a trigger of Prefect makes a run at each update, at whatever time: leave out `start` and "
        "`end`"
    ),
    Feature.PRODUCES: native(
        "`@materialize`, with the URI for the asset's key, or `asset://` and the name"
    ),
    Feature.PRODUCES_FOR_EACH: emulated(
        "a no-op below the task materializes what it produces: at the task itself each instance "
        "would count as an update. There is one, when all instances have ended and none has failed"
    ),
    Feature.CONSUMES: native(
        "`asset_deps`; Prefect tells of it where the same task, or one below it, materializes "
        "something"
    ),
    Feature.FRESHNESS: lossy(
        "Prefect does not watch how old an asset is: its description says it, and nobody is told"
    ),
    Feature.CHECKS: emulated("Prefect has no checks: a task, which fails where it does not hold"),
    Feature.CHECKS_WARN: emulated(
        "Prefect has no checks: a task; a decorator in the helpers logs what it finds as a warning"
    ),
    Feature.SENSOR_ASSET: emulated(
        "a task that asks the API for the events of the asset's materializations since the run's "
        "time, and sleeps in between"
    ),
    Feature.SCHEDULE_CATCHUP: unsupported(
        "the scheduler of Prefect makes future runs only; past ones are made by hand, with "
        "`prefect deployment run … --start-at`"
    ),
    Feature.POOL: native(
        "a global concurrency limit; a task that waits for its turn is in state Running",
        setup="the limits in SETUP.md",
    ),
    Feature.PRIORITY: lossy(
        "Prefect has no priority among tasks: those with a larger one are submitted first, which "
        "matters where `max_active_tasks` limits them; among tasks that wait for a pool it does not"
    ),
    Feature.RESOURCES: lossy(
        "the tasks of a flow run share its process: only containers get resources of their own, "
        "those of other tasks must be given to the flow run by `job_variables` of its work pool"
    ),
    Feature.CONTAINER_RESOURCES: native("requests of the pod; limits of the Docker container"),
    Feature.CONTAINER_DOCKER_CPU: native("a limit of the container"),
    Feature.MAX_ACTIVE_RUNS: native(
        "the deployment's concurrency limit: further runs wait in AwaitingConcurrencySlot, and are "
        "tried again every half minute"
    ),
    Feature.OVERLAP_SKIP: native("the deployment's concurrency limit; the run ends Cancelled"),
    Feature.DEPENDS_ON_PAST: lossy(
        "a generated helper asks the Prefect API how the task ended in the flow run that was due "
        "before, and sleeps in the task's thread until it completed or was skipped. Where several "
        "flow runs are late Prefect may begin a later one first, and one that has not begun is "
        "not waited for: Prefect knows no order among them",
        setup="a Prefect server that keeps the runs of the flow",
    ),
    Feature.TARGET_OPTIONS: native(),
    Feature.TASK_OPTIONS: native(),
}

CAPABILITIES: Final[Mapping[Feature, Verdict]] = {
    feature: _SUPPORTED.get(feature, NOT_YET) for feature in Feature
}
