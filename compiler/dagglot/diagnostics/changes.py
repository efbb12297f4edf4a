"""The rules of ``dagglot diff``: what a change means for those who run the pipeline.

``risk`` is what a change weighs where nothing else is known of it; the functions of `diff.rules`
look closer, and may say less, or more. They are no part of `codes`, because no other command has to
read them.
"""

from __future__ import annotations

from typing import Final

from dagglot.diagnostics.codes import register
from dagglot.diagnostics.model import ExitCode, Rule, Severity

_SEVERITY: Final = {
    "breaking": Severity.ERROR,
    "review": Severity.WARNING,
    "undecidable": Severity.WARNING,
    "safe": Severity.NOTE,
    "cosmetic": Severity.NOTE,
}


def _change(code: str, name: str, risk: str, explanation: str) -> Rule:
    severity = _SEVERITY[risk]
    return register(
        Rule(code, name, "{message}", explanation, severity, ExitCode.FINDINGS, risk=risk)
    )


# --- pipelines and tasks ------------------------------------------------------------------------

PIPELINE_REMOVED: Final = _change(
    "DG601",
    "pipeline-removed",
    "breaking",
    "The pipeline is not there any more: it does not run, and its history can no longer be found by "
    "its id. Where a deployment is a record of its own in the orchestrator, the old one goes on "
    "running until somebody deletes it. If it was renamed, say so: `moved: {from: old_id}`.",
)
PIPELINE_RENAMED: Final = _change(
    "DG602",
    "pipeline-renamed",
    "breaking",
    "Two pipelines are so much alike that this is one with a new id, and no `moved:` says that it is "
    "meant. An orchestrator keeps history by the id: to it one pipeline is gone and another is new. "
    "With `catchup: true` the new one runs every interval since `start` once more. Write "
    "`moved: {from: old_id}`, and plan what becomes of the history.",
)
PIPELINE_MOVED: Final = _change(
    "DG603",
    "pipeline-moved",
    "review",
    "`moved:` says that the pipeline was renamed on purpose. Its history stays with the old id unless "
    "it is renamed in the orchestrator too, and a deployment of the old id has to be deleted there. "
    "With `catchup: true` the new id runs every interval since `start` once more: that is breaking.",
)
PIPELINE_ADDED: Final = _change(
    "DG604",
    "pipeline-added",
    "safe",
    "A pipeline that was not there before changes nothing of those that were. With `catchup: true` it "
    "begins with all intervals since `start`, which is a load to look at.",
)
TASK_REMOVED: Final = _change(
    "DG605",
    "task-removed",
    "breaking",
    "What the task did is not done any more, and its history is hidden: orchestrators show only the "
    "tasks that there are. If it was renamed, say so in the new one: `moved: {from: old_id}`.",
)
TASK_RENAMED: Final = _change(
    "DG606",
    "task-renamed",
    "breaking",
    "One task went and one that is much like it came, and no `moved:` says that it was renamed. Its "
    "history is hidden under the old id; runs in flight, or cleared later, know only one of the two. "
    "Write `moved: {from: old_id}` in the new one if that is meant.",
)
TASK_MOVED: Final = _change(
    "DG607",
    "task-moved",
    "review",
    "`moved:` says that the task was renamed on purpose. Its history stays with the old id; runs in "
    "flight, or cleared later, know only one of the two.",
)
TASK_ADDED: Final = _change(
    "DG608",
    "task-added",
    "safe",
    "A new task at the end of the graph changes nothing of the others. One that others wait for, or "
    "that updates an asset, is on their path: when it is late or fails, so do they, which is for "
    "review.",
)
GROUPS: Final = _change(
    "DG609",
    "groups",
    "cosmetic",
    "A group shows tasks together, and is no task. What it does to its tasks, such as their ids and "
    "what they wait for, is told of each of them.",
)

# --- when it runs -------------------------------------------------------------------------------

FIRE_TIMES: Final = _change(
    "DG610",
    "fire-times",
    "breaking",
    "The schedule names other instants than before in the 400 days that were looked at, changes of "
    "the clocks included. The first that differ are told. Whoever waits for this data at a fixed time "
    "has to know. Another way to write the same instants is cosmetic. Where several keys of a "
    "schedule change together, one of them says what becomes of the runs, and the others refer to it.",
)
TIMEZONE: Final = _change(
    "DG611",
    "timezone",
    "breaking",
    "The clock that the schedule, or the partitions, are read by is another one: the same cron line "
    "names other instants, days begin elsewhere, and `run.date` may be another day. It is safe where "
    "the clocks of both zones show the same from the first run, or the first partition, on.",
)
STARTS_EARLIER: Final = _change(
    "DG612",
    "starts-earlier",
    "breaking",
    "With `catchup` every interval from the new `start` on that has not run yet is run at once; "
    "partitions that begin earlier are missing until they are backfilled. Without either nothing "
    "of the past is run, and it is for review.",
)
WINDOW: Final = _change(
    "DG613",
    "window",
    "review",
    "The time in which the schedule, or the partitions, are valid begins later or ends elsewhere: "
    "intervals outside of it are not run any more, and keys outside of it can no longer be "
    "backfilled. Where the next runs are among them it is breaking.",
)
CATCHUP: Final = _change(
    "DG614",
    "catchup",
    "breaking",
    "`catchup: true` runs every interval since `start` that has not run yet, as soon as it is "
    "deployed; without it times that were missed are never made good.",
)
SCHEDULE_REMOVED: Final = _change(
    "DG615",
    "schedule-removed",
    "review",
    "The pipeline does not start by itself any more: only by hand, by an asset or by another pipeline. "
    "Where a schedule is a record in the orchestrator, it goes on firing until the new code is "
    "deployed, and where somebody has switched it on by hand, even then: what is to do on which "
    "target is told.",
)
SCHEDULE_ADDED: Final = _change(
    "DG616",
    "schedule-added",
    "review",
    "The pipeline starts by itself from now on. Check that it is not also started by hand or by "
    "another pipeline, and that its params have defaults that are right for such a run.",
)
OVERLAP: Final = _change(
    "DG617",
    "overlap",
    "review",
    "How many runs, tasks or instances may be at work at once is another number, or what happens to "
    "a run that would be one too many. Looser is breaking: what was safe alone may now meet itself.",
)
STARTING_ASSETS: Final = _change(
    "DG618",
    "starting-assets",
    "breaking",
    "Other updates of assets start the pipeline than before: it may run more often, more rarely, or "
    "before all of its data is there.",
)

# --- in which order, and whether ----------------------------------------------------------------

EDGE_REMOVED: Final = _change(
    "DG620",
    "edge-removed",
    "breaking",
    "A task does not wait for another any more: they may run at the same time, or in the other order. "
    "Where the one reads what the other writes, that is a race which shows on a bad day only. An edge "
    "that another path replaces is for review.",
)
EDGE_ADDED: Final = _change(
    "DG621",
    "edge-added",
    "review",
    "A task waits for one more: it starts later, and does not run when the other one fails. How many "
    "tasks follow one another on the longest path is told where that changes.",
)
TRIGGER_RULE: Final = _change(
    "DG622",
    "trigger-rule",
    "breaking",
    "In other states of its upstreams the task runs now, or does not: a clean-up that ran after every "
    "failure may not, or a load may run on half of its data.",
)
CONDITION: Final = _change(
    "DG623",
    "condition",
    "review",
    "Whether a task runs, which branch is chosen or over which elements it is mapped is decided by "
    "another expression. Simulate the runs that matter: `dagglot simulate PATH --given …`.",
)
OUTCOME: Final = _change(
    "DG624",
    "outcome",
    "breaking",
    "The same failure ends the run in another state than before. A run that is green although a task "
    "of it failed alerts nobody; one that is red stops what waits for it.",
)
TEARDOWN: Final = _change(
    "DG625",
    "teardown-of",
    "review",
    "What a teardown cleans up after, and so when it runs, is something else.",
)
PAST: Final = _change(
    "DG626",
    "depends-on-past",
    "review",
    "A task that depends on its past does not run until it has succeeded in the run before: one "
    "failure stops all later runs. Without it, runs no longer keep to the order of their times.",
)
WORK: Final = _change(
    "DG627",
    "work",
    "review",
    "What the task does is something else: its command, function, statement, image, request, or what "
    "is given to it. No tool can tell whether the result is as good; a person can. Tasks below it, "
    "and pipelines that use its assets, get what comes of it.",
)

BROKEN_LINK: Final = _change(
    "DG628",
    "broken-link",
    "breaking",
    "A task waits for, or starts, another pipeline, and what it names there is gone: the pipeline, the "
    "task of it, or a param; or a param that is not given is required now. A sensor waits until its "
    "timeout, a trigger fails. Where the name is a new one, and is of no pipeline that was looked at, "
    "it may be deployed from elsewhere, which is for review.",
)

# --- when something goes wrong ------------------------------------------------------------------

RETRIES_LOWERED: Final = _change(
    "DG630",
    "retries-lowered",
    "breaking",
    "The task gives up earlier: it has fewer attempts, or less time between them for what broke to "
    "come back. Failures that used to heal by themselves become incidents.",
)
RETRIES_RAISED: Final = _change(
    "DG631",
    "retries-raised",
    "safe",
    "The task gives up later. For one that says `idempotent: false` it is for review, since each "
    "attempt may do the work once more.",
)
TIMEOUT_LOWERED: Final = _change(
    "DG632",
    "timeout-lowered",
    "breaking",
    "What takes longer than the new limit, and was fine, is now stopped and fails. Compare with how "
    "long it takes on its slowest days.",
)
TIMEOUT_RAISED: Final = _change(
    "DG633",
    "timeout-raised",
    "safe",
    "What is stuck is noticed later than before; nothing that succeeded fails because of it.",
)
ALERT_REMOVED: Final = _change(
    "DG634",
    "alert-removed",
    "breaking",
    "Somebody who was told of failures, or of late runs, is told no more: the next incident is found "
    "by those who miss the data. For alerts of successes and retries it is for review.",
)
ALERT_ADDED: Final = _change(
    "DG635",
    "alert-added",
    "safe",
    "Somebody more is told.",
)
ALERT_CHANGED: Final = _change(
    "DG636",
    "alert-changed",
    "review",
    "The alert goes to another place, says something else, or comes at another time. Check that the "
    "new receiver is there.",
)

# --- data ---------------------------------------------------------------------------------------

ASSET_DROPPED: Final = _change(
    "DG640",
    "asset-dropped",
    "breaking",
    "A task does not update the asset any more, or its address is another one. Pipelines that wait "
    "for it are not started; those that read it get old data. They are named, whatever orchestrator "
    "runs them. Without any it is for review.",
)
ASSET_ADDED: Final = _change(
    "DG641",
    "asset-added",
    "safe",
    "A task updates, or reads, one more asset. Where pipelines are started by it, they run from now "
    "on, which is for review.",
)
ASSET_CHANGED: Final = _change(
    "DG642",
    "asset-changed",
    "review",
    "What is promised of an asset is something else: how fresh it is, or who makes it.",
)
PARTITIONS: Final = _change(
    "DG643",
    "partitions",
    "breaking",
    "The slices of the data are cut in another way, or there are none. Keys of the past no longer "
    "line up with those to come: what was materialised is not found, and a backfill writes beside "
    "it. New static keys alone are for review.",
)
CHECK: Final = _change(
    "DG644",
    "check",
    "review",
    "What is looked at in the data, or what a bad answer does, is something else. A check that only "
    "warns stops nobody from using what is wrong.",
)

# --- what it is given ---------------------------------------------------------------------------

PARAM_NARROWED: Final = _change(
    "DG650",
    "param-narrowed",
    "breaking",
    "Runs that were started with this param, or without it, are refused now: it is required, gone, of "
    "another type, or allows fewer values. Look for who starts the pipeline: schedules, other "
    "pipelines, scripts.",
)
PARAM_WIDENED: Final = _change(
    "DG651",
    "param-widened",
    "safe",
    "Every run that could be started before can be started still.",
)
PARAM_DEFAULT: Final = _change(
    "DG652",
    "param-default",
    "review",
    "Runs that do not say this param, those of the schedule among them, work with another value.",
)
SECRET: Final = _change(
    "DG653",
    "secret-reference",
    "review",
    "Another secret is asked for, or one less. It has to be in the store of the orchestrator before "
    "this is deployed: `dagglot verify --stores` looks. Secrets are told by name, never by value.",
)
CONNECTION: Final = _change(
    "DG654",
    "connection",
    "review",
    "A system that the pipeline talks to is another one, or is reached in another way. The connection "
    "has to be in the orchestrator before this is deployed: `dagglot verify --stores` looks.",
)

# --- where it runs, and what is said of it ------------------------------------------------------

PLACE: Final = _change(
    "DG660",
    "where-it-runs",
    "review",
    "The task asks for other resources, another pool or another priority: it may wait longer, be "
    "killed for want of memory, or take the place of others.",
)
DESCRIPTION: Final = _change(
    "DG670",
    "description",
    "safe",
    "Descriptions, docs, owners and tags change nothing of a run. Who is called by the owner's name, "
    "or finds pipelines by tags, may want to know.",
)
TESTS: Final = _change(
    "DG671",
    "tests",
    "cosmetic",
    "The scenarios that are tested, or the warnings that are accepted, say nothing of a run.",
)

# --- the project file: what all pipelines are compiled for -----------------------------------------

TARGET_ADDED: Final = _change(
    "DG661",
    "target-added",
    "safe",
    "The project is compiled for one more orchestrator. Nothing changes on those that it is compiled "
    "for already. Once it is deployed there too, each schedule fires on both of them, which is for "
    "review, until one of them is switched off.",
)
TARGET_REMOVED: Final = _change(
    "DG662",
    "target-removed",
    "breaking",
    "The project is not compiled for this orchestrator any more, and nothing of what was deployed there "
    "knows: the generated files stay where they are, and what runs from them goes on running, as it was, "
    "until somebody stops it. What is to do for each pipeline is told.",
)
TARGET_VERSION: Final = _change(
    "DG663",
    "target-version",
    "review",
    "The project is compiled for another version of the orchestrator: other imports, other calls, and "
    "on some points another behaviour. `dagglot diff --from airflow@2.11 --to airflow@3.3` says which, "
    "for each pipeline. The new code may not load in the old version: upgrade and deploy in one step. "
    "A version that dagglot does not know compiles to nothing: that is breaking.",
)
TARGET_OUTPUT: Final = _change(
    "DG664",
    "target-output",
    "review",
    "The generated code is written to another folder. The files in the old one stay, are not brought up "
    "to date any more, and go on running where they are deployed from: delete them, and let what "
    "deploys them look at the new folder.",
)
TARGET_OPTION: Final = _change(
    "DG665",
    "target-option",
    "review",
    "An option of the orchestrator is another one for all pipelines that do not say it themselves: "
    "another work pool, queue, executor. Where it names something, that has to be there before this is "
    "deployed.",
)
POOL_SIZE: Final = _change(
    "DG666",
    "pool-size",
    "review",
    "A pool has another number of slots in what makes it: `pools.json`, the commands of `SETUP.md`. One "
    "that is there keeps its size until they are run once more. Then fewer tasks run at once, and those "
    "that wait come later; or more do, and what the pool protects has to bear them.",
)
PROJECT_TEMPLATES: Final = _change(
    "DG667",
    "project-templates",
    "review",
    "The generated code is written by other templates than before. What they do is not looked at: "
    "`dagglot compile --diff` shows the text, and `dagglot verify` what the orchestrator makes of it.",
)
ENVIRONMENT: Final = _change(
    "DG668",
    "environment",
    "review",
    "What the project says of an environment is something else. Only what is compiled with `--env` sees "
    "it: `dagglot diff --env NAME` tells what it changes of each pipeline. A new one changes nothing "
    "until it is asked for, which is safe; one that is gone is an error for those who ask for it.",
)
TARGET_REFUSES: Final = _change(
    "DG669",
    "target-refuses",
    "breaking",
    "The pipeline asks for what an orchestrator of the project, in the version that the project names, "
    "cannot do, and did not before: `dagglot compile` refuses it, with the same reason, and what is "
    "deployed there stays as it was. Write it in another way, or compile for another version: "
    "`dagglot targets --notes` has the reasons of every construct.",
)

# --- moving: `--from` and `--to` ----------------------------------------------------------------

MOVE_REFUSED: Final = _change(
    "DG680",
    "move-refused",
    "breaking",
    "Where the pipeline is to move, this cannot be done, and compiling it is refused with the same "
    "reason. Write it in another way, which works on both sides of the move, or leave this pipeline "
    "where it is: `dagglot targets --notes` has the reasons of every construct.",
)
MOVE_DIFFERS: Final = _change(
    "DG681",
    "move-differs",
    "review",
    "One side of the move does this only nearly, or is told something that the other is not: a run "
    "may be different there. What differs is said. Where that does not matter, `accept:` in the "
    "document says so for that target, and it weighs no more than what is safe.",
)
MOVE_EMULATED: Final = _change(
    "DG682",
    "move-emulated",
    "safe",
    "Where the pipeline is to move, there is no construct of the orchestrator for this, or another "
    "one than before: generated code does it, and a run behaves the same. Who operates it sees other "
    "things in the orchestrator's pages.",
)
MOVE_FIRE_TIMES: Final = _change(
    "DG683",
    "move-fire-times",
    "review",
    "The two schedulers start runs of this very schedule at other instants: most often on days on "
    "which the clocks are changed. The first that differ are told. A schedule in UTC has no such "
    "days; one that keeps away from the hours between 01:00 and 04:00 hardly any.",
)
MOVE_POSSIBLE: Final = _change(
    "DG684",
    "move-possible",
    "safe",
    "Where the pipeline comes from, this was refused; where it is to move, it can be done.",
)
MOVE_NEEDS: Final = _change(
    "DG685",
    "move-needs",
    "safe",
    "What the pipeline takes from an orchestrator's own store has to be in the new one before it runs "
    "there: secrets, connections, pools. `SETUP.md` beside the generated code has the commands, and "
    "`dagglot verify --stores` looks whether it is there.",
)

# --- the text alone -----------------------------------------------------------------------------

TEXT: Final = _change(
    "DG690",
    "text-only",
    "cosmetic",
    "The text of the document is another one, and means the same: comments, order, layout, or "
    "another way to write it.",
)
OUTPUT_TEXT: Final = _change(
    "DG691",
    "output-text",
    "cosmetic",
    "The generated text is another one than in the folder, and the pipeline means what it meant when "
    "that was compiled: its canonical form has the same hash. What differs is how the compiler, its "
    "templates or its options write it.",
)
OUTPUT_UNKNOWN: Final = _change(
    "DG692",
    "output-unknown",
    "undecidable",
    "The generated text is another one than in the folder, and whether a run differs cannot be told: "
    "the file was edited by hand, or its manifest is of a release that kept no hash of what a "
    "pipeline means. It counts as much as `review`. Compile the sources of then once more with a "
    "release that does, and compare with that.",
)
OUTPUT_OTHERS: Final = _change(
    "DG693",
    "output-of-other-sources",
    "review",
    "The folder was compiled from documents that mean something else than those of now: one is new, "
    "gone, or changed. Two things vary, so that no difference has one cause. `dagglot diff --base` "
    "tells what the change of the documents means; where another release reads the same document "
    "otherwise, it is that one.",
)
OUTPUT_REFUSED: Final = _change(
    "DG694",
    "output-refused",
    "breaking",
    "The folder has generated files of this pipeline, and this compiler refuses to make them: a "
    "target that was thought able to do something is known not to be, most often. The reason says "
    "what, and `dagglot compile` where.",
)
UNDECIDABLE: Final = _change(
    "DG699",
    "undecidable",
    "undecidable",
    "The change is in what dagglot hands over and does not understand: arguments of a native call, "
    "options of one orchestrator. It may mean nothing or everything; a person who knows that "
    "orchestrator has to look. It counts as much as `review`.",
)
