"""User text cannot become code: whatever it is, the shape of the generated code stays the same."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from case_folders import TARGETS
from dagglot import compile, plan_jobs
from dagglot.features import Feature
from dagglot.project import NO_PROJECT
from dagglot.targets import registry
from dagglot.targets.base import Support

HOSTILE = {
    "quotes": "a'b\"c'''d\"\"\"e",
    "ends in a quote": 'text"',
    "ends in a backslash": "text\\",
    "backslashes": "\\n \\x41 \\N{BULLET} \\",
    "lines": 'one\ntwo\n"""\nimport os\nos._exit(1)\n',
    "carriage return": "a\rimport os\r\nb",
    "jinja": "{{ 7 * 7 }} {% for x in y %} {# c #} {{ '{{' }}",
    "jinja comment open": "{#",
    "f-string": "{x!r:>{y}} }} {{",
    "format": "%s %(x)s {0} ${HOME} $x",
    "nul and controls": "a\u0000b\u0007\u001b[31m",
    "line separators": "a\u2028b\u2029c\u0085d\u000cf\u000bg",
    "bidi": "\u202eevil\u202c \u2066x\u2069 \u200f",
    "yaml": "- a: [b, c]\n--- \n...\n!!python/object x: y # z",
    "comment": "# noqa\n#: x",
    "emoji and marks": "e\u0301 👩‍👩‍👧 \ufeff",
}


def document(text: str) -> dict[str, Any]:
    """Every field that takes free text, each with the same one."""
    body = {"description": text, "docs": text, "owner": text, "tags": [text[:90]]}
    return {
        "dagglot": 1,
        "pipeline": "fields",
        **body,
        "params": {
            "text": {"type": "string", "default": text, "description": text},
            "choice": {"type": "string", "default": text, "enum": [text, "other"]},
            "list": {"type": "list", "default": [text, {text: text}]},
        },
        "schedule": {
            "cron": "0 3 * * *",
            "timezone": "UTC",
            "params": {"text": text, "list": [text]},
        },
        "tasks": {
            "python": {
                "type": "python",
                "call": "a.b:c",
                "args": {
                    "constant": text,
                    "nested": {text: [text]},
                    "mixed": text + "${{ params.text }}" + text,
                },
                **body,
            },
            "shell": {
                "type": "shell",
                "run": text.replace("\u0000", ""),
                "env": {
                    "A": text.replace("\u0000", ""),
                    "B": (text + "${{ params.text }}" + text).replace("\u0000", ""),
                },
                "cwd": "/" + text.replace("\u0000", ""),
                **body,
            },
            "group": {
                "tasks": {"inner": {"type": "noop", **body}},
                "description": text,
                "docs": text,
            },
            "own": {
                "type": "native",
                "airflow": {"call": "a.b:Operator", "args": {"x": text, "y": {text: text}}},
                "prefect": {"call": "a.b:c", "args": {"x": text, "y": {text: text}}},
                "dagster": {"call": "a.b:c", "args": {"x": text, "y": {text: text}}},
            },
        },
    }


def alerts(text: str) -> dict[str, Any]:
    """Every free text of what people are told."""
    told = text + "${{ params.text }}${{ event.error }}" + text
    return {
        "alerts": {
            "chat": {"type": "slack", "webhook": text, "channel": text, "message": told},
            "mail": {"type": "email", "to": [text, text], "subject": told, "message": text},
            "hook": {"type": "webhook", "url": text, "headers": {"X-A": text}, "message": told},
            "own": {"type": "python", "call": "a.b:c", "args": {"x": text, "y": {text: text}}},
        },
        "on_failure": ["chat", "mail", "hook", "own"],
        "defaults": {"on_failure": "hook", "on_success": "own"},
    }


def shape(source: str) -> str:
    """The tree of a module without the values of its constants, and without how text is joined."""

    class Blank(ast.NodeTransformer):
        def visit_Constant(self, node: ast.Constant) -> ast.AST:
            blank = ast.Constant(value=type(node.value).__name__)
            return ast.copy_location(blank, node)

        def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
            self.generic_visit(node)
            match node.body:
                # a long call gets a line of its own before the return
                case [
                    *before,
                    ast.Assign(targets=[ast.Name(id="result")], value=made),
                    ast.Return(value=ast.Call(args=[ast.Name(id="result")]) as call),
                ]:
                    call.args = [made]
                    node.body = [*before, ast.Return(value=call)]
            return node

        def visit_Call(self, node: ast.Call) -> ast.AST:
            self.generic_visit(node)
            # Airflow's own mark for text that Jinja must not read stands only where it would
            match node:
                case ast.Call(func=ast.Name(id="literal"), args=[text]):
                    return text
                # a long default stands in a call, which has lines of its own
                case ast.Call(
                    func=ast.Name(id="Field"), args=[], keywords=[ast.keyword(arg="default") as one]
                ):
                    return one.value
            return node

        def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
            node.names = [name for name in node.names if name.name != "literal"]
            return node if node.names else None

        def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
            names = sorted(
                ast.dump(part.value) for part in node.values if isinstance(part, ast.FormattedValue)
            )
            return ast.copy_location(ast.Constant(value=f"text with {names}"), node)

    return ast.dump(Blank().visit(ast.parse(source)))


def compiled(text: str, target: str, folder: Path) -> dict[str, str]:
    source = folder / "fields.yaml"
    # JSON's pairs of surrogates are no YAML, and some characters would be line breaks as they are
    words = json.dumps({**document(text), **_told(text, target)}, ensure_ascii=False)
    words = re.sub("[\u007f-\uffff]", lambda match: f"\\u{ord(match[0]):04x}", words)
    source.write_text(words, encoding="utf-8")
    (job,), _ = plan_jobs.jobs([target], folder / "out", NO_PROJECT)
    result = compile.compile([source], [job], NO_PROJECT)
    assert not result.failed, [finding.message for finding in result.diagnostics]
    return {
        str(path): text
        for plan in result.plans
        for path, text in plan.create.items()
        if path.suffix == ".py"
    }


def _told(text: str, target: str) -> dict[str, Any]:
    name, _, version = target.partition("@")
    chosen = registry.get(name)
    table = chosen.capabilities(version or chosen.versions[0])
    told = table[Feature.RUN_ON_FAILURE].support is not Support.UNSUPPORTED
    return alerts(text) if told else {}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_shape_does_not_depend_on_text(name: str, target: str, tmp_path: Path) -> None:
    """Against plain texts of as many lines, since a script of several lines is a block; a short one
    and a long one, since a long call may get a line of its own."""
    text = HOSTILE[name]
    (tmp_path / "hostile").mkdir()
    hostile = compiled(text, target, tmp_path / "hostile")
    harmless = []
    for words in ("plain", "plain words, and " * 5 + "more"):
        plain = "\n".join(words for _ in text.split("\n"))
        folder = tmp_path / words[:8]
        folder.mkdir()
        harmless.append(compiled(plain, target, folder))
    for path, source in hostile.items():
        assert shape(source) in {shape(one[path]) for one in harmless}, path
    assert hostile.keys() == harmless[0].keys()
