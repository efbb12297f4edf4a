"""What the expression language accepts, what it yields, and what is said of the rest."""

from __future__ import annotations

import subprocess
import sys
import time
import warnings

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dagglot.expressions import tree
from dagglot.expressions.parse import Scope, Source, parse_value, split
from dagglot.expressions.shell import shell_safe
from dagglot.expressions.tree import NODES, Text, is_condition, references
from dagglot.expressions.types import Kind, Type

PARAMS = {
    "s": Type(Kind.STRING),
    "region": Type(Kind.STRING, members=("eu", "us")),
    "odd": Type(Kind.STRING, members=("eu", "a b")),
    "opt": Type(Kind.STRING, nullable=True),
    "n": Type(Kind.INTEGER),
    "x": Type(Kind.NUMBER),
    "b": Type(Kind.BOOLEAN),
    "d": Type(Kind.DATE),
    "t": Type(Kind.DATETIME),
    "l": Type(Kind.LIST),
    "m": Type(Kind.MAP),
}
TASKS = {"extract": "extract", "check-sites": "check-sites", "load.orders": "load.orders"}
TASKS |= {"sibling": "group.sibling", "output": "output"}
SCOPE = Scope(
    params=PARAMS,
    constants={
        "vars": {"three": 3, "word": "abc", "none": None, "list": [1, 2], "map": {"k": [5]}},
        "matrix": {"seed": 1},
        "build": {"CI": "1"},
    },
    resolve_task=TASKS.get,
    task_names=tuple(TASKS),
    partition="time",
    for_each=True,
    secrets=True,
    connections=("warehouse",),
    event=True,
)


def parsed(text: str, scope: Scope = SCOPE) -> object:
    value, problems = parse_value(text, scope)
    assert problems == ()
    return value


@pytest.mark.parametrize(
    "text, value",
    [
        ("plain", "plain"),
        ("", ""),
        ("{{ ds }} ${X} $$", "{{ ds }} ${X} $$"),
        ("${{ vars.three }}", 3),
        ("${{ vars['three'] + matrix.seed }}", 4),
        ("${{ vars.map.k[0] }}", 5),
        ("${{ vars.list }}", [1, 2]),
        ("${{ null }}", None),
        ("${{ None }}", None),
        ("${{ true and not False }}", True),
        ("${{ vars.three > 2 if true else 1 }}", True),
        ("${{ [vars.three, 'x'] }}", [3, "x"]),
        ("${{ build.CI }}", "1"),
        ("${{ '${{' }}", "${{"),
        ("${{ '}}' }}", "}}"),
        ('${{ "it\'s }}" }}', "it's }}"),
        ("$${{ vars.three }}", "$3"),
        ("a${{ vars.three }}b${{ true }}", "a3btrue"),
        ("${{ vars.list }}.", "[1,2]."),
        ("${{ upper(vars.word) + 'x' }}", "ABCx"),
        ("${{ len(vars.list) }}", 2),
        ("${{ default(vars.none, 1) }}", 1),
        ("${{ default(vars.absent.deep, 1) }}", 1),
        ("${{ default(vars.map.x.y, 'z') }}", "z"),
        ("${{ default(vars.map.k[0], 'z') }}", 5),
        ("${{ vars.three\n   * 2 }}\n", 6),
        ("${{ 7 % 4 }}", 3),
        ("${{ 1 / 2 }}", 0.5),
        ("${{ json(vars.map) }}", '{"k":[5]}'),
        ("${{ params.b or true }}", True),
        ("${{ 2 in vars.list }}", True),
    ],
)
def test_constants_are_folded(text: str, value: object) -> None:
    made = parsed(text)
    assert made == value and type(made) is type(value)


@pytest.mark.parametrize(
    "text, kind",
    [
        ("params.n", "integer"),
        ("params['n']", "integer"),
        ("params", "map"),
        ("params.n + 1", "integer"),
        ("params.n / 2", "number"),
        ("params.n * params.x", "number"),
        ("-params.x", "number"),
        ("params.s + '!'", "string"),
        ("params.l + [1]", "list"),
        ("params.l[0]", "any"),
        ("params.m.rows", "any"),
        ("params.s[0]", "string"),
        ("run.time", "datetime"),
        ("run.date", "date"),
        ("run.attempt", "integer"),
        ("partition.key", "string"),
        ("partition.end", "datetime"),
        ("tasks.extract.output", "any"),
        ("tasks['check-sites'].output.rows", "any"),
        ("tasks.load.orders.output", "any"),
        ("item", "any"),
        ("item.name", "any"),
        ("index + 1", "integer"),
        ("secrets.token", "secret"),
        ("connections.warehouse.host", "string"),
        ("connections.warehouse.uri", "secret"),
        ("event.state", "string"),
        ("params.n > 1", "boolean"),
        ("1 < params.n <= 3", "boolean"),
        ("params.opt == null", "boolean"),
        ("params.s in ['a', 'b']", "boolean"),
        ("'k' not in params.m", "boolean"),
        ("params.b and item", "boolean"),
        ("not item", "boolean"),
        ("params.n if params.b else params.x", "number"),
        ("'a' if params.b else 1", "any"),
        ("default(params.opt, '')", "string"),
        ("default(item.a.b, 0)", "any"),
        ("format(run.time, '%Y')", "string"),
        ("add(run.date, '-1w')", "date"),
        ("add(run.time, 'PT1H30M')", "datetime"),
        ("add(item, '1d')", "any"),
        ("len(item)", "integer"),
        ("int(params.s)", "integer"),
        ("float(item)", "number"),
        ("bool(params.s)", "boolean"),
        ("str(params.d)", "string"),
    ],
)
def test_types(text: str, kind: str) -> None:
    made = parsed(f"${{{{ {text} }}}}")
    assert isinstance(made, NODES)
    assert made.type.kind.value == kind


REFUSED = [
    # names
    ("nope", "unknown-name", "there is no name `nope`", None),
    ("three", "unknown-name", "there is no name `three`", "did you mean `vars.three`?"),
    ("n", "unknown-name", "there is no name `n`", "did you mean `params.n`?"),
    ("extract", "unknown-name", "there is no name `extract`",
     "did you mean `tasks.extract.output`?"),
    ("params.regoin", "unknown-name", "there is no param `regoin`", "did you mean `region`?"),
    ("vars.thre", "unknown-name", "there is no name `vars.thre`", "did you mean `vars.three`?"),
    ("tasks.extrat.output", "unknown-name", "there is no task `extrat`", "did you mean `extract`?"),
    (
        "tasks.extract.rows",
        "type",
        "of a task only its output has a value: `tasks.extract.output`",
        None,
    ),
    ("tasks.load.orders", "type",
     "of a task only its output has a value: `tasks.load.orders.output`", None),
    ("run.tme", "unknown-name", "there is no name `run.tme`", "did you mean `run.time`?"),
    ("partition.day", "unknown-name", "there is no name `partition.day`",
     "did you mean `partition.date`?"),
    ("connections.warehose.host", "unknown-name", "there is no connection `warehose`",
     "did you mean `warehouse`?"),
    ("connections.warehouse.hst", "unknown-name", "there is no field `hst`",
     "did you mean `host`?"),
    ("vars", "type", "`vars` alone has no value", "name one of them: `vars.x`"),
    ("lowr(params.s)", "unknown-name", "there is no function `lowr`", "did you mean `lower`?"),
    ("len", "syntax", "`len` is a function", "call it: `len(…)`"),
    ("build.HOME", "unknown-name", "the environment variable `HOME` is not given to this compile",
     "list its name under `build` in the project file, and set it"),
    ("__import__('os')", "unknown-name", "there is no function `__import__`", None),
    # syntax that is not part of the language
    ("params.s.strip()", "not-allowed", "only the language's own functions can be called", None),
    ("{'a': 1}", "not-allowed", "a map cannot be written in an expression",
     "write it as YAML, with `${{ … }}` in its values"),
    ("lambda: 1", "not-allowed", "a function cannot be defined in an expression", None),
    ("[x for x in params.l]", "not-allowed", "a comprehension cannot stand in an expression", None),
    ("f'{params.s}'", "not-allowed", "an f-string cannot stand in an expression", None),
    ("(x := 1)", "not-allowed", "`:=` cannot stand in an expression", None),
    ("b'x'", "not-allowed", "only texts, numbers, booleans and null are values", None),
    ("1j", "not-allowed", "only texts, numbers, booleans and null are values", None),
    ("...", "not-allowed", "only texts, numbers, booleans and null are values", None),
    ("params.n is 1", "not-allowed", "`is` is not part of the language",
     "to compare with null, write `x == null`"),
    ("params.l[0:1]", "not-allowed", "a slice cannot stand in an expression", None),
    ("(1, 2)", "not-allowed", "a tuple cannot stand in an expression", "write a list: `[a, b]`"),
    ("2 ** 9", "not-allowed", "this operator is not part of the language", None),
    ("len(x=params.s)", "not-allowed", "arguments are given by their place only", None),
    ("params.b && true", "syntax", "this is not an expression", "write `and`"),
    ("!params.b", "syntax", "this is not an expression", "write `not`, or `!=`"),
    ("params.n = 1", "syntax", "this is not an expression", "to compare, write `==`"),
    ("params.s | lower(", "syntax", "this is not an expression",
     "there are no filters: call a function, such as `lower(x)`"),
    ("item.from", "syntax", "this is not an expression",
     "`from` is a reserved word: write `['from']` instead of `.from`"),
    ("1 # no", "syntax", "`#` cannot stand in an expression", "there are no comments inside one"),
    ("'\\d'", "syntax", "this is not an expression", "a backslash in a string is written twice"),
    ("  ", "syntax", "the expression is empty", None),
    ("'abc", "syntax", "this is not an expression", None),
    # types
    ("params.s + 1", "type", "`+` cannot take a string and an integer", None),
    ("params.b + 1", "type", "`+` cannot take a boolean and an integer", None),
    ("params.s * 2", "type", "`*` cannot take a string and an integer", None),
    ("params.d - params.d", "type", "`-` cannot take a date and a date",
     'use `add(t, "1d")` to move a date or a datetime'),
    ("params.opt + 'x'", "type", "`+` cannot take null, which this may be",
     "give a value for null: `default(x, …)`"),
    ("params.d == '2026-01-31'", "type", "`==` cannot compare a date and a string",
     "compare the text: `str(t) == '2026-01-31'`"),
    ("run.date < run.time", "type", "`<` cannot order a date and a datetime",
     'compare texts that `format(t, "%Y-%m-%d")` makes of both'),
    ("params.s > 3", "type", "`>` cannot order a string and an integer",
     "make a number of a text with `int(x)` or `float(x)`"),
    ("params.b < true", "type", "`<` cannot order a boolean and a boolean", None),
    ("params.n and true", "type", "`and` takes a boolean, not an integer",
     "compare it with something, such as `x > 0` or `x != ''`"),
    ("not params.s", "type", "`not` takes a boolean, not a string", None),
    ("1 if params.s else 2", "type", "`if` takes a boolean, not a string", None),
    ("1 in params.s", "type", "`in` looks for a string in a string, not for an integer", None),
    ("1 in params.n", "type", "`in` looks into a list, a map or a string, not an integer", None),
    ("1 == params.n == null", "type",
     "`true`, `false` and `null` cannot stand in a chain of comparisons", None),
    ("params.n.rows", "type", "an integer has no parts to take", None),
    ("run.date.year", "type",
     "a date has no parts to take", 'take a part of it with `format(t, "%Y")`'),
    ("params.l.rows", "type", "a list is indexed by an integer, not a string", None),
    ("params.opt[0]", "type", "`[ ]` cannot take null, which this may be", None),
    ("len(params.n)", "type", "`len` takes a string or a list or a map, not an integer", None),
    ("len(params.s, 1)", "type", "`len` takes 1 arguments: `len(x)`", None),
    ("format(params.s, '%Y')", "type", "`format` takes a date or a datetime, not a string", None),
    ("format(run.time, '%Q')", "type", "`%Q` is not a part of a date that every platform knows",
     None),
    ("format(run.time, params.s)", "type",
     "the second argument of `format` must be known at compile time", None),
    ("add(run.time, 'soon')", "type", "this is no duration",
     'durations are `"1d"`, `"-1w"`, `"1h30m"`, `"PT1H30M"`'),
    ("add(run.date, '1h')", "type", "a date has no time of day to move", None),
    ("bool(params.l)", "type", None, "to ask whether it is empty, write `len(x) > 0`"),
    ("str(secrets.x)", "type", "`str` cannot take a secret",
     "a secret can only be passed on as a whole value"),
    ("[secrets.x]", "type", "a secret can only stand as a whole value, not in a list", None),
    ("vars.map.nope", "type", "there is no key 'nope'", None),
    ("vars.list[9]", "type", "list index out of range", None),
    ("params.n / 0", "type", "division by zero", None),
    ("1e999", "type", "this value cannot be written as JSON", None),
    ("'\\ud800'", "type", "this value cannot be written as JSON", None),
]  # fmt: skip


@pytest.mark.parametrize("text, kind, message, help_", REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(text: str, kind: str, message: str | None, help_: str | None) -> None:
    value, problems = parse_value(f"${{{{ {text} }}}}", SCOPE)
    assert value is None
    assert len(problems) == 1
    assert problems[0].kind == kind
    if message is not None:
        assert problems[0].message == message
    if help_ is not None:
        assert problems[0].help == help_


def test_every_problem_is_reported_with_its_place() -> None:
    text = "ñ ${{ nope + params.y }} and ${{ tasks.extrat.output }} ${{ 'ñ' + params.z }}"
    value, problems = parse_value(text, SCOPE)
    assert value is None
    shown = [text[p.offset : p.offset + p.length] for p in problems]
    assert shown == ["nope", "params.y", "tasks.extrat", "params.z"]


def test_nodes_know_their_place_in_the_scalar() -> None:
    made = parsed("x ${{ 'é' + params.s }}")
    assert isinstance(made, Text)
    (leaf,) = references(made)
    assert leaf.offset == 12
    assert parsed("${{ params.s }}") == parsed("${{   params['s'] }}")


@pytest.mark.parametrize(
    "text, help_part",
    [
        ("${{ params.x", "starts a comment"),
        ("a ${{ vars.three }} ${{ b }", "quote the whole value"),
        ("${{ 'a }}' ", "belongs to a string"),
    ],
)
def test_unclosed(text: str, help_part: str) -> None:
    value, problems = parse_value(text, SCOPE)
    assert value is None
    assert [p.kind for p in problems] == ["unclosed"]
    assert help_part in (problems[0].help or "")


def test_split() -> None:
    assert split("a${{ x }}$${{'}}'}}") == (
        ("a", Source(" x ", 4), "$", Source("'}}'", 13)),
        (),
    )


@pytest.mark.parametrize(
    "scope, text, message",
    [
        (Scope(), "item", "`item` exists only inside `for_each`"),
        (Scope(), "partition.date", "this pipeline has no `partitions`"),
        (Scope(), "secrets.x", "a secret may not stand here"),
        (Scope(), "event.state", "`event` exists only in an alert's `message` and `subject`"),
        (
            Scope(partition="keys", partition_keys=("eu",)),
            "partition.date",
            "`partition.date` exists only with time partitions",
        ),
        (
            Scope(params=PARAMS, run_time=False),
            "params.s",
            "`params.s` is known only when the pipeline runs, and this value when it is compiled",
        ),
        (Scope(connections=("w",)), "connections.w.password", "a secret may not stand here"),
    ],
)
def test_what_a_place_does_not_offer(scope: Scope, text: str, message: str) -> None:
    value, problems = parse_value(f"${{{{ {text} }}}}", scope)
    assert value is None
    assert [problem.message for problem in problems] == [message]


@pytest.mark.parametrize(
    "text, message",
    [
        (
            "Bearer ${{ secrets.x }}",
            "a secret can only stand as a whole value, not inside longer text",
        ),
        ("x-${{ params.opt }}", "null has no text, and this value may be null"),
        ("x-${{ null }}", "null has no text, and this value may be null"),
    ],
)
def test_what_longer_text_cannot_hold(text: str, message: str) -> None:
    value, problems = parse_value(text, SCOPE)
    assert value is None
    assert [problem.message for problem in problems] == [message]


def test_tasks_are_resolved_to_full_ids() -> None:
    assert parsed("${{ tasks.sibling.output }}") == tree.TaskOutput("group.sibling")
    assert parsed("${{ tasks['load.orders'].output }}") == tree.TaskOutput("load.orders")
    assert parsed("${{ tasks.output.output }}") == tree.TaskOutput("output")
    made = parsed("${{ tasks.extract.output.output }}")
    assert isinstance(made, tree.Subscript)
    assert made.base == tree.TaskOutput("extract")


def test_partition_keys_are_members() -> None:
    made = parsed("${{ partition.key }}", Scope(partition="keys", partition_keys=("eu", "a b")))
    assert isinstance(made, tree.PartitionField)
    assert made.type.members == ("eu", "a b")
    assert not shell_safe(made)


@pytest.mark.parametrize(
    "text, safe",
    [
        ("params.s", False),
        ("params.region", True),
        ("params.odd", False),
        ("params.n", True),
        ("params.b", True),
        ("params.l", False),
        ("run.id", True),
        ("run.time", True),
        ("partition.key", True),
        ("partition.date", True),
        ("index", True),
        ("item", False),
        ("tasks.extract.output", False),
        ("int(item)", True),
        ("float(item)", True),
        ("bool(item)", True),
        ("len(item)", True),
        ("str(item)", False),
        ("str(params.n)", True),
        ("json(params.n)", False),
        ("format(run.time, '%Y/%m-%dT%H:%M')", True),
        ("format(run.time, '%Y; rm')", False),
        ("format(run.time, '%Y%%')", False),
        ("params.region + '-x'", True),
        ("params.s + '-x'", False),
        ("'a b' if params.b else params.region", False),
        ("'ab' if params.b else params.region", True),
        ("default(params.opt, '')", False),
        ("upper(params.region)", True),
        ("connections.warehouse.host", False),
        ("event.error", False),
    ],
)
def test_what_may_stand_in_a_shell_script(text: str, safe: bool) -> None:
    made = parsed(f"${{{{ {text} }}}}")
    assert isinstance(made, NODES)
    assert shell_safe(made) is safe


def test_conditions() -> None:
    assert is_condition(parsed("${{ params.n > 1 }}"))
    assert is_condition(parsed("${{ item }}"))
    assert is_condition(True)
    assert not is_condition(parsed("${{ params.n }}"))
    assert not is_condition("text")
    assert not is_condition(parsed("x ${{ params.b }}"))


HOSTILE = [
    "(" * 10_000,
    "(" * 300 + ")" * 300,
    "-" * 3_900 + "1",
    "not " * 900 + "true",
    "a" + ".b" * 1_200,
    "+".join(["params.n"] * 400),
    "[" * 150 + "]" * 150,
    "'" + "x" * 100_000 + "'",
    "9" * 3_990,
    "1 if true else " * 250 + "1",
    "default(" * 300 + "1" + ", 1)" * 300,
    "params.s\0",
    "\ud800",
    "'\ud800'",
    "\u202eparams.s",
    "a\u2028b",
    "0in [1]",
    "'" + "\\" * 999,
    "vars.list" + " + vars.list" * 200,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_a_problem_and_never_an_exception(text: str) -> None:
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, problems = parse_value(f"${{{{ {text} }}}}", SCOPE)
    assert value is None
    assert problems
    assert time.perf_counter() - started < 1


TOKENS = st.sampled_from(
    ["params", ".", "n", "s", "tasks", "(", ")", "[", "]", "'", '"', "+", "-", "==", "in", "not",
     "and", "if", "else", ",", "1", "0.5", "null", "default", "len", " ", "\\", "é", "{", "}",
     "x", "item", "lambda", ":", "=", "*", "is", "for", "\n", "#", "}}", "${{", "output"]
)  # fmt: skip


@given(st.lists(TOKENS, max_size=14).map("".join) | st.text(max_size=30))
@example("'\\")
def test_any_text_gives_a_value_or_problems(text: str) -> None:
    for scalar in (f"${{{{ {text} }}}}", f"x${{{{{text}}}}}y", text):
        value, problems = parse_value(scalar, SCOPE)
        for problem in problems:
            assert value is None
            assert 0 <= problem.offset <= len(scalar)
            assert problem.length >= 1
            assert problem.offset + problem.length <= len(scalar)
            assert problem.message[0].islower() or problem.message[0] == "`"
            assert not problem.message.endswith(".")


def test_the_parser_is_light() -> None:
    code = (
        "import sys, dagglot.expressions.parse;"
        "print([m for m in ('jinja2', 'difflib', 'yaml', 'jsonschema') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == "[]"
