"""The words for one error of the JSON Schema validator about one value.

The `title` of a schema is its noun phrase ("a duration"), which the messages are made of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dagglot.diagnostics.suggest import did_you_mean
from dagglot.frozen import dataclass
from dagglot.schema import Kind, Path

_EXPRESSION: Final = r"\$\{\{"
_WORDS: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
}


@dataclass(frozen=True, slots=True)
class Error:
    """What the validator reports: ``keyword`` of ``rules`` with its ``argument`` refuses
    ``instance``. ``steps`` is the way through the schema, ``path`` that through the document."""

    keyword: str
    argument: Any
    rules: Mapping[str, Any]
    instance: Any
    path: Path
    steps: tuple[str | int, ...]


def value_words(error: Error, path: Path) -> tuple[Kind, str, str | None]:
    """Kind, message and help for a value that is wrong in itself."""
    rules, value, name = error.rules, error.instance, name_of(path)
    title = str(rules.get("title", ""))
    match error.keyword:
        case "type" if title.startswith("left out"):
            return "bad-combination", f"{name} must be {title}", None
        case "const" if isinstance(value, int) and not isinstance(value, bool):
            message = f"{name} is {_quoted(value)}, a version that this compiler does not know"
            return "bad-value", message, f"write `dagglot: {error.argument}`"
        case "type" | "const":
            return _mistyped(rules, value, name)
        case "pattern" if rules["pattern"] == _EXPRESSION:
            return _mistyped(rules, value, name)  # no text, but for an expression
        case "pattern":
            message = f"{name} is {_quoted(value)}, which is no {noun_of(title)}"
            return "bad-value", message, _samples(rules)
        case "enum":
            message = f"{name} is {_quoted(value)}, which is no {noun_of(title)}"
            return "bad-value", message, _one_of(title, value, rules["enum"])
        case "minLength" | "minItems":
            return "bad-value", f"{name} is empty", None
        case "minimum":
            limit = f"less than `{error.argument}`"
            return "bad-value", f"{name} is {_quoted(value)}, which is {limit}", None
        case "maximum":
            limit = f"more than `{error.argument}`"
            return "bad-value", f"{name} is {_quoted(value)}, which is {limit}", None
        case unexpected:
            # A keyword that the schemas do not use; a test walks them to keep it so.
            return "bad-value", f"{name} is not valid ({unexpected})", None


def _samples(rules: Mapping[str, Any]) -> str | None:
    samples = [f"`{text}`" for text in rules.get("examples", ()) if isinstance(text, str)]
    return f"write it like {' or '.join(samples[:2])}" if samples else None


def _one_of(title: str, value: object, allowed: Sequence[object]) -> str | None:
    if title == "a kind of task" and value == "group":
        return "leave `type` out: a task with `tasks` is a group"
    choices = [str(choice) for choice in allowed if choice is not None]
    return did_you_mean(str(value), choices) or "known here: " + ", ".join(
        f"`{choice}`" for choice in choices
    )


def _mistyped(rules: Mapping[str, Any], value: object, name: str) -> tuple[Kind, str, str | None]:
    message = f"{name} must be {_wanted(rules)}, not {_shown(value)}"
    title, types = rules.get("title"), _types(rules)
    match value:
        case str():
            return "wrong-type", message, _retyped_text(rules, value)
        case None:
            return "wrong-type", message, "give it a value, or leave the key out"
        case list() if title == "the tasks":
            return "wrong-type", message, "write each as `id: {type: …}`, without a `-`"
        case int() | float() if title == "a duration" and not isinstance(value, bool):
            return "wrong-type", message, f"give it a unit, as in `{value}s` or `{value}m`"
        case bool() | int() | float() if title == "a param":
            return "wrong-type", message, f"write `{{default: {_json(value)}}}`"
        case bool() | int() | float() if "string" in types:
            return "wrong-type", message, f'write it in quotes: "{_json(value)}"'
        case _:
            return "wrong-type", message, None


_TRUTH: Final = {"yes": "true", "on": "true", "true": "true"} | dict.fromkeys(
    ("no", "off", "false"), "false"
)


def _retyped_text(rules: Mapping[str, Any], text: str) -> str | None:
    """What to do about text where something else is wanted."""
    types = _types(rules)
    if "${{" in text:
        return "an expression stands for a single value, not for keys: write them out"
    if rules.get("title") == "a param":
        return f"write `{{default: {cut(text)}}}`"
    if str(rules.get("title")).startswith("an expression in"):
        return f"write `${{{{ {cut(text)} }}}}`"
    if "boolean" in types and text.lower() in _TRUTH:
        return f"write `{_TRUTH[text.lower()]}`"
    if {"integer", "number"} & set(types) and re.fullmatch(r"-?[0-9]+", text):
        return f"write it without quotes: {text}"
    if "array" in types:
        return f"write it as a list: [{cut(text)}]"
    return None


def _types(rules: Mapping[str, Any]) -> list[str]:
    """The types that a value may have, but for expressions and the null that removes a default."""
    declared = rules.get("type", [])
    types = [declared] if isinstance(declared, str) else list(declared)
    if len(types) > 1:
        only_expression = rules.get("pattern") == _EXPRESSION
        types = [t for t in types if t != "null" and not (t == "string" and only_expression)]
    if "const" in rules:
        types.append("integer")
    return types


def _wanted(rules: Mapping[str, Any]) -> str:
    title = rules.get("title")
    if title and "properties" not in rules and "additionalProperties" not in rules:
        return str(title)
    words = [_WORDS.get(name, name) for name in _types(rules)]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def name_of(path: Path) -> str:
    """How a message calls the value at a path."""
    if not path:
        return "the document"
    last = path[-1]
    if isinstance(last, str):
        return f"`{cut(last)}`"
    return f"item {last + 1} of {name_of(path[:-1])}"


def on_key(path: Path) -> bool:
    return bool(path) and isinstance(path[-1], str)


def noun_of(title: str) -> str:
    return re.sub(r"^(an?|the) ", "", title)


def either(keys: list[str], word: str = "or") -> str:
    ticked = [f"`{key}`" for key in keys]
    return ticked[0] if len(ticked) == 1 else f"{', '.join(ticked[:-1])} {word} {ticked[-1]}"


def cut(text: str) -> str:
    """The first line of the user's words, at most 60 characters."""
    line = text.split("\n", 1)[0]
    return line if line == text and len(line) <= 60 else line[:57] + "…"


def _json(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(value: object) -> str:
    return f"`{cut(value) if isinstance(value, str) else _json(value)}`"


def _shown(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return _quoted(value)
    return f"{'text' if isinstance(value, str) else 'number'} {_quoted(value)}"
