"""Text to documents: values of YAML 1.2 core, and the place of each."""

from __future__ import annotations

import math

import pytest

from dagglot import source, yaml_reader
from dagglot.diagnostics.model import LINE_END, Span
from dagglot.source import Document, Map, Seq


def load(text: str) -> Document:
    documents, found = yaml_reader.load(text, "a.yaml")
    assert not found, found
    return documents[0]


def part(text: str, span: Span) -> str:
    """What stands at a place of one line."""
    assert span.line == span.end_line
    return text.splitlines()[span.line - 1][span.column - 1 : span.end_column - 1]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-0", 0),
        ("+12", 12),
        ("007", "007"),
        ("0", 0),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("1e400", "1e400"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("0b1", "0b1"),
        ("1:30", "1:30"),
        ("2026-01-31", "2026-01-31"),
        ("no", "no"),
        ("on", "on"),
        ("y", "y"),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        (".nan", ".nan"),
        ("-.inf", "-.inf"),
        ("-", "-"),
        ("+", "+"),
        (".", "."),
        ("1.2.3", "1.2.3"),
        ("٣", "٣"),
        ("9" * 2_000, "9" * 2_000),
    ],
)
def test_plain_scalars(text: str, value: object) -> None:
    made = yaml_reader.core_scalar(text)
    assert made == value
    assert type(made) is type(value)
    if isinstance(value, float):
        assert math.isfinite(value)


def test_quoted_scalars_are_text() -> None:
    assert load("['1', \"true\", '', \"null\"]").value == ["1", "true", "", "null"]


DOCUMENT = """\
a: 1
list: [x, {y: "zwei"}]
block: |
  one
  two
map:
  inner:
    - first
    - second: true
"""


@pytest.mark.parametrize(
    ("path", "on_key", "stands"),
    [
        (("a",), False, "1"),
        (("a",), True, "a"),
        (("list",), False, '[x, {y: "zwei"}]'),
        (("list", 0), False, "x"),
        (("list", 1), False, '{y: "zwei"}'),
        (("list", 1, "y"), False, '"zwei"'),
        (("list", 1, "y"), True, "y"),
        (("map", "inner", 0), False, "first"),
        (("map", "inner", 1, "second"), False, "true"),
        (("map", "inner", 1, "second"), True, "second"),
        (("map", "inner", 1, "second", "deeper"), False, "true"),
        (("list", 7), False, '[x, {y: "zwei"}]'),
    ],
)
def test_places(path: tuple[str | int, ...], on_key: bool, stands: str) -> None:
    document = load(DOCUMENT)
    assert part(DOCUMENT, document.span(path, on_key=on_key)) == stands


def test_places_of_several_lines() -> None:
    document = load(DOCUMENT)
    assert document.span(("block",))[1:3] == (3, 8)
    assert document.span(("map",))[1:3] == (7, 3)


@pytest.mark.parametrize(
    "written",
    [
        "plain ${{ x.y }} text",
        "'single ${{ x.y }} text'",
        '"double ${{ x.y }} text"',
        '"esc\\t\\u00e9 ${{ x.y }} text"',
        "'it''s ${{ x.y }} text'",
        "'日本語 ${{ x.y }} text'",
        "&anchor 'text ${{ x.y }}'",
        "|\n  one\n    two ${{ x.y }}\n  three",
        ">-\n  one\n  two ${{ x.y }} and\n  three",
        "'one\n  two ${{ x.y }}\n  three'",
    ],
)
def test_places_inside_scalars(written: str) -> None:
    text = f"# head\nkey: {written}\n"
    holder = load(text).value
    value = holder["key"]
    offset = value.index("x.y")
    span = source.expression_span(holder, "key", value, offset, 3)
    assert part(text, span) == "x.y"


def test_places_inside_scalars_of_what_stands_there_twice() -> None:
    text = "key: [a, 'x.y x.y x.y']\n"
    holder = load(text).value["key"]
    value = holder[1]
    spans = [source.expression_span(holder, 1, value, at, 3) for at in (0, 4, 8)]
    assert [span.column for span in spans] == [11, 15, 19]


def test_place_of_what_cannot_be_found_is_the_scalar() -> None:
    text = 'x: &a "one ${{ \\x7a\\x7a }}"\ny: *a\n'
    holder = load(text).value
    whole = holder.span("x")
    assert source.expression_span(holder, "x", holder["x"], 8, 2) == whole
    assert part(text, source.expression_span(holder, "y", holder["y"], 8, 2)) == "*a"


def test_merge_keys() -> None:
    text = """\
base: &base {a: 1, b: 1}
more: &more {b: 2, c: 2}
one: {<<: *base, b: own}
two: {b: own, <<: [*base, *more]}
quoted: {"<<": text}
"""
    value = load(text).value
    assert value["one"] == {"a": 1, "b": "own"}
    assert value["two"] == {"b": "own", "a": 1, "c": 2}
    assert value["quoted"] == {"<<": "text"}
    assert value["one"].span("a").line == 1
    assert value["one"].span("b").line == 3


def test_anchors_end_with_their_document() -> None:
    documents, found = yaml_reader.load("a: &x 1\n---\nb: *x\n", "a.yaml")
    assert len(documents) == 1
    assert [one.rule.code for one in found] == ["DG001"]


def test_documents_before_a_syntax_error_are_kept() -> None:
    documents, found = yaml_reader.load("a: 1\n---\nb: [\n", "a.yaml")
    assert [document.value for document in documents] == [{"a": 1}]
    assert len(found) == 1


def test_what_is_wrong_belongs_to_its_document() -> None:
    documents, found = yaml_reader.load("a: 1\n---\nb: 1\nb: 2\n---\nc: !x 1\n", "a.yaml")
    assert [[one.rule.code for one in document.found] for document in documents] == [
        [],
        ["DG002"],
        ["DG003"],
    ]
    assert len(found) == 2


def test_order_is_the_authors() -> None:
    assert list(load("{z: 1, a: 2, m: 3}").value) == ["z", "a", "m"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u0085", "\u2028", "\u2029"])
def test_lines_end_as_the_parser_counts_them(end: str) -> None:
    text = f"a: 1{end}b: 2{end}c: [x"
    _, found = yaml_reader.load(text, "a.yaml")
    assert found[0].span is not None
    lines = source.place_in(text, text.index("x"), "a.yaml")
    assert lines.line == 3
    assert found[0].span.line in (3, 4)


def test_the_slow_parser_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PyYAML without libyaml."""
    import sys

    fast, _ = yaml_reader.load(DOCUMENT, "a.yaml")
    monkeypatch.setitem(sys.modules, "yaml._yaml", None)
    slow, found = yaml_reader.load(DOCUMENT, "a.yaml")
    assert not found
    assert slow[0].value == fast[0].value
    for path in (("a",), ("list", 1, "y"), ("map", "inner", 1, "second")):
        assert slow[0].span(path) == fast[0].span(path)


def test_copies_keep_their_places() -> None:
    value = load(DOCUMENT).value
    copy = value.copy_as({"a": 2}, value.marks)
    assert isinstance(copy, Map)
    assert copy.span("a") == value.span("a")
    items = value["list"].copy_as([1, 2])
    assert isinstance(items, Seq)
    assert items.span(0) == value["list"].span(0)


def test_one_over_another_keeps_the_places_of_both_files() -> None:
    one = load("a: {x: 1}\nb: 1\n").value
    other, _ = yaml_reader.load("# head\na: {x: 2, y: 2}\nc: 2\n", "b.yaml")
    made = one.over(other[0].value)
    assert made == {"a": {"x": 1, "y": 2}, "b": 1, "c": 2}
    assert made.span("b") == Span("a.yaml", 2, 4, 2, 5)
    assert made.span("c") == Span("b.yaml", 3, 4, 3, 5)
    assert made["a"].span("y") == Span("b.yaml", 2, 14, 2, 15)
    assert made.key_span("c") == Span("b.yaml", 3, 1, 3, 2)


def test_places_are_the_same_whether_asked_one_by_one_or_all() -> None:
    value = load(DOCUMENT).value
    all_of_them = source.places(value)
    more = {"deadline.after": Span("a.yaml", 9, 1, 9, 2)}
    for key, span in {**all_of_them, **more}.items():
        assert source.Places(value, lambda: more)[key] == span
    lazy = source.Places(value, lambda: more)
    assert dict(lazy) == {**all_of_them, **more}
    assert len(lazy) == len(all_of_them) + 1
    assert lazy.get("nowhere") is None


def test_a_part_of_a_scalar_is_counted_from_the_scalar() -> None:
    text = 'a: "é\x85"\nb: [1,\r\n  2]\nrun: |\n  one ${{ x }}\n  two ${{ x }}\n'
    value = load(text).value
    for number in (1, 2):
        offset = value["run"].index("${{") if number == 1 else value["run"].rindex("${{")
        span = source.expression_span(value, "run", value["run"], offset, len("${{ x }}"))
        lines = LINE_END.split(text)
        assert lines[span.line - 1][span.column - 1 : span.end_column - 1] == "${{ x }}"
        assert lines[span.line - 1].startswith("  one" if number == 1 else "  two")
