"""What the reference says, the emitted Python and the emitted Jinja say too, errors included."""

from __future__ import annotations

import ast
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dagglot.expressions import HELPERS, tree
from dagglot.expressions.emit_jinja import jinja_condition, jinja_expression, jinja_text
from dagglot.expressions.emit_python import python_condition, python_text, python_value
from dagglot.expressions.evaluate import Environment, EvaluationError, evaluate, text_of
from dagglot.expressions.parse import Scope, parse_value
from dagglot.expressions.tree import NODES, Text, is_condition
from dagglot.expressions.types import Kind, Type
from dagglot.expressions.writer import Names
from dagglot.pycode import literal
from expressions import helper_module

MADRID = ZoneInfo("Europe/Madrid")
PARAMS = {
    "s": Type(Kind.STRING),
    "e": Type(Kind.STRING, members=("eu", "us")),
    "opt": Type(Kind.STRING, nullable=True),
    "n": Type(Kind.INTEGER),
    "x": Type(Kind.NUMBER),
    "b": Type(Kind.BOOLEAN),
    "d": Type(Kind.DATE),
    "t": Type(Kind.DATETIME),
    "l": Type(Kind.LIST),
    "m": Type(Kind.MAP),
}
SCOPE = Scope(
    params=PARAMS,
    constants={"vars": {"word": "w'\"{{", "three": 3, "map": {"k": [1, None], "items": 2}}},
    resolve_task=lambda path: path if path in ("a", "g.b") else None,
    task_names=("a", "g.b"),
    partition="time",
    for_each=True,
)


def python_names() -> Names:
    return Names(
        param=lambda name, _type: f'params["{name}"]',
        params="params",
        run=lambda name: f'run["{name}"]',
        partition=lambda name: f'partition["{name}"]',
        output=lambda task: f'outputs["{task}"]',
        item="item",
        index="index",
        secret=lambda name: f'secrets["{name}"]',
        connection=lambda name, field: f'connections["{name}"].{field}',
    )


def jinja_names() -> Names:
    return Names(
        param=lambda name, _type: f"params.{name}",
        params="params",
        run=lambda name: f"run.{name}",
        partition=lambda name: f"partition['{name}']",
        output=lambda task: f"outputs['{task}']",
        item="item",
        index="index",
        secret=lambda name: f"secrets.{name}",
        connection=lambda name, field: f"connections.{name}.{field}",
    )


HELPER_FUNCTIONS = helper_module.load(HELPERS)
JINJA = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701

# --- random expressions, as their author would write them -------------------------------------


def any_of(*choices: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """One of the choices, each as likely; `one_of` would count what is nested in them."""
    return st.integers(0, len(choices) - 1).flatmap(choices.__getitem__)


WORDS = st.text(alphabet="ab {}%#'\"\\\n\r$é日/-", max_size=6)
KEYS = st.sampled_from(["k", "rows", "items", "a-b", "0", "upper"])
STEPS = st.sampled_from(
    [".k", ".rows", "['items']", "['a-b']", "[0]", "[-1]", "[params.s]", "[index]"]
)


def text_literals() -> st.SearchStrategy[str]:
    return WORDS.map(lambda word: repr(word))


def grown(inner: dict[str, st.SearchStrategy[str]]) -> dict[str, st.SearchStrategy[str]]:
    """Expressions one level deeper, by what they yield."""

    def made(template: str, *parts: str) -> st.SearchStrategy[str]:
        chosen = [inner[part] for part in parts]
        return st.tuples(*chosen).map(lambda values: template.format(*values))

    def choice(*parts: str) -> st.SearchStrategy[str]:
        return any_of(*(inner[part] for part in parts))

    signs = st.sampled_from(["+", "-", "*", "/", "%"])
    orders = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    number = choice("int", "num", "any")
    simple = choice("str", "int", "num", "bool", "date", "time", "list", "map", "any")
    compared = any_of(
        st.tuples(number, orders, number).map(" ".join),
        st.tuples(number, orders, number, orders, number).map(" ".join),
        made("{} == {}", "str", "str"),
        made("{} < {}", "date", "date"),
        made("{} >= {}", "time", "time"),
        made("{} == true", "bool"),
        made("{} != false", "any"),
        made("{} == null", "any"),
        made("{} != null", "str"),
        st.tuples(simple, st.sampled_from(["in", "not in"]), choice("list", "any")).map(" ".join),
        made("{} in {}", "str", "map"),
        made("{} not in {}", "str", "str"),
    )
    return {
        "str": any_of(
            inner["str"],
            made("{} + {}", "str", "str"),
            made("({} if {} else {})", "str", "bool", "str"),
            made("lower({})", "str"),
            made("upper({})", "str"),
            simple.map("str({})".format),
            simple.map("json({})".format),
            made("format({}, '%Y-%m-%dT%H')", "time"),
            made('format({}, "it\'s %j")', "date"),
            made("default(params.opt, {})", "str"),
        ),
        "int": any_of(
            inner["int"],
            st.tuples(inner["int"], st.sampled_from("+-*%"), inner["int"]).map(" ".join),
            made("-{}", "int"),
            made("({} - {})", "int", "int"),
            choice("str", "list", "map", "any").map("len({})".format),
            choice("str", "num", "bool", "any").map("int({})".format),
        ),
        "num": any_of(
            inner["num"],
            st.tuples(inner["num"], signs, inner["int"]).map("({0[0]} {0[1]} {0[2]})".format),
            made("-{}", "num"),
            choice("str", "num", "bool", "any").map("float({})".format),
        ),
        "bool": any_of(
            inner["bool"],
            compared.map("({})".format),
            made("not {}", "bool"),
            made("({} and {})", "bool", "any"),
            made("({} or {} and {})", "bool", "bool", "any"),
            choice("str", "num", "any").map("bool({})".format),
        ),
        "date": any_of(
            inner["date"], made("add({}, '-1d')", "date"), made("add({}, '2w1d')", "date")
        ),
        "time": inner["time"]
        | made("add({}, '1d2h')", "time")
        | made("add({}, '-PT1.5S')", "time"),
        "list": any_of(
            inner["list"],
            st.lists(simple, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
            made("{} + {}", "list", "list"),
        ),
        "map": inner["map"],
        "any": any_of(
            inner["any"],
            st.tuples(inner["any"], STEPS).map("".join),
            st.tuples(inner["map"], STEPS.filter(lambda step: "[-" not in step)).map("".join),
            made("{}[0]", "list"),
            made("{}[{}]", "any", "int"),
            st.tuples(inner["any"], STEPS, simple).map("default({0[0]}{0[1]}, {0[2]})".format),
            st.tuples(number, signs, number).map("({0[0]} {0[1]} {0[2]})".format),
            made("({} if {} else {})", "any", "any", "str"),
            made("-{}", "any"),
        ),
    }


def expressions() -> st.SearchStrategy[str]:
    level: dict[str, st.SearchStrategy[str]] = {
        "str": st.sampled_from(["params.s", "params.e", "run.id", "vars.word"]) | text_literals(),
        "int": st.sampled_from(["params.n", "index", "vars.three", "7", "run.attempt"]),
        "num": st.sampled_from(["params.x", "0.5", "1e16"]),
        "bool": st.sampled_from(["params.b", "true", "False"]),
        "date": st.sampled_from(["params.d", "run.date", "partition.date"]),
        "time": st.sampled_from(["params.t", "run.time", "partition.start"]),
        "list": st.sampled_from(["params.l", "[]"]),
        "map": st.sampled_from(["params.m", "params", "vars.map"]),
        "any": st.sampled_from(["item", "tasks.a.output", "tasks.g.b.output"]),
    }
    for _ in range(3):
        level = grown(level)
    return any_of(*level.values())


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(-5, 5)
    | st.sampled_from(["", "k", "3", "true", "x y", "0.5"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=2),
    max_leaves=5,
)
DATES = st.dates(date(1999, 1, 1), date(2035, 1, 1))
TIMES = st.datetimes(
    datetime(1999, 1, 1), datetime(2035, 1, 1), timezones=st.sampled_from([MADRID, UTC])
)
ENVIRONMENTS = st.builds(
    Environment,
    params=st.fixed_dictionaries(
        {
            "s": st.sampled_from(["", "k", "items", "{{ x }}", "3"]),
            "e": st.sampled_from(["eu", "us"]),
            "opt": st.none() | st.just("given"),
            "n": st.integers(-5, 5),
            "x": st.floats(-5, 5),
            "b": st.booleans(),
            "d": DATES,
            "t": TIMES,
            "l": st.lists(JSON_VALUES, max_size=3),
            "m": st.dictionaries(KEYS, JSON_VALUES, max_size=3),
        }
    ),
    run=st.fixed_dictionaries(
        {"id": st.just("r1"), "time": TIMES, "date": DATES, "attempt": st.just(1)}
    ),
    partition=st.fixed_dictionaries({"date": DATES, "start": TIMES}),
    outputs=st.fixed_dictionaries({"a": JSON_VALUES, "g.b": JSON_VALUES}),
    item=JSON_VALUES,
    index=st.integers(0, 3),
)


def names_of(env: Environment) -> dict[str, Any]:
    return {
        "params": env.params,
        "run": env.run,
        "partition": env.partition,
        "outputs": env.outputs,
        "item": env.item,
        "index": env.index,
        **HELPER_FUNCTIONS,
    }


FAILED = "<failed>"
# What ruff says of an expression that compares a name with itself is said of what the author wrote.
AUTHORS_OWN = "PLR0124,RUF034,B002"


def reference(value: object, env: Environment) -> Any:
    try:
        return evaluate(value, env)
    except EvaluationError:
        return FAILED


def by_python(source: str, used: set[str], env: Environment) -> Any:
    known = {
        name: value for name, value in names_of(env).items() if name not in HELPERS or name in used
    }
    try:
        return eval(source, known)  # noqa: S307
    except NameError:
        raise
    except Exception:
        return FAILED


def by_jinja(template: str, used: set[str], env: Environment) -> str:
    known = {
        name: value for name, value in names_of(env).items() if name not in HELPERS or name in used
    }
    try:
        return JINJA.from_string(template).render(known)
    except jinja2.TemplateSyntaxError:
        raise
    except Exception:
        return FAILED


def same(one: object, other: object) -> bool:
    return type(one) is type(other) and repr(one) == repr(other)


SLOW = settings(
    max_examples=600,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
@SLOW
@given(expressions(), ENVIRONMENTS)
def test_an_expression_means_the_same_everywhere(source: str, env: Environment) -> None:
    value, problems = parse_value(f"${{{{ {source} }}}}", SCOPE)
    if problems:
        assert value is None and all(problem.message for problem in problems)
        return
    expected = reference(value, env)
    used: set[str] = set()
    code = python_value(value, python_names(), used)
    assert same(by_python(code, used, env), expected), code
    try:
        text = FAILED if expected is FAILED else text_of(expected)
    except EvaluationError:
        text = FAILED
    if not isinstance(value, NODES) or value.type.may_be_null:
        return
    used = set()
    code = python_text(value, python_names(), used)
    assert same(by_python(code, used, env), text), code
    used = set()
    template = jinja_text(value, jinja_names(), used)
    assert by_jinja(template, used, env) == text, template
    if is_condition(value):
        wanted = expected if isinstance(expected, bool) else FAILED
        used = set()
        code = python_condition(value, python_names(), used)
        assert same(by_python(code, used, env), wanted), code
        used = set()
        inside = jinja_condition(value, jinja_names(), used)
        shown = by_jinja(f"{{{{ {inside} }}}}", used, env)
        assert shown == str(wanted), inside


@pytest.mark.slow
@SLOW
@given(st.lists(st.tuples(WORDS, expressions()), min_size=1, max_size=3), WORDS, ENVIRONMENTS)
@example([("{", "params.s")], "{\n", Environment(params={"s": "x"}))
@example([("a\r", "params.s")], "\r\n", Environment(params={"s": "x"}))
@example([("${#a[@]} {% x %}", "params.s")], "{{", Environment(params={"s": "x"}))
def test_text_is_the_same_everywhere(
    pairs: list[tuple[str, str]], end: str, env: Environment
) -> None:
    scalar = "".join(f"{before}${{{{ {source} }}}}" for before, source in pairs) + end + "."
    value, problems = parse_value(scalar, SCOPE)
    if problems:
        return
    if isinstance(value, str):
        assert JINJA.from_string(jinja_text(value, jinja_names(), set())).render() == value
        return
    assert isinstance(value, Text)
    expected = reference(value, env)
    used: set[str] = set()
    code = python_text(value, python_names(), used)
    assert same(by_python(code, used, env), expected), code
    used = set()
    template = jinja_text(value, jinja_names(), used)
    assert by_jinja(template, used, env) == expected, template


@given(st.text(alphabet="{}%#'\n\r a\\-", max_size=20))
def test_plain_text_arrives_as_written(text: str) -> None:
    assert JINJA.from_string(jinja_text(text, jinja_names(), set())).render() == text


@pytest.mark.slow
def test_ruff_has_nothing_to_say_about_emitted_python(tmp_path: Path, ruff: str) -> None:
    lines: list[str] = []

    @settings(parent=SLOW, max_examples=300)
    @given(expressions(), WORDS)
    def collect(source: str, word: str) -> None:
        for scalar in (f"${{{{ {source} }}}}", f"{word}${{{{ {source} }}}}"):
            value, problems = parse_value(scalar, SCOPE)
            if not problems:
                lines.append(python_value(value, python_names(), set()))

    collect()
    short = [line for line in dict.fromkeys(lines) if len(line) < 76]
    assert len(short) > 100
    arguments = "params, run, partition, outputs, item, index"
    names = "".join(f"    {name},\n" for name in sorted(HELPERS))
    quoted = "".join(f'    "{name}",\n' for name in sorted(HELPERS))
    head = f"from values import (\n{names})\n\n__all__ = [\n{quoted}]\n\n\n"
    body = "".join(f"    yield {line}\n" for line in short)
    file = tmp_path / "made.py"
    file.write_text(f"{head}def made({arguments}):\n{body}", encoding="utf-8", newline="\n")
    for command in (["check", "--ignore", AUTHORS_OWN], ["format", "--diff"]):
        done = subprocess.run(
            [ruff, *command, "--isolated", "--no-cache", str(file)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout[:6000]


@pytest.mark.parametrize(
    "scalar, python, jinja",
    [
        ("${{ params.n + 1 }}", 'params["n"] + 1', "{{ params.n + 1 }}"),
        (
            "${{ tasks.a.output.rows > params.n }}",
            'outputs["a"]["rows"] > params["n"]',
            "{{ to_text(outputs['a']['rows'] > params.n) }}",
        ),
        ("${{ not (params.s in params.l) }}", 'params["s"] not in params["l"]', None),
        ("${{ item == null }}", "item is None", None),
        (
            "${{ partition.start <= run.time }}",
            'partition["start"].timestamp() <= run["time"].timestamp()',
            None,
        ),
        ("${{ params.b == true }}", 'params["b"] is True', None),
        (
            "orders-${{ params.d }}.csv",
            "f\"orders-{params['d']}.csv\"",
            "orders-{{ params.d.isoformat() }}.csv",
        ),
        (
            "s3://x/${{ format(run.time, '%Y/%m') }}/${{ params.n }}",
            "f\"s3://x/{run['time']:%Y/%m}/{params['n']}\"",
            "s3://x/{{ run.time.strftime('%Y/%m') }}/{{ params.n }}",
        ),
        (
            "${{ default(tasks.a.output.rows, 0) }}",
            'value_at(outputs["a"], "rows", default=0)',
            "{{ to_text(value_at(outputs['a'], 'rows', default=0)) }}",
        ),
        (
            "${{ add(run.date, '-1w') }}",
            'add_time(run["date"], days=-7)',
            "{{ add_time(run.date, days=-7).isoformat() }}",
        ),
        ('say "${{ params.s }}"', 'f\'say "{params["s"]}"\'', 'say "{{ params.s }}"'),
        ("{${{ params.s }}}", "f\"{{{params['s']}}}\"", "{{ '{' }}{{ params.s }}}"),
        (
            "a ${{ params.s + '\\n' }}",
            '"a " + (params["s"] + "\\n")',
            "a {{ params.s + '\\n' }}",
        ),
        ("${{ item.items }}", 'item["items"]', "{{ to_text(item_of(item, 'items')) }}"),
        ("${{ vars.three }}/${{ vars.three }}", '"3/3"', "3/3"),
    ],
)
def test_it_reads_as_written_by_hand(scalar: str, python: str, jinja: str | None) -> None:
    value, problems = parse_value(scalar, SCOPE)
    assert not problems
    assert python_value(value, python_names(), set()) == python
    if jinja is not None:
        assert jinja_text(value, jinja_names(), set()) == jinja  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "source, holds",
    [
        ("params.t < run.time", True),
        ("params.t == run.time", False),
        ("params.t != run.time", True),
        ("add(params.t, '1h') == run.time", True),
    ],
)
def test_an_hour_that_the_clock_shows_twice_is_two(source: str, holds: bool) -> None:
    """Python itself compares two moments of one zone by what its clock shows."""
    first = datetime(2026, 10, 25, 2, 30, tzinfo=MADRID)
    env = Environment(params={"t": first}, run={"time": first.replace(fold=1)})
    value, _ = parse_value(f"${{{{ {source} }}}}", SCOPE)
    used = {"add_time"}
    assert reference(value, env) is holds
    assert by_python(python_value(value, python_names(), used), used, env) is holds
    shown = by_jinja(f"{{{{ {jinja_condition(value, jinja_names(), used)} }}}}", used, env)
    assert shown == str(holds)


def test_expressions_inside_json() -> None:
    day, _ = parse_value("${{ partition.date }}", SCOPE)
    name, _ = parse_value("x-${{ params.n }}", SCOPE)
    used: set[str] = set()
    code = python_value({"day": day, "more": [name, 1, "text"]}, python_names(), used)
    assert code == '{"day": partition["date"], "more": [f"x-{params[\'n\']}", 1, "text"]}'
    assert used == set()
    references = tree.references({"day": day, "more": [name, 1, "text"]})
    assert [type(leaf).__name__ for leaf in references] == ["PartitionField", "Param"]
    assert ast.literal_eval(literal({"plain": [1]})) == {"plain": [1]}
    inside = jinja_expression(parse_value("${{ params.n }}", SCOPE)[0], jinja_names(), set())
    assert inside == "params.n"
