"""The imports of a piece of generated Python, sorted as ruff sorts them."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from dagglot.pycode import INDENT, LINE_LENGTH, Code


@dataclass(slots=True)
class Imports:
    """What a module, or the body of a function, imports; collected while that is made."""

    modules: set[str] = field(default_factory=set)
    names: dict[str, set[tuple[str, str]]] = field(default_factory=dict)

    def module(self, module: str) -> None:
        self.modules.add(module)

    def name(self, module: str, *names: str) -> None:
        self.names.setdefault(module, set()).update((name, name) for name in names)

    def alias(self, module: str, name: str, alias: str) -> None:
        self.names.setdefault(module, set()).add((name, alias))

    def blocks(self, indent: int = 0) -> tuple[Code, ...]:
        """The standard library, then all else; in each, ``import x`` before ``from x import y``."""
        standard: list[str] = []
        others: list[str] = []
        for module in sorted(self.modules):
            (standard if _is_standard(module) else others).append(f"import {module}")
        for module in sorted(self.names):
            lines = _from(module, self.names[module], indent)
            (standard if _is_standard(module) else others).append(lines)
        between = "\n" + " " * indent
        return tuple(Code(between.join(block)) for block in (standard, others) if block)


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _from(module: str, names: set[tuple[str, str]], indent: int) -> str:
    ordered = sorted(names, key=lambda pair: (_rank(pair[0]), pair))
    lines = []
    plain = [name for name, alias in ordered if name == alias]
    if plain:
        flat = f"from {module} import {', '.join(plain)}"
        if indent + len(flat) > LINE_LENGTH:
            pad = "\n" + " " * (indent + INDENT)
            flat = f"from {module} import ({pad}{f',{pad}'.join(plain)},\n{' ' * indent})"
        lines.append(flat)
    # an alias has a line of its own
    lines += [f"from {module} import {n} as {alias}" for n, alias in ordered if n != alias]
    return ("\n" + " " * indent).join(lines)


def _rank(name: str) -> int:
    """Constants, then classes, then the rest."""
    if len(name) > 1 and name.isupper():
        return 0
    return 1 if name.lstrip("_")[:1].isupper() else 2
