"""The imports of a generated module, sorted as ruff sorts them."""

from __future__ import annotations

import re
import sys

from dagglot.pycode import INDENT, LINE_LENGTH, Code


class Imports:
    """What a module, or a function, imports; collected while it is made."""

    def __init__(self) -> None:
        self._modules: dict[str, str] = {}
        self._names: dict[str, set[tuple[str, str]]] = {}

    def module(self, name: str, alias: str = "") -> None:
        self._modules[name] = alias

    def name(self, module: str, name: str, alias: str = "") -> None:
        self._names.setdefault(module, set()).add((name, alias or name))

    def blocks(self, indent: int = 0) -> tuple[tuple[Code, ...], ...]:
        """The standard library, then everything else; ``import x`` before ``from x import y``."""
        standard: list[Code] = []
        others: list[Code] = []
        for module, alias in sorted(self._modules.items()):
            line = Code(f"import {module}{f' as {alias}' if alias else ''}")
            (standard if _is_standard(module) else others).append(line)
        for module in sorted(self._names):
            lines = _from(module, self._names[module], indent)
            (standard if _is_standard(module) else others).extend(lines)
        return tuple(tuple(block) for block in (standard, others) if block)


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _from(module: str, names: set[tuple[str, str]], indent: int) -> list[Code]:
    """One line, or a name a line; isort gives each name with an alias a statement of its own."""
    ordered = sorted(names, key=lambda pair: (_kind(pair[0]), pair))
    plain = [name for name, alias in ordered if name == alias]
    made = [_statement(module, [f"{n} as {a}"], indent) for n, a in ordered if n != a]
    if plain:
        made.insert(0, _statement(module, plain, indent))
    return made


def _statement(module: str, members: list[str], indent: int) -> Code:
    flat = f"from {module} import {', '.join(members)}"
    if indent + len(flat) <= LINE_LENGTH:
        return Code(flat)
    pad = " " * indent
    lines = "".join(f"{pad}{' ' * INDENT}{member},\n" for member in members)
    return Code(f"from {module} import (\n{lines}{pad})")


def _kind(name: str) -> int:
    """isort's order: constants, classes, the rest."""
    if len(name) > 1 and name.isupper():
        return 0
    return 1 if re.match(r"_*[A-Z]", name) else 2
