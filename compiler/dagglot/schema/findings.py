"""Violations of a schema as diagnostics: each with its rule and its place in the file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Rule
from dagglot.schema import DEEPEST, Kind, SchemaName, Violation, violations
from dagglot.source import Document

_RULES: Final[dict[Kind, Rule]] = {
    "unknown-key": codes.UNKNOWN_KEY,
    "missing-key": codes.MISSING_KEY,
    "wrong-type": codes.WRONG_TYPE,
    "bad-value": codes.BAD_VALUE,
    "bad-key": codes.BAD_NAME,
    "bad-combination": codes.BAD_COMBINATION,
    "too-deep": codes.TOO_DEEP,
}


def findings(document: Document, schema: SchemaName) -> tuple[Diagnostic, ...]:
    """All that is wrong with the shape of a document, at its places."""
    return placed(document, violations(document.value, schema))


def placed(document: Document, wrong: Iterable[Violation]) -> tuple[Diagnostic, ...]:
    """Violations with their rules and places."""
    return tuple(
        _RULES[violation.kind].at(
            document.span(violation.path, on_key=violation.on_key),
            help=violation.help,
            message=violation.message,
            limit=DEEPEST,
        )
        for violation in wrong
    )
