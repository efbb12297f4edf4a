"""Findings as text: the caret stands under what is wrong."""

from __future__ import annotations

import unicodedata

import pytest

from dagglot.diagnostics import codes, render
from dagglot.diagnostics.model import Diagnostic, Related, Span


def shown(line: str, start: int, end: int, help: str | None = None) -> list[str]:
    span = Span("a", 1, start, 1, end)
    finding = codes.SYNTAX.at(span, problem="x", help=help)
    return render.text([finding], {"a": line}).splitlines()


def width(text: str) -> int:
    """As a terminal shows it."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("key: wrong here", "wrong"),
        ("\tkey:\twrong", "wrong"),
        ("日本語: wrong", "wrong"),
        ("key: 日本語 end", "日本語"),
        ("emoji 😀: wrong", "wrong"),
        ("e\u0301te\u0301: wrong", "wrong"),
        ("zero\u200bwidth: wrong", "wrong"),
        ("bell\x07: wrong", "wrong"),
    ],
)
def test_caret(line: str, word: str) -> None:
    start = line.index(word) + 1
    _, code, caret = shown(line, start, start + len(word))
    assert code.startswith("    1 | ")
    under = caret.index("^") - len("      | ")
    printed = code.removeprefix("    1 | ")
    before = printed[: printed.index(word)]
    assert under == width(before)
    assert caret.count("^") == width(word)


def test_caret_of_a_long_line() -> None:
    line = "x" * 1_000 + " wrong " + "y" * 1_000
    _, code, caret = shown(line, 1_002, 1_007)
    assert len(code) < 200
    at = caret.index("^")
    assert code[at : at + 5] == "wrong"


@pytest.mark.parametrize(("start", "end"), [(1, 1), (5, 5), (90, 99), (1, 99)])
def test_places_at_the_edge(start: int, end: int) -> None:
    assert "^" in shown("abc", start, end)[-1]


def test_a_place_beyond_the_file_has_no_snippet() -> None:
    span = Span("a", 9, 1, 9, 2)
    assert render.text([codes.SYNTAX.at(span, problem="x")], {"a": "abc"}).count("\n") == 1


def test_help_and_related() -> None:
    here, there = Span("a", 1, 1, 1, 2), Span("a", 2, 1, 2, 2)
    finding = codes.DUPLICATE_KEY.at(
        there, key="b", help="one\ntwo", related=(Related(here, "first defined here"),)
    )
    assert render.text([finding], {"a": "b: 1\nb: 2\n"}).splitlines() == [
        "a:2:1: DG002 the key `b` stands twice in this mapping",
        "    2 | b: 2",
        "      | ^",
        "   help: one",
        "      two",
        "   a:1:1: first defined here",
        "    1 | b: 1",
        "      | ^",
    ]


def test_order_and_summary() -> None:
    def at(file: str, line: int) -> Diagnostic:
        return codes.SYNTAX.at(Span(file, line, 1, line, 2), problem="x")

    nowhere = codes.NO_TARGET.at(None)
    found = [nowhere, at("b", 1), at("a", 10), at("a", 2), at("a", 2)]
    lines = [one.span and (one.span.file, one.span.line) for one in render.ordered(found)]
    assert lines == [("a", 2), ("a", 10), ("b", 1), None]
    assert render.summary(found) == "4 errors"
    assert render.summary([]) == ""
