"""``vars``: constants that may be made of each other, of ``build`` and of the pipeline's matrix."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.expressions.parse import Scope, parse_value
from dagglot.ir.expand import freeze
from dagglot.ir.model import Json
from dagglot.source import Map, Seq, expression_span

LONGEST: Final = 20
"""Vars that may be made of each other in a row."""


class Variables(Mapping[str, Json]):
    """The values of ``vars`` by name, each worked out when it is first asked for.

    ``written`` are the values as they stand, with the mapping that holds them; ``others`` the
    constants that they may use besides each other. A wrong one is reported once.
    """

    def __init__(
        self,
        written: Mapping[str, tuple[Map, Any]],
        others: Mapping[str, Mapping[str, Json]],
        found: list[Diagnostic],
    ) -> None:
        self._written = written
        self._found = found
        # a weak reference to itself: a cycle would keep the document until the process ends
        own = cast("Mapping[str, Json]", weakref.proxy(self))
        self._scope = Scope(constants={"vars": own, **others}, run_time=False)
        self._values: dict[str, Json] = {}
        self._open: list[str] = []

    def __getitem__(self, name: str) -> Json:
        if name not in self._values:
            holder, value = self._written[name]
            if name in self._open or len(self._open) >= LONGEST:
                self._circular(name)
                return ""  # a text can hold it, so that nothing else is said of the others
            self._open.append(name)
            self._values[name] = self._resolved(holder, name, value)
            self._open.pop()
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._written

    def __iter__(self) -> Iterator[str]:
        return iter(self._written)

    def __len__(self) -> int:
        return len(self._written)

    def check(self) -> None:
        """Work out all of them, so that one that is wrong is reported though nothing uses it."""
        for name in self:
            self[name]

    def _resolved(self, holder: Map | Seq, key: Any, value: Any) -> Json:
        if isinstance(value, str) and "${{" in value:
            made, problems = parse_value(value, self._scope)
            for problem in problems:
                span = expression_span(holder, key, value, problem.offset, problem.length)
                self._found.append(
                    codes.EXPRESSION.at(span, message=problem.message, help=problem.help)
                )
            return "" if problems else made  # type: ignore[return-value]
        if isinstance(value, Map):
            return {name: self._resolved(value, name, item) for name, item in value.items()}
        if isinstance(value, Seq):
            return tuple(self._resolved(value, index, item) for index, item in enumerate(value))
        return freeze(value)

    def _circular(self, name: str) -> None:
        start = self._open.index(name) if name in self._open else 0
        first = self._open[start]
        around = " → ".join(f"`{one}`" for one in (*self._open[start:], name))
        holder, _ = self._written[first]
        if name in self._open:
            message, help = f"these vars are made of each other: {around}", "give one a value"
        else:
            message = f"more than {LONGEST} vars are made of each other in a row: {around}"
            help = "write some of the values out"
        self._found.append(codes.EXPRESSION.at(holder.span(first), message=message, help=help))
