"""Findings as text for people and as data for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from dagglot.diagnostics.model import (
    Diagnostic,
    Related,
    Severity,
    Span,
    by_place,
    split_lines,
)

_COLOURS: Final = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.NOTE: "36"}


def ordered(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """By place, each finding once."""
    return sorted(dict.fromkeys(diagnostics), key=by_place)


def text(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], *, colour: bool = False
) -> str:
    """Each finding with its line and a caret under what is wrong.

    ``sources`` has the text of the files that the spans speak of; a file that is not in it is
    shown without a snippet.
    """
    found = ordered(diagnostics)
    lines = {file: split_lines(sources[file]) for file in _files(found) if sources.get(file)}
    return "".join(_one(diagnostic, lines, colour) for diagnostic in found)


def _files(diagnostics: Iterable[Diagnostic]) -> set[str]:
    related = (one.span for diagnostic in diagnostics for one in diagnostic.related)
    return {span.file for span in (*(one.span for one in diagnostics), *related) if span}


_Lines = Mapping[str, Sequence[str]]


def _one(diagnostic: Diagnostic, sources: _Lines, colour: bool) -> str:
    def paint(words: str, code: str) -> str:
        return f"\x1b[{code}m{words}\x1b[0m" if colour else words

    rule = diagnostic.rule
    kind = "" if rule.severity is Severity.ERROR else f"{rule.severity.value}: "
    head = (
        f"{paint(rule.code, '1;' + _COLOURS[rule.severity])} {kind}{printable(diagnostic.message)}"
    )
    place = f"{paint(_place(diagnostic.span), '1')}: " if diagnostic.span else ""
    lines = [f"{place}{head}"]
    help = diagnostic.help
    first_help = printable(help) if help and "\n" not in help else None
    snippet = _snippet(diagnostic.span, sources, first_help)
    lines.extend(snippet)
    if help and (not snippet or first_help is None):
        label = paint("help", "32")
        shown = [printable(line) for line in help.split("\n")]
        lines.append(f"   {label}: {shown[0]}")
        lines.extend(f"      {line}" for line in shown[1:])
    for related in diagnostic.related:
        lines.append(f"   {_place(related.span)}: {printable(related.message)}")
        lines.extend(_snippet(related.span, sources, None))
    return "\n".join(lines) + "\n"


def _place(span: Span) -> str:
    return f"{printable(span.file)}:{span.line}:{span.column}"


def _snippet(span: Span | None, sources: _Lines, note: str | None) -> list[str]:
    if span is None or span.file not in sources:
        return []
    lines = sources[span.file]
    if not 1 <= span.line <= len(lines):
        return []
    # a tab or an invisible character takes one column, so that the caret stays under its target
    line = "".join(char if char.isprintable() else " " for char in lines[span.line - 1])
    start = min(span.column - 1, len(line))
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    width = max(1, min(end, len(line)) - start)
    if len(line) > 160:  # a very long line: show what surrounds the place
        cut = max(0, start - 60)
        line, start = ("…" if cut else "") + line[cut : cut + 150], start - cut + bool(cut)
        width = max(1, min(width, len(line) - start))
    number = f"{span.line:>5}"
    caret = " " * columns(line[:start]) + "^" * max(1, columns(line[start : start + width]))
    tail = f" {note}" if note else ""
    return [f"{number} | {line}", f"      | {caret}{tail}".rstrip()]


def columns(words: str) -> int:
    """How wide a terminal shows a text: letters of East Asia and emoji take two columns."""
    if words.isascii():
        return len(words)
    import unicodedata

    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in words)
    return len(words) + wide - sum(unicodedata.combining(char) > 0 for char in words)


def printable(words: str) -> str:
    """Text that cannot move a terminal's cursor or hide characters; line breaks stay."""
    return "".join(
        char
        if char.isprintable() or char == "\n"
        else char.encode("unicode_escape", "backslashreplace").decode("ascii")
        for char in words
    )


# --- for programs -------------------------------------------------------------------------------


def as_data(diagnostic: Diagnostic) -> dict[str, object]:
    """One finding as JSON data; the shape is versioned with ``dagglot_diagnostics``."""
    data: dict[str, object] = {
        "code": diagnostic.rule.code,
        "name": diagnostic.rule.name,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
    }
    if diagnostic.span is not None:
        data |= _place_data(diagnostic.span)
    if diagnostic.help is not None:
        data["help"] = diagnostic.help
    if diagnostic.related:
        data["related"] = [_related_data(related) for related in diagnostic.related]
    return data


def _related_data(related: Related) -> dict[str, object]:
    return {"message": related.message, **_place_data(related.span)}


def _place_data(span: Span) -> dict[str, object]:
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def to_json(diagnostics: Iterable[Diagnostic]) -> str:
    """All findings as one JSON object."""
    data = {
        "dagglot_diagnostics": 1,
        "diagnostics": [as_data(diagnostic) for diagnostic in ordered(diagnostics)],
    }
    return _json(data)


def _json(data: object) -> str:
    """ASCII: whatever the encoding of the output, and whatever bytes are in the name of a file."""
    return json.dumps(data, indent=2) + "\n"


def github(diagnostics: Iterable[Diagnostic]) -> str:
    """Workflow commands that GitHub shows beside the lines of a pull request.

    Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    lines = []
    for diagnostic in ordered(diagnostics):
        level = {"note": "notice"}.get(diagnostic.severity.value, diagnostic.severity.value)
        fields = {"title": f"{diagnostic.rule.code} {diagnostic.rule.name}"}
        if diagnostic.span is not None:
            span = diagnostic.span
            fields |= {
                "file": printable(span.file),
                "line": str(span.line),
                "endLine": str(span.end_line),
                "col": str(span.column),
                "endColumn": str(span.end_column),
            }
        message = diagnostic.message + (f"\n{diagnostic.help}" if diagnostic.help else "")
        lines.append(command(level, message, **fields))
    return "".join(lines)


def command(level: str, message: str, **fields: str) -> str:
    """One workflow command, in which no text of a user can be another one."""
    properties = ",".join(f"{name}={_property(printable(value))}" for name, value in fields.items())
    return f"::{level} {properties}::{_command_text(printable(message))}\n"


def _command_text(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _command_text(text).replace(":", "%3A").replace(",", "%2C")


def sarif(diagnostics: Iterable[Diagnostic], version: str) -> str:
    """SARIF 2.1.0, for code scanning.

    Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
    """
    found = ordered(diagnostics)
    rules = {diagnostic.rule.code: diagnostic.rule for diagnostic in found}
    data = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "dagglot",
                        "version": version,
                        "rules": [
                            {
                                "id": code,
                                "name": rule.name,
                                "shortDescription": {"text": rule.name.replace("-", " ")},
                                "fullDescription": {"text": rule.explanation},
                            }
                            for code, rule in sorted(rules.items())
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_sarif_result(diagnostic) for diagnostic in found],
            }
        ],
    }
    return _json(data)


def _sarif_result(diagnostic: Diagnostic) -> dict[str, object]:
    message = diagnostic.message + (f" ({diagnostic.help})" if diagnostic.help else "")
    result: dict[str, object] = {
        "ruleId": diagnostic.rule.code,
        "level": diagnostic.severity.value,
        "message": {"text": message},
    }
    if diagnostic.span is not None:
        span = diagnostic.span
        result["locations"] = [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": uri(span.file)},
                    "region": {
                        "startLine": span.line,
                        "startColumn": span.column,
                        "endLine": span.end_line,
                        "endColumn": span.end_column,
                    },
                }
            }
        ]
    return result


def uri(file: str) -> str:
    """A path as an address that is relative."""
    from urllib.parse import quote

    return quote(file.replace("\\", "/"), errors="surrogateescape")


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """ "2 errors, 1 warning", or "" where nothing was found."""
    words = []
    found = set(diagnostics)
    for severity in Severity:
        count = sum(diagnostic.severity is severity for diagnostic in found)
        if count:
            words.append(f"{count} {severity.value}{'s' if count > 1 else ''}")
    return ", ".join(words)
