"""All checks over all pipelines, less what the project or a comment silences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from dagglot import lint
from dagglot.diagnostics.model import Diagnostic, ExitCode, Severity, by_place
from dagglot.ir.model import Pipeline
from dagglot.lint.ignores import without_ignored
from dagglot.lint.texts import Look

_AS: Mapping[str, tuple[Severity, ExitCode]] = {
    "error": (Severity.ERROR, ExitCode.FINDINGS),
    "warning": (Severity.WARNING, ExitCode.FINDINGS),
    "note": (Severity.NOTE, ExitCode.CLEAN),
}


def advise(
    pipelines: Sequence[Pipeline], look: Look, switches: Mapping[str, str]
) -> tuple[Diagnostic, ...]:
    """The findings, by place. ``switches`` say `off`, `note`, `warning` or `error` of a rule."""
    found = _once(
        finding
        for pipeline in pipelines
        for check in lint.CHECKS
        for finding in check(pipeline, look)
    )
    off = frozenset(code for code, word in switches.items() if word == "off")
    kept = (finding for finding in found if finding.rule.code not in off)
    told = without_ignored(kept, look.texts, off)
    switched = (_switched(one, switches) for one in told if one.rule.code not in off)
    return tuple(sorted(switched, key=by_place))


def _once(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The copies of a matrix have a line in common: of one rule and place the first."""
    first: dict[tuple[object, ...], Diagnostic] = {}
    for one in sorted(found, key=by_place):
        first.setdefault((one.rule.code, one.span), one)
    return list(first.values())


def _switched(finding: Diagnostic, switches: Mapping[str, str]) -> Diagnostic:
    word = switches.get(finding.rule.code)
    if word is None:
        return finding
    severity, code = _AS[word]
    return replace(finding, rule=replace(finding.rule, severity=severity, exit_code=code))
