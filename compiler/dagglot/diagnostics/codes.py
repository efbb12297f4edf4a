"""Every rule, in the order of the arrows; the one registry. Those of `lint` are in `advice`, those
of `diff` in `changes`.

``dagglot explain CODE`` prints the explanation, so it is written for the person who meets the
finding: what is wrong, why that is refused, what to do.
"""

from __future__ import annotations

from typing import Final

from dagglot.diagnostics.model import ExitCode, Rule, Severity

_RULES: dict[str, Rule] = {}


def register(rule: Rule) -> Rule:
    """A rule, from now on in the registry."""
    assert rule.code not in _RULES, rule.code  # noqa: S101 - a slip in this very package
    _RULES[rule.code] = rule
    return rule


def _rule(
    code: str,
    name: str,
    message: str,
    explanation: str,
    *,
    severity: Severity = Severity.ERROR,
    exit_code: ExitCode = ExitCode.INVALID,
) -> Rule:
    return register(Rule(code, name, message, explanation, severity, exit_code))


# --- DG0xx: files and YAML ----------------------------------------------------------------------

SYNTAX: Final = _rule(
    "DG001",
    "yaml-syntax",
    "this is no YAML: {problem}",
    "The file cannot be read as YAML. The place is where the parser gave up; the mistake is there "
    "or just before it. Most often a text that holds `: `, ` #`, `{`, `[`, `*` or `&` needs quotes.",
)
DUPLICATE_KEY: Final = _rule(
    "DG002",
    "duplicate-key",
    "the key `{key}` stands twice in this mapping",
    "YAML parsers keep the last of two equal keys and drop the first without a word. "
    "dagglot never drops anything: keep one of the two. A key that comes from a merge (`<<`) may "
    "be written again; the written one wins.",
)
TAG: Final = _rule(
    "DG003",
    "yaml-tag",
    "the tag `{tag}` is not allowed",
    "Tags (`!x`, `!!python/…`) make a parser build objects. A pipeline document is plain data.",
)
KEY_NOT_TEXT: Final = _rule(
    "DG004",
    "key-not-text",
    "{what} is not text",
    "Keys of mappings are text. YAML reads an unquoted `1`, `true` or `null` as something else.",
)
MERGE: Final = _rule(
    "DG005",
    "merge-not-mapping",
    "`<<` merges a mapping or a list of mappings",
    "The value of a merge key must be an alias of a mapping (`<<: *defaults`) or a list of those.",
)
RECURSIVE_ALIAS: Final = _rule(
    "DG006",
    "recursive-alias",
    "the alias `*{anchor}` stands inside the value that it repeats",
    "A value cannot contain itself.",
)
TOO_DEEP: Final = _rule(
    "DG007",
    "too-deep",
    "this is nested more than {limit} levels deep",
    "The limit protects the compiler from files that are made to exhaust it.",
)
TOO_LARGE: Final = _rule(
    "DG008",
    "too-large",
    "{what} is larger than {limit}",
    "The limit protects the compiler from files that are made to exhaust it (a YAML bomb). Split a "
    "file that is honestly this large.",
)
NOT_UTF8: Final = _rule(
    "DG009",
    "not-utf8",
    "the byte {byte} is not UTF-8",
    "Files are UTF-8, with or without a byte order mark.",
)
NOT_TEXT: Final = _rule(
    "DG010",
    "not-text",
    "the file holds {what}, which YAML does not allow",
    "Control characters other than tab and line breaks are not allowed in YAML; a file that holds "
    'them is usually binary. In a double-quoted text they can be escaped: `"\\x07"`.',
)
CANNOT_READ: Final = _rule(
    "DG011",
    "cannot-read",
    "cannot read `{file}`: {reason}",
    "The file does not exist, is a folder, or may not be read by this user.",
)
NOT_OURS: Final = _rule(
    "DG012",
    "not-a-pipeline",
    "this document has no key `dagglot`",
    "A document belongs to dagglot when it has the key `dagglot`. In a file that was named, or that "
    "a project's `pipelines` glob matches, another document is a mistake. In a folder that was "
    "named, such documents are passed over and listed.",
)
NO_PIPELINES: Final = _rule(
    "DG013",
    "no-pipelines",
    "there is no pipeline in `{path}`",
    "A folder was named, or a project's globs were searched, and no file in it holds a document "
    "with the key `dagglot`.",
)

NESTED_PROJECT: Final = _rule(
    "DG015",
    "nested-project",
    "`{path}` has a project file of its own, and was passed over",
    "Its pipelines take their vars, defaults and environments from that project file. Name the "
    "folder itself, or work from inside it.",
    severity=Severity.NOTE,
    exit_code=ExitCode.CLEAN,
)
NOTHING_NAMED: Final = _rule(
    "DG014",
    "nothing-named",
    "no path is named, and there is no project file `dagglot.yaml` here or above",
    "Name files or folders, or make a project with `dagglot init`.",
    exit_code=ExitCode.USAGE,
)

# --- DG1xx: shape -------------------------------------------------------------------------------

UNKNOWN_KEY: Final = _rule(
    "DG101",
    "unknown-key",
    "{message}",
    "Nothing is ignored: a key that dagglot does not know is most likely a slip that would change "
    "what runs. Keys that start with `x-` are your own, in mappings with fixed keys.",
)
MISSING_KEY: Final = _rule(
    "DG102",
    "missing-key",
    "{message}",
    "A key that has no default is not there.",
)
WRONG_TYPE: Final = _rule(
    "DG103",
    "wrong-type",
    "{message}",
    "The value is of another type than the key takes. YAML reads an unquoted `true`, `null` or "
    "`1.0` as a boolean, as nothing and as a number: put text that looks like one in quotes.",
)
BAD_VALUE: Final = _rule(
    "DG104",
    "bad-value",
    "{message}",
    "The value has the right type and is not one of those that the key takes.",
)
BAD_COMBINATION: Final = _rule(
    "DG105",
    "bad-combination",
    "{message}",
    "Keys that exclude each other, or need each other.",
)
BAD_NAME: Final = _rule(
    "DG106",
    "bad-name",
    "{message}",
    "Names that you choose must be ones that every orchestrator can carry: ids of tasks and groups "
    "match `[A-Za-z_][A-Za-z0-9_-]*` and have at most 100 characters.",
)
PROJECT_NOT_ONE: Final = _rule(
    "DG110",
    "project-not-one-document",
    "the project file `{file}` must hold one mapping",
    "A project file is one YAML document.",
)
UNKNOWN_ENVIRONMENT: Final = _rule(
    "DG111",
    "unknown-environment",
    "the project has no environment `{environment}`",
    "`--env NAME` chooses one of the project file's `environments`.",
)
NOT_YET: Final = _rule(
    "DG112",
    "not-yet",
    "{what} is part of the language, and this release cannot do it yet",
    "The language is complete in the schema from the start; what the compiler cannot do yet is "
    "refused, never ignored.",
    exit_code=ExitCode.UNSUPPORTED,
)
DUPLICATE_PIPELINE: Final = _rule(
    "DG113",
    "duplicate-pipeline",
    "there are two pipelines with the name `{pipeline}`",
    "A pipeline's name is its identity, in all files that are compiled together.",
)

# --- DG2xx: ids, references, cycles -------------------------------------------------------------

UNKNOWN_DEPENDENCY: Final = _rule(
    "DG201",
    "unknown-dependency",
    "task `{task}` depends on `{needs}`, which is not a task of this pipeline",
    "`depends_on` names tasks or groups of the same pipeline. Inside a group a bare name means a "
    "sibling first; `group.task` is a full path.",
)
CYCLE: Final = _rule(
    "DG202",
    "cycle",
    "these tasks wait for each other: {cycle}",
    "A pipeline is a directed acyclic graph. The edges are those of `depends_on` and those that "
    "`tasks.x.output` in an expression makes.",
)
SELF_DEPENDENCY: Final = _rule(
    "DG203",
    "self-dependency",
    "task `{task}` depends on {needs}",
    "A task cannot wait for itself, nor for a group that it is in.",
)
DUPLICATE_DEPENDENCY: Final = _rule(
    "DG204",
    "duplicate-dependency",
    "task `{task}` depends on `{needs}` twice",
    "One of the two says nothing; a slip for another name is likely.",
)
MATRIX_EMPTY: Final = _rule(
    "DG205",
    "matrix-empty",
    "a matrix is a mapping of names to lists of values, or a list of mappings, none of them empty",
    "`matrix: {seed: [1, 2]}` makes every combination, `matrix: [{seed: 1, lr: 0.1}]` exactly "
    "those. The values are known at compile time; for a list known at run time there is `for_each`.",
)
MATRIX_COPIES_ALIKE: Final = _rule(
    "DG206",
    "matrix-copies-alike",
    "two copies of `{task}` would have the id `{copy}`",
    "Copies take their ids from the values of the matrix; what cannot stand in an id becomes `_`.",
)
UNKNOWN_NAME: Final = _rule(
    "DG207",
    "unknown-reference",
    "there is no {kind} `{name}`",
    "Assets, connections and alerts are declared once, in the document, the environment or the "
    "project file, and named everywhere else.",
)
IMPLICIT_NEEDS_EDGE: Final = _rule(
    "DG208",
    "output-needs-edge",
    "task `{task}` has the trigger rule `{rule}` and reads the output of `{needs}`, which does not stand in its `depends_on`",
    "With a trigger rule other than `all_success` every upstream counts, so the edge must be "
    "written where a reader sees it.",
)
TOO_MANY_COPIES: Final = _rule(
    "DG211",
    "too-many-copies",
    "{message}",
    "Every copy is a task of its own in the generated code, and no orchestrator shows that many in "
    "a way that helps. For a long list there is `for_each`.",
)
BAD_CALL: Final = _rule(
    "DG210",
    "bad-call",
    "`{call}` is no `package.module:name`",
    "A call names a module, a colon, and a function (or class) of that module: `etl.orders:load`.",
)

BRANCH_CHOICE: Final = _rule(
    "DG212",
    "branch-choice",
    "branch `{task}` chooses `{name}`, which {what}",
    "A branch chooses among the tasks that stand directly below it: each of them names the branch "
    "in its `depends_on`. A group stands for its roots.",
)
TEARDOWN: Final = _rule(
    "DG213",
    "teardown",
    "{message}",
    "A teardown runs when its set-ups succeeded and all that it waits for has ended, however: it "
    "takes no `trigger_rule`, is no gate and no branch, and nothing but another teardown may wait "
    "for it.",
)
MAPPED_GROUP_LEFT: Final = _rule(
    "DG215",
    "mapped-group-left",
    "`{task}` of the mapped group `{group}` waits for `{needs}`, which waits for that group itself",
    "Each index of a group with `for_each` runs from the group's roots to its leaves; a path out of "
    "it and back would tie all indexes together in the middle. Split the group in two: the second "
    "may go over the same list.",
)
SCENARIO: Final = _rule(
    "DG214",
    "scenario",
    "test `{test}`: {message}",
    "A test gives outcomes to tasks of the pipeline (`success`, `failed`, `failed 2`, `skipped`, a "
    "gate's boolean, a branch's choice, `{output: …}`) and names the final states that it "
    "expects (`success`, `failed`, `skipped`, `upstream_failed`, and `success` or `failed` for "
    "`run`).",
)

GIVEN: Final = _rule(
    "DG216",
    "given",
    "{option}: {message}",
    "`--given` takes what a test of a document takes: an outcome for a task of the pipeline, such as "
    "`load=failed`, `load=failed 2`, `load[1]=skipped`, `enough=false`, `extract={output: {rows: 3}}`.",
)
SCENARIO_OPEN: Final = _rule(
    "DG217",
    "scenario-open",
    "{message}",
    "A gate, a branch, a `when` or a `for_each` reads a value that the scenario does not give, so "
    "there is no telling how the run ends. Give the output that is read, or say what the gate or the "
    "branch decides.",
)
ASSET_PRODUCERS: Final = _rule(
    "DG218",
    "asset-producers",
    "{message}",
    "An asset is the work of one pipeline. With two, nobody can say whose state it is in, and whoever "
    "waits for it is started twice. Let one of them produce a part under a name of its own. An asset "
    "that is `external` is made outside of the project.",
)
ASSET_LOOP: Final = _rule(
    "DG219",
    "asset-loop",
    "these pipelines start each other without an end: {loop}",
    "Each run of one updates the asset that starts the next, and so on, around and around. A "
    "pipeline that also waits for something from outside of the circle (`all`) is no part of it.",
)
ASSET_DECLARED_TWICE: Final = _rule(
    "DG220",
    "asset-declared-differently",
    "asset `{asset}` is declared differently by two documents: {keys}",
    "The name of an asset is its identity in all pipelines of a project, so there is one truth about "
    "where it lives and whose it is. Declare it once in the project file, and leave it out of the "
    "documents; without a project file, alike in each.",
)
ASSET_NOT_PRODUCED: Final = _rule(
    "DG221",
    "asset-not-produced",
    "no pipeline of the project produces the asset `{asset}`",
    "A pipeline that waits for it may never run. If it is made by others, say so in its declaration: "
    "`external: true`. Looked for only when the whole project is compiled or validated.",
    severity=Severity.WARNING,
    exit_code=ExitCode.CLEAN,
)
ASSET_NOT_DOWNSTREAM: Final = _rule(
    "DG222",
    "asset-not-downstream",
    "task `{task}` consumes `{asset}`, which `{maker}` produces, and does not run after it",
    "`consumes` makes no edge. A task that reads what a sibling writes has to run after it, or it "
    "reads the old state in one run and the new one in the next: depend on it, directly or not.",
)

DUPLICATE_CHECK: Final = _rule(
    "DG223",
    "duplicate-check",
    "task `{task}` has two checks called `{name}`",
    "A check is a task of its own, whose id is that of the task it checks, a dot and the check's "
    "name. Two checks of one task need two names.",
)
NO_CHECKS_HERE: Final = _rule(
    "DG224",
    "no-checks-here",
    "task `{task}` has `checks`, and is {what}",
    "A check is a task below the one that it checks, between that one and whoever depends on it. "
    "Below a branch stands only what it may choose, and below a teardown only teardowns.",
)
MOVED_FROM_WHAT_IS_THERE: Final = _rule(
    "DG225",
    "moved-from-what-is-there",
    "{message}",
    "`moved: {from: old_id}` says that this was renamed, so that `dagglot diff` follows it and asks "
    "what becomes of the history under the old id. An id that is still there has its history "
    "itself, and nothing is followed: name the id that is gone, or leave `moved` out.",
    severity=Severity.WARNING,
    exit_code=ExitCode.CLEAN,
)

# --- DG3xx: values, expression types, schedule --------------------------------------------------

EXPRESSION: Final = _rule(
    "DG301",
    "expression",
    "{message}",
    "`${{ … }}` holds a Python-style expression: names, attribute and index access, literals, "
    "comparisons, `and or not`, arithmetic, `x if c else y` and the functions of language.md.",
)
RUN_TIME_HERE: Final = _rule(
    "DG302",
    "run-time-value-here",
    "{what} must be known when the pipeline is compiled",
    "Ids, `depends_on`, `schedule`, `retries`, `pool`, `connection` and all keys that are not "
    'listed in language.md ("Expressions") take constants: `vars`, `matrix` and `build` may stand '
    "there, nothing that a run brings.",
)
UNSAFE_IN_SHELL: Final = _rule(
    "DG303",
    "unsafe-in-shell",
    "{what} may carry shell syntax, so it cannot stand in a script",
    "Values never become code. In a script only values may stand that cannot carry shell syntax: "
    "dates, numbers, booleans, `run.id`, enums and keys of plain characters, and what is known at "
    "compile time. Pass anything else through `env:`, where it arrives as it is.",
)
DURATION: Final = _rule(
    "DG304",
    "bad-duration",
    "`{text}` is no duration",
    "Durations are `30s`, `5m`, `2h`, `1d`, `1w`, sums of those (`1h30m`), or ISO 8601 (`PT1H30M`).",
)
TIME: Final = _rule(
    "DG305",
    "bad-time",
    "`{text}` is no date or time",
    "Dates and times are ISO 8601 text: `2026-01-31`, `2026-01-31T06:00`, "
    "`2026-01-31T06:00:00+01:00`. A time without an offset is in the schedule's time zone.",
)
TIMEZONE: Final = _rule(
    "DG306",
    "unknown-timezone",
    "there is no time zone `{timezone}`",
    "Time zones are IANA names such as `Europe/Madrid` or `UTC`.",
)
CRON: Final = _rule(
    "DG307",
    "bad-cron",
    "`{cron}` is no cron schedule: {problem}",
    "A schedule has five fields (minute, hour, day of month, month, day of week) or is one of "
    "`@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. Six fields are refused because the "
    "orchestrators disagree about where the seconds stand; `L`, `W`, `#` and `H` because they do "
    "not know them alike.",
)
SCHEDULE_NEEDS: Final = _rule(
    "DG308",
    "schedule-needs",
    "{message}",
    "`timezone` is required with `cron` and with time partitions; `start` with `every`, with "
    "`catchup: true` and with time partitions.",
)
PARAM_DEFAULT: Final = _rule(
    "DG309",
    "param-value",
    "{message}",
    "A default, and a value that a schedule gives, must be one that the param accepts.",
)
PARAM_REQUIRED: Final = _rule(
    "DG310",
    "param-not-supplied",
    "the param `{param}` has no default, and the schedule does not supply it",
    "A scheduled run has nobody to ask: give the param a default or `schedule: {params: …}`.",
)
WINDOW_EMPTY: Final = _rule(
    "DG311",
    "window-empty",
    "`end` lies before `start`",
    "Both are inclusive, on the nominal time of a run.",
)

NUL_IN_PROCESS: Final = _rule(
    "DG312",
    "nul-character",
    "a NUL character cannot be passed to a process",
    "The environment and the arguments of a process end at a NUL character; every operating system "
    "refuses it.",
)

CONNECTION_TYPE: Final = _rule(
    "DG313",
    "connection-type",
    "the connection `{name}` is of type `{type}`, which does not fit {what}",
    "A `sql` task takes a connection of a database, an `http` task one of type `http`, and so on: "
    "each target makes of it what fits that type.",
)
SQL_PARAMETER: Final = _rule(
    "DG314",
    "sql-parameter",
    "{message}",
    "Values reach SQL as parameters, written `:name`. Each parameter of the text needs a value "
    "under `parameters`, and each value a parameter: one that is left over is most often a typo. "
    "What stands in quotes or comments, and `::`, is no parameter.",
)
CONTAINER_KEYS: Final = _rule(
    "DG315",
    "container-keys",
    "`{key}` is for the runtime `{runtime}`, and this container runs on `{other}`",
    "`volumes` are mounts of Docker; `namespace` and `pod` belong to Kubernetes.",
)

KIND_NEEDS: Final = _rule(
    "DG316",
    "kind-needs",
    "task `{task}`: {what} needs `{key}`",
    "A key that its kind cannot do without, and that neither the task nor a default gives.",
)

PARTITION_TWICE: Final = _rule(
    "DG317",
    "partition-twice",
    "the partition key `{key}` is there twice",
    "A scheduled tick makes one run for each key, and a run is told which by the key alone.",
)
PARTITION_NONE: Final = _rule(
    "DG318",
    "partition-none",
    "no whole partition lies between `start` and `end`",
    "The first partition is the first that starts at or after `start`, and the last the last that "
    "ends at or before `end`: weeks start on Monday, months on the first. A bare date as `end` "
    "includes that day.",
)
PARTITION_NEVER_RUN: Final = _rule(
    "DG319",
    "partition-never-run",
    "no run of the schedule works on the partition `{key}`",
    "A run works on the last partition that is complete at its time. Where two partitions end before "
    "the schedule fires again, the first of them is never worked on: Fridays and Saturdays, with a "
    "schedule of weekdays and `by: day`. With `partitions: {cron: …}` a partition is from one run to "
    "the next, whatever its length, and none is left out.",
    severity=Severity.WARNING,
)
POOL_TOO_SMALL: Final = _rule(
    "DG320",
    "pool-too-small",
    "task `{task}` takes {slots} slots of the pool `{pool}`, which has {size}",
    "A task waits until as many slots of its pool are free as it takes. The project file says that "
    "the pool has fewer, so this task would wait for ever.",
)
PARTITION_UNNAMED: Final = _rule(
    "DG321",
    "partition-unnamed",
    "a run that an update of assets starts names none of the partition keys",
    "Of static `keys` each run must name one. A tick of `cron` or `every` makes a run for each, and a "
    "hand or another pipeline says which; an update of an asset tells nothing of them. Partitions of "
    "time, of which the last complete one is meant, go together with `on_assets`.",
)

# --- DG4xx: targets -----------------------------------------------------------------------------

UNSUPPORTED: Final = _rule(
    "DG401",
    "unsupported",
    "{target} cannot do {feature}: {reason}",
    "The target's capability table says that it cannot do this, and a no-op in its place would be "
    "a lie. `dagglot targets` shows every feature and what each target makes of it.",
    exit_code=ExitCode.UNSUPPORTED,
)
LOSSY: Final = _rule(
    "DG402",
    "lossy",
    "{target} does {feature} only in part: {reason}",
    "The generated code comes close, and the note says what differs. Accept it with "
    "`accept: {target: [feature]}` in the document or the project file; `--strict` refuses it.",
    severity=Severity.WARNING,
    exit_code=ExitCode.UNSUPPORTED,
)
LOSSY_STRICT: Final = _rule(
    "DG409",
    "lossy-strict",
    "{target} does {feature} only in part: {reason}",
    "With `--strict` a construct that a target can do only in part is refused unless it stands in "
    "`accept`.",
    exit_code=ExitCode.UNSUPPORTED,
)
NOT_ACCEPTED_HERE: Final = _rule(
    "DG403",
    "accept-not-needed",
    "`accept` lists `{feature}` for {target}, which is not lossy there in this pipeline",
    "An entry that is not needed would hide a loss that comes later.",
)
UNKNOWN_TARGET: Final = _rule(
    "DG404",
    "unknown-target",
    "there is no target `{target}`",
    "Targets are `airflow`, `prefect` and `dagster`, with an optional version: `airflow@2.11`.",
    exit_code=ExitCode.USAGE,
)
TAKEN_MODULE: Final = _rule(
    "DG405",
    "taken-module",
    "the generated code for {target} has a module `{module}`, and so has this pipeline's user code",
    "The two would shadow each other. Rename your module, or the pipeline.",
    exit_code=ExitCode.UNSUPPORTED,
)
NAMES_COLLIDE: Final = _rule(
    "DG406",
    "names-collide",
    "`{first}` and `{second}` would both be called `{name}` in {target}",
    "The target allows fewer characters in names than the language, so names are normalised.",
    exit_code=ExitCode.UNSUPPORTED,
)
NO_TARGET: Final = _rule(
    "DG407",
    "no-target",
    "no target is named",
    "Name one with `-t`, or list them in the project file's `targets`.",
    exit_code=ExitCode.USAGE,
)
UNKNOWN_VERSION: Final = _rule(
    "DG408",
    "unknown-version",
    "{target} {version} is not a version that dagglot generates for",
    "`dagglot targets` lists the versions.",
    exit_code=ExitCode.USAGE,
)

# --- DG5xx: output and real orchestrators -------------------------------------------------------

STALE: Final = _rule(
    "DG501",
    "stale",
    "`{file}` is not what would be generated now{why}",
    "The source, the compiler, the version of the target, a template or the project file has changed "
    "since. Run `dagglot compile`, and commit what it writes.",
    exit_code=ExitCode.FINDINGS,
)
EDITED: Final = _rule(
    "DG502",
    "edited-by-hand",
    "`{file}` was edited after it was generated{what}",
    "Generated files are written by dagglot alone. Move the change to the source; `--force` "
    "overwrites the file, or removes it where no pipeline makes it any more.",
    exit_code=ExitCode.FINDINGS,
)
ORPHANED: Final = _rule(
    "DG503",
    "orphaned",
    "`{file}` was generated, and would not be now{why}",
    "The pipeline is gone, or makes this file no more. Run `dagglot compile` and it is removed: only "
    "files that the manifest lists ever are.",
    exit_code=ExitCode.FINDINGS,
)
MISSING: Final = _rule(
    "DG504",
    "missing",
    "`{file}` is missing{why}",
    "The output is not complete: run `dagglot compile`, and commit what it writes, its manifest too.",
    exit_code=ExitCode.FINDINGS,
)
CANNOT_WRITE: Final = _rule(
    "DG505",
    "cannot-write",
    "cannot write `{file}`: {reason}",
    "The folder is read-only, full, or something else stands at this path. Nothing was changed.",
    exit_code=ExitCode.FINDINGS,
)
NOT_OURS_TO_WRITE: Final = _rule(
    "DG506",
    "foreign-file",
    "`{file}` exists and was not generated by dagglot",
    "dagglot never overwrites a file that is not its own. Remove it, choose another output folder, "
    "or use `--force`.",
    exit_code=ExitCode.FINDINGS,
)
SYMLINK: Final = _rule(
    "DG507",
    "symlink",
    "the output path `{file}` leads through a symbolic link out of the output folder",
    "A file would land elsewhere than it says. Name the real folder.",
    exit_code=ExitCode.FINDINGS,
)
FOLDER_TAKEN: Final = _rule(
    "DG513",
    "folder-taken",
    "`{folder}` is the output folder of {other}, and cannot be that of {target} too",
    "Each output folder has a manifest, which lists the files of one target in one version. Two in "
    "one folder would remove each other's files. `--force` takes the folder over.",
    exit_code=ExitCode.FINDINGS,
)
BAD_MANIFEST: Final = _rule(
    "DG514",
    "bad-manifest",
    "`{file}` is no manifest of dagglot that this release can read: {problem}",
    "The manifest tells which files dagglot wrote, so that it never overwrites another. It was "
    "edited, is damaged (a merge conflict, most often), or was written by another release.",
    exit_code=ExitCode.FINDINGS,
)
BAD_ENTRY: Final = _rule(
    "DG515",
    "bad-manifest-entry",
    "the entry of `{pipeline}` in `{file}` was edited, so its part in the shared files is unknown",
    "The manifest is written by dagglot alone. Compile all pipelines of the folder, and the entry "
    "is made anew.",
    exit_code=ExitCode.FINDINGS,
)
NO_LOCK: Final = _rule(
    "DG524",
    "no-lock",
    "`{folder}` has no manifest, so `--locked` cannot tell for which version of {target} it is",
    "`--locked` compiles for nothing but the version that the output folder was compiled for, which "
    "its manifest says. A folder that is new, or whose manifest was not committed, has none.",
    exit_code=ExitCode.FINDINGS,
)
LOCKED: Final = _rule(
    "DG525",
    "locked",
    "`{folder}` is locked to {target} {locked}, and this compile is for {asked}",
    "The version is another one on the command line or in the project file, or it is written nowhere "
    "and this release of dagglot has another default. Without `--locked` the output moves to it.",
    exit_code=ExitCode.FINDINGS,
)
LEFT_FOLDER: Final = _rule(
    "DG526",
    "left-folder",
    "`{folder}` was generated for {target}, which the project lists no more: nothing keeps it up to date",
    "A target that is taken out of the project file leaves its output behind, and an orchestrator that "
    "reads it goes on running the old pipelines.",
    severity=Severity.WARNING,
    exit_code=ExitCode.FINDINGS,
)
NOT_LOADED: Final = _rule(
    "DG508",
    "not-loaded",
    "{target} cannot load `{file}`: {reason}",
    "The real orchestrator refused the generated file. If it was not edited, this is a bug of "
    "dagglot; most often a module of yours or a package is missing in the environment.",
    exit_code=ExitCode.FINDINGS,
)
DIFFERS: Final = _rule(
    "DG509",
    "differs",
    "{target} sees {what} as {seen}, the pipeline says {said}",
    "What the real orchestrator reads from the generated code is not what the document says.",
    exit_code=ExitCode.FINDINGS,
)
RUNTIME: Final = _rule(
    "DG510",
    "runtime",
    "{message}",
    "The isolated environment of an orchestrator could not be made or used.",
    exit_code=ExitCode.FINDINGS,
)
TEMPLATE: Final = _rule(
    "DG511",
    "template",
    "the template `{template}` of the project: {problem}",
    "A template of the project's own replaces a built-in one of the same name and must render.",
)
PARAMS_REFUSED: Final = _rule(
    "DG512",
    "params-refused",
    "{message}",
    "A run takes the params that the pipeline declares, with values of their types.",
)
RUN_REFUSED: Final = _rule(
    "DG522",
    "run-refused",
    "{message}",
    "A run of a pipeline with `partitions` works on one of them: the one that `--partition` names, "
    "else the last that is complete at the run's time, which is now, or what `--time` says. Of "
    "static `keys` it must name one.",
)
BACKFILL_REFUSED: Final = _rule(
    "DG523",
    "backfill-refused",
    "{message}",
    "A backfill makes a run for each of some partitions that are complete: `--from` and `--to` name "
    "the first and the last by their keys, or by days and times, and `--keys` the static ones. The "
    "orchestrator makes the runs in its own way, and where that cannot make the right ones, it says "
    "why.",
)
NOT_ANSWERED: Final = _rule(
    "DG519",
    "not-answered",
    "{message}",
    "An approval waits for a human. The orchestrator of an isolated run is gone as soon as the run "
    "is over, and nobody can look at it: what is to be said is said beforehand, with `--answer`.",
)
MISSING_THERE: Final = _rule(
    "DG520",
    "missing-in-orchestrator",
    "{target} has no {kind} `{name}`, which `{pipeline}` needs",
    "A pipeline uses what is kept in the orchestrator: connections, secrets, limits. `SETUP.md` beside "
    "the output lists all of it, each with the command that makes it.",
    exit_code=ExitCode.FINDINGS,
)
NOT_ASKED: Final = _rule(
    "DG521",
    "not-asked",
    "{target} cannot be asked for what it keeps: {reason}",
    "`verify --stores` asks the orchestrator that your own settings point to: AIRFLOW_HOME and "
    "AIRFLOW__…, PREFECT_API_URL, DAGSTER_HOME.",
    exit_code=ExitCode.FINDINGS,
)
EXPECTATION: Final = _rule(
    "DG516",
    "expectation",
    "{test}: {message}",
    "A test of the document expects another end than the run has. Either the pipeline changed, or "
    "the test is wrong; `dagglot simulate PATH --scenario NAME` shows the whole run, and why.",
    exit_code=ExitCode.FINDINGS,
)
NO_TRACE: Final = _rule(
    "DG517",
    "no-trace",
    "`{file}` holds no trace: {problem}",
    "A trace is what `dagglot run --trace FILE` writes: JSON with the key `dagglot_trace`.",
)
NOT_RUN: Final = _rule(
    "DG518",
    "not-run",
    "{target} gave no trace of `{pipeline}`{where}",
    "The orchestrator ended, or was ended, before this run was over. What it printed is above.",
    exit_code=ExitCode.FINDINGS,
)


NO_GIT: Final = _rule(
    "DG530",
    "no-git",
    "`{ref}` is no folder, and there is no program `git` to ask for it",
    "`diff --base REF` reads the pipelines of a commit from git's objects, for which the program `git` "
    "has to be installed. `--base DIR` compares with a folder, and needs none.",
)
NO_REPOSITORY: Final = _rule(
    "DG531",
    "no-repository",
    "`{ref}` is no folder, and git finds no repository to ask for it: {problem}",
    "`diff --base REF` looks in the repository that the first path lies in, else the working "
    "directory. Where git distrusts a repository of another user, its own words say how to allow it.",
)
UNKNOWN_REF: Final = _rule(
    "DG532",
    "unknown-ref",
    "`{ref}` is neither a folder nor a commit that git knows here",
    "A base is a folder, or what git knows a commit by: `origin/main`, `HEAD~1`, `v1.2`, a hash. In a "
    "shallow clone, which most CI systems make, the commits of other branches are missing until they "
    "are fetched: `git fetch --depth=1 origin main`, and then `--base FETCH_HEAD`.",
)
AMBIGUOUS_BASE: Final = _rule(
    "DG533",
    "ambiguous-base",
    "`{ref}` is a path here, and a commit that git knows too",
    "Which one is meant cannot be told: write `./name` for the folder or file, and "
    "`refs/heads/name`, or a hash, for the commit.",
)
NOTHING_IN_BASE: Final = _rule(
    "DG534",
    "nothing-in-base",
    "there is nothing of what was named in `{ref}`, nor here",
    "None of the paths is there now, or was there in the base. Paths are those of the working tree.",
)
WAIVER_EXPIRED: Final = _rule(
    "DG535",
    "waiver-expired",
    "{code} of `{pipeline}` was accepted until {until}: fingerprint {fingerprint}",
    "An entry of `accept_changes` has a last day, `until`, and that is over: what it accepts counts "
    "again. If the change is merged, delete the entry; if it is still to come and still meant, say so "
    "with a later day.",
    exit_code=ExitCode.FINDINGS,
)
WAIVER_UNUSED: Final = _rule(
    "DG536",
    "waiver-unused",
    "{code} of `{pipeline}` is accepted, and nothing changed so: fingerprint {fingerprint}",
    "An entry of `accept_changes` is for one change, which is known by its fingerprint, and this one is "
    "not among those that were compared. The change was taken back, or became another one, which "
    "somebody has to look at anew: delete the entry, and accept what is meant now "
    "(`dagglot diff --print-waivers`). One that names a pipeline which was not compared is left alone.",
    exit_code=ExitCode.FINDINGS,
)
WAIVER_SPENT: Final = _rule(
    "DG537",
    "waiver-spent",
    "{code} of `{pipeline}` was accepted, and is part of the base now: fingerprint {fingerprint}",
    "The change that an entry of `accept_changes` was for has been merged, together with the entry, "
    "which is in the base too. It has done its work, and can be deleted at the next occasion; from its "
    "`until` on it fails.",
    severity=Severity.WARNING,
    exit_code=ExitCode.FINDINGS,
)
NO_OUTPUT: Final = _rule(
    "DG538",
    "no-output",
    "there is no generated output in `{folder}`",
    "`diff --against-output` and `verify --written` look at a folder that `dagglot compile` has written, "
    "with its manifest `.dagglot-manifest.json`; the former also at the folder above those of several "
    "targets.",
    exit_code=ExitCode.INVALID,
)
NOT_POSTED: Final = _rule(
    "DG539",
    "comment-not-posted",
    "the comment is not posted: {problem}",
    "`dagglot comment` posts as the CI job that it runs in: with the token in GITHUB_TOKEN or GITLAB_TOKEN, "
    "to the pull or merge request that the job's own variables name. On GitHub the job needs "
    "`permissions: {pull-requests: write}`, and a pull request from a fork gives none; on GitLab the "
    "token of a job may not write notes: use a project access token with the scope `api`.",
    exit_code=ExitCode.FINDINGS,
)
BASE_WITHOUT_PIPELINES: Final = _rule(
    "DG540",
    "base-without-pipelines",
    "there are no pipelines in `{ref}`, and no project file",
    "A folder, or a file, that `diff --base` compares with holds the pipelines as they were: the same "
    "paths below it, or its own project. Everything is new beside one that holds none, which says "
    "nothing: a path was mistyped, or something was not checked out there.",
)
ALL_IS_NEW: Final = _rule(
    "DG541",
    "all-is-new",
    "there are no pipelines in `{ref}` of what is compared: all of them are new",
    "The commit that `diff --base` compares with has none of these pipelines yet, as a first one. If it "
    "should have, look whether it is the right commit, and whether they lay elsewhere in it.",
    severity=Severity.NOTE,
)


def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    from dagglot.diagnostics import advice, changes  # noqa: F401 - they register their rules

    return tuple(rule for _, rule in sorted(_RULES.items()))


def rule(code: str) -> Rule | None:
    """The rule of a code or a name, in any case."""
    wanted = code.strip().lower()
    for candidate in all_rules():
        if wanted in (candidate.code.lower(), candidate.name):
            return candidate
    return None
