"""What `pycode` prints is the value again, and `ruff format` has nothing to change in it."""

from __future__ import annotations

import ast
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagglot import pycode
from dagglot.pycode import Call, Code

HOSTILE = "\x00\r\n\t\\\"'\u202e\u2066\u200f\u2028\ufeff\ud800{}%#ab \x7f\xa0é日\u0301😀"
TEXT = st.text(max_size=30) | st.text(alphabet=HOSTILE, max_size=30)
SCALAR = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | st.text(alphabet="abc_/", max_size=90)
)
NAME = st.sampled_from(["a", "task_id", "retry_delay", "n" * 40])


def containers(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(TEXT | st.integers(), inner, max_size=4)
    )


DATA = st.recursive(SCALAR, containers, max_leaves=12)


def call_nodes(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return containers(inner) | st.builds(
        Call,
        st.sampled_from(["f", "timedelta", "airflow.sdk.Asset"]),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(NAME, inner, max_size=3).map(lambda kwargs: tuple(kwargs.items())),
    )


NODES = st.recursive(SCALAR | st.just(Code("moment")), call_nodes, max_leaves=14)


@given(DATA)
def test_a_literal_is_the_value_again(value: object) -> None:
    assert ast.literal_eval(pycode.literal(value)) == value
    assert ast.literal_eval(str(pycode.layout(value))) == value


@given(TEXT)
def test_a_literal_is_one_line_without_hidden_characters(text: str) -> None:
    printed = pycode.literal(text)
    for char in printed:
        assert char == " " or unicodedata.category(char) not in {"Cc", "Cs", "Co", "Zs", "Zl", "Zp"}
        assert char not in "\u061c\u200b\u200e\u200f\u202a\u202e\u2066\u2069\ufeff"


@pytest.mark.parametrize(
    "value, printed",
    [
        ("it's", '"it\'s"'),
        ('say "x"', "'say \"x\"'"),
        ("both ' and \"", '"both \' and \\""'),
        ("\u202eevil", '"\\u202eevil"'),
        ("a\x00\r\nb", '"a\\x00\\r\\nb"'),
        ("\ud800", '"\\ud800"'),
        ("señor 日本", '"señor 日本"'),
        ((1,), "(1,)"),
        ([Code("now()"), "now()"], '[now(), "now()"]'),
        (Call("f", (1,), (("x", "y"),)), 'f(1, x="y")'),
    ],
)
def test_literals_as_a_person_would_write_them(value: object, printed: str) -> None:
    assert pycode.literal(value) == printed


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_float_that_is_not_finite_has_no_literal(value: float) -> None:
    with pytest.raises(ValueError, match="no literal"):
        pycode.literal([value])


@pytest.mark.parametrize("value", [b"x", {1}, object(), 1j, ...])
def test_other_types_have_no_literal(value: object) -> None:
    with pytest.raises(TypeError, match="no literal"):
        pycode.literal({"a": value})


def test_a_call_is_broken_one_argument_a_line() -> None:
    made = pycode.call(
        "DAG",
        ["orders_daily"],
        {"schedule": "0 3 * * *", "tags": ["sales", "daily"], "default_args": {"retries": 2}},
        prefix="with ",
        suffix=" as dag:",
    )
    assert made == (
        "DAG(\n"
        '    "orders_daily",\n'
        '    schedule="0 3 * * *",\n'
        '    tags=["sales", "daily"],\n'
        '    default_args={"retries": 2},\n'
        ")"
    )
    assert pycode.call("f", [1], {"x": "y"}, indent=4, prefix="return ") == 'f(1, x="y")'


@pytest.mark.parametrize(
    "text, taken, name",
    [
        ("load-orders", (), "load_orders"),
        ("load.orders", ("load_orders",), "load_orders_"),
        ("x", ("x", "x_"), "x_2"),
        ("x", ("x", "x_", "x_2"), "x_3"),
        ("class", (), "class_"),
        ("match", (), "match_"),
        ("list", (), "list_"),
        ("2fast", (), "_2fast"),
        ("日本", (), "name"),
        ("Señal", (), "Senal"),
        ("__", (), "name"),
        ("", (), "name"),
    ],
)
def test_identifiers(text: str, taken: tuple[str, ...], name: str) -> None:
    assert pycode.identifier(text, taken) == name


@given(TEXT, st.sets(st.sampled_from(["name", "name_", "a", "a_", "a_2"])))
def test_every_text_gives_an_identifier(text: str, taken: set[str]) -> None:
    name = pycode.identifier(text, taken)
    assert name.isidentifier() and name.isascii() and name not in taken
    ast.parse(f"{name} = 1")


def document_of(code: Code, indent: int) -> str:
    """The text of a docstring without the indent of its lines and its last, blank line."""
    first, *rest = ast.literal_eval(str(code)).split("\n")
    lines = [first, *(line.removeprefix(" " * indent) for line in rest)]
    return "\n".join(lines).strip("\n")


DOCUMENTS = st.lists(TEXT, max_size=4).map("\n".join) | st.text(alphabet='a "\\\n\t', max_size=120)


@given(DOCUMENTS, st.sampled_from([4, 8]))
def test_a_docstring_keeps_its_text(text: str, indent: int) -> None:
    made = document_of(pycode.docstring(text, indent), indent)
    assert made == (text.strip("\n") or " ")


@pytest.mark.slow
def test_ruff_format_has_nothing_to_change(tmp_path: Path, ruff: str) -> None:
    statements: list[str] = []

    @settings(
        max_examples=400,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        NODES,
        st.integers(0, 60).map("x".__mul__),
        st.sampled_from(["return {}", "with {} as dag:", "x = {}", "y: T = {}"]),
        st.sampled_from([4, 8]),
    )
    def collect(node: object, pad: str, frame: str, indent: int) -> None:
        function = "function" + pad
        prefix, _, suffix = frame.partition("{}")
        made = pycode.call(function, [node], [("k", node)], indent, prefix, suffix)
        line = " " * indent + prefix + made + suffix
        if suffix:
            line += "\n" + " " * (indent + 4) + "pass"
        assign = " " * indent + pycode.assignment("t" + pad, node, indent)
        head = "    if x:\n" if indent == 8 else ""
        statements.append(f"{head}{assign}\n{line}")

    collect()
    for number, statement in enumerate(statements):
        file = tmp_path / f"s{number}.py"
        file.write_text(f"def f():\n{statement}\n", encoding="utf-8", newline="\n")
    check_formatted(ruff, tmp_path)


@pytest.mark.slow
def test_ruff_format_leaves_docstrings_alone(tmp_path: Path, ruff: str) -> None:
    made: list[str] = []

    @settings(max_examples=400, deadline=None, database=None, derandomize=True)
    @given(DOCUMENTS)
    def collect(text: str) -> None:
        made.append(f"def f{len(made)}():\n    {pycode.docstring(text, 4)}\n    return 1\n")

    collect()
    for number, text in enumerate(made):
        (tmp_path / f"d{number}.py").write_text(text, encoding="utf-8", newline="\n")
    check_formatted(ruff, tmp_path)


def check_formatted(ruff: str, folder: Path) -> None:
    done = subprocess.run(
        [ruff, "format", "--isolated", "--no-cache", "--line-length", "88", "--diff", "."],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[:4000]


@given(st.text(alphabet='"\\\n{ a', max_size=12) | TEXT)
def test_a_block_is_its_text_again(text: str) -> None:
    assert ast.literal_eval(pycode.text_block(text)) == text
