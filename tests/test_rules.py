"""The one registry of rules: unique, explained, in the house style, and each met by some test."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from case_folders import CASES, marks
from dagglot.diagnostics import advice, changes, codes
from dagglot.diagnostics.model import ExitCode, Rule, Severity

TESTS = Path(__file__).parent
RULES = codes.all_rules()


def ids(rule: Rule) -> str:
    return f"{rule.code}-{rule.name}"


def test_codes_and_names_are_unique() -> None:
    for what in ("code", "name"):
        count = Counter(getattr(rule, what) for rule in RULES)
        assert [word for word, number in count.items() if number > 1] == []


@pytest.mark.parametrize("rule", RULES, ids=ids)
def test_house_style(rule: Rule) -> None:
    assert re.fullmatch(r"DG\d{3}", rule.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    first = rule.message.lstrip("`{")
    assert first[0] == first[0].lower() or rule.message.startswith("{")
    assert not rule.message.endswith(".")
    assert "error" not in rule.message.lower()
    assert rule.message.count("`") % 2 == 0


@pytest.mark.parametrize("rule", RULES, ids=ids)
def test_every_rule_is_explained(rule: Rule) -> None:
    """In sentences, for the person who meets it."""
    assert len(rule.explanation) >= 20
    assert rule.explanation[0].isupper() or rule.explanation.startswith(("`", "dagglot"))
    assert rule.explanation.endswith((".", "`.", ")", ":"))
    assert "{{{" not in rule.explanation
    assert rule.explanation.count("`") % 2 == 0
    assert "  " not in rule.explanation


def test_a_rule_is_found_by_its_code_or_name() -> None:
    for rule in RULES:
        assert codes.rule(rule.code.lower()) is rule
        assert codes.rule(rule.name.upper()) is rule
    assert codes.rule("DG000") is None


def test_severity_and_exit_code_agree() -> None:
    for rule in RULES:
        if rule.severity is Severity.ERROR:
            assert rule.exit_code not in (ExitCode.CLEAN, ExitCode.BUG), rule.code


def met() -> set[str]:
    """The codes that stand in a case folder, or in a test."""
    found = {code for case in CASES.glob("*/**/*.yaml") for _, code in marks(case.read_text())}
    for file in TESTS.rglob("test_*.py"):
        text = file.read_text(encoding="utf-8")
        if file.name != "test_rules.py":
            found |= set(re.findall(r"\bDG\d{3}\b", text))
            found |= {
                rule.code
                for name in re.findall(r"\bcodes\.([A-Z_]+)\b", text)
                if isinstance(rule := getattr(codes, name, None), Rule)
            }
    own = (CASES, TESTS / "lint" / "cases", TESTS / "diff" / "cases", TESTS / "diff" / "moves")
    for golden in (file for folder in own for file in folder.rglob("*.txt")):
        found |= set(re.findall(r"\bDG\d{3}\b", golden.read_text(encoding="utf-8")))
    return found


def test_every_rule_is_met_by_a_case_or_a_test() -> None:
    assert sorted({rule.code for rule in RULES} - met()) == []


def test_every_rule_is_used() -> None:
    compiler = TESTS.parent / "compiler"
    text = "".join(
        file.read_text(encoding="utf-8")
        for file in compiler.rglob("*.py")
        if file.name not in ("codes.py", "advice.py")
    )
    for module, word in ((codes, "codes"), (advice, "advice"), (changes, "changes")):
        names = {name for name, value in vars(module).items() if isinstance(value, Rule)}
        assert sorted(name for name in names if f"{word}.{name}" not in text) == []
