"""Reading values out of a document: typed, with the place of each, and every finding reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Final, cast
from zoneinfo import ZoneInfo, available_timezones

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Span
from dagglot.diagnostics.suggest import did_you_mean
from dagglot.expressions.functions import parse_duration
from dagglot.expressions.parse import Problem, Scope, meaning, parse_value
from dagglot.ir.expand import Constants, Open, Plain, freeze
from dagglot.ir.model import Json, Value
from dagglot.source import Map, Seq, expression_span

DEFAULT_ZONE: Final = "UTC"


class Reader:
    """Reads one document. Findings collect in ``found``; a wrong value reads as its default.

    ``constants`` are those of the document, to tell a wrong name from a value of a run.
    """

    def __init__(self, found: list[Diagnostic], constants: Constants) -> None:
        self.found = found
        self.constants = constants
        self.copies: dict[tuple[int, int], tuple[Scope, Scope]] = {}

    # --- constants ------------------------------------------------------------------------------

    def text(self, holder: Map, key: str, default: str = "") -> str:
        value = holder.get(key)
        if value is None:
            return default
        if isinstance(value, str) and self.is_open(value):
            self.run_time_here(holder, key)
            return default
        return str(value) if isinstance(value, str) else _as_text(value)

    def maybe_text(self, holder: Map, key: str) -> str | None:
        return self.text(holder, key) if holder.get(key) is not None else None

    def whole(self, holder: Map, key: str) -> int | None:
        value = holder.get(key)
        if isinstance(value, str):
            self.run_time_here(holder, key)
            return None
        return int(value) if value is not None else None

    def number(self, holder: Map, key: str) -> int | float | None:
        value = holder.get(key)
        if isinstance(value, str):
            self.run_time_here(holder, key)
            return None
        return value

    def flag(self, holder: Map, key: str, default: bool = False) -> bool:
        value = holder.get(key)
        if isinstance(value, str):
            self.run_time_here(holder, key)
            return default
        return default if value is None else bool(value)

    def names(self, holder: Map, key: str) -> tuple[str, ...]:
        """A list of names; a single one may stand alone."""
        if holder.get(key) is None:
            return ()
        return tuple(name for name, _ in self.placed_names(holder, key))

    def placed_names(self, holder: Map, key: str) -> list[tuple[str, Span]]:
        value = holder.get(key)
        if value is None:
            return []
        within: list[tuple[Map | Seq, Any]] = [(holder, key)]
        if isinstance(value, Seq):
            within = [(value, index) for index in range(len(value))]
        named = []
        for place, at in within:
            name = place[at]
            if isinstance(name, str) and self.is_open(name):
                self.run_time_here(place, at, key)
            else:
                named.append((str(name), place.span(at)))
        return named

    def duration(self, holder: Map, key: str) -> timedelta | None:
        value = holder.get(key)
        if value is None:
            return None
        if isinstance(value, str) and self.is_open(value):
            self.run_time_here(holder, key)
            return None
        parsed = parse_duration(value) if isinstance(value, str) else None
        if parsed is None:
            self.found.append(codes.DURATION.at(holder.span(key), text=value))
        return parsed

    def zone(self, holder: Map, key: str, default: str = DEFAULT_ZONE) -> str:
        name = self.text(holder, key, default)
        if not known_zone(name):
            help = did_you_mean(name, available_timezones())
            self.found.append(codes.TIMEZONE.at(holder.span(key), timezone=name, help=help))
            return default
        return name

    def moment(self, holder: Map, key: str, zone: str, *, end: bool = False) -> datetime | None:
        """An instant; a bare date is its midnight, or with ``end`` its last second."""
        value = holder.get(key)
        if value is None:
            return None
        if isinstance(value, str) and self.is_open(value):
            self.run_time_here(holder, key)
            return None
        parsed = parse_moment(str(value), ZoneInfo(zone), end=end)
        if parsed is None:
            self.found.append(codes.TIME.at(holder.span(key), text=value))
        return parsed

    def json(self, holder: Map, key: str) -> Json:
        """Plain data, constants only."""
        value = holder.get(key)
        if value is None:
            return None
        self.no_open(holder, key, value)
        return freeze(value)

    def json_map(self, holder: Map, key: str) -> Mapping[str, Json]:
        made = self.json(holder, key)
        return made if isinstance(made, Mapping) else {}

    # --- values with expressions ----------------------------------------------------------------

    def value(self, holder: Map, key: str, scope: Scope) -> Value:
        """A value in which run-time expressions may stand, at any depth."""
        return self.parsed(holder, key, holder.get(key), scope)

    def value_map(self, holder: Map, key: str, scope: Scope) -> Mapping[str, Value]:
        made = self.value(holder, key, scope)
        return made if isinstance(made, Mapping) else {}

    def parsed(self, holder: Map | Seq, key: Any, value: Any, scope: Scope) -> Value:
        if isinstance(value, str):
            if "${{" not in value:
                return value
            if isinstance(value, Plain):
                return str(value)
            if isinstance(value, Open):
                scope = self.copy_scope(scope, value.constants)
            # as plain text: what remembers it must not keep the constants too
            made, problems = meaning(str(value), scope)
            for problem in problems:
                self.problem(holder, key, value, problem)
            return cast("Value", made)
        if isinstance(value, Map):
            return {name: self.parsed(value, name, item, scope) for name, item in value.items()}
        if isinstance(value, Seq):
            return tuple(self.parsed(value, index, item, scope) for index, item in enumerate(value))
        if isinstance(value, (dict, list)):
            return freeze(value)
        return value  # type: ignore[no-any-return]

    def copy_scope(self, scope: Scope, constants: Constants) -> Scope:
        """The scope in a copy of a matrix: one for all the values of the copy."""
        key = id(scope), id(constants)
        if key not in self.copies:
            # both are kept, so that no other object gets their identity
            self.copies[key] = scope, replace(scope, constants=constants)
        return self.copies[key][1]

    def problem(self, holder: Map | Seq, key: Any, text: str, problem: Problem) -> None:
        span = expression_span(holder, key, text, problem.offset, problem.length)
        self.found.append(codes.EXPRESSION.at(span, message=problem.message, help=problem.help))

    # --- what may not be there ------------------------------------------------------------------

    def is_open(self, value: str) -> bool:
        """Whether an expression is left in a text: one that needs a run, or that is wrong."""
        return "${{" in value and not isinstance(value, Plain)

    def run_time_here(self, holder: Map | Seq, key: Any, of: str | None = None) -> None:
        """Report an expression where only constants may stand, and why it is none."""
        text = holder[key]
        constants = text.constants if isinstance(text, Open) else self.constants
        scope = Scope(constants=constants, run_time=False)
        _, problems = parse_value(text, scope) if isinstance(text, str) else (None, ())
        wrong = [problem for problem in problems if problem.kind != "not-allowed"]
        for problem in wrong:
            self.problem(holder, key, text, problem)
        if not wrong:
            what = f"the value of `{key}`"
            if isinstance(key, int):
                what = f"item {key + 1} of {f'`{of}`' if of else 'this list'}"
            span = holder.span(key)
            self.found.append(codes.RUN_TIME_HERE.at(span, what=what, help=_ONLY_CONSTANTS))

    def no_open(self, holder: Map | Seq, key: Any, value: Any) -> None:
        if isinstance(value, str):
            if self.is_open(value):
                self.run_time_here(holder, key)
        elif isinstance(value, Map):
            for name, item in value.items():
                self.no_open(value, name, item)
        elif isinstance(value, Seq):
            for index, item in enumerate(value):
                self.no_open(value, index, item)


_ONLY_CONSTANTS: Final = "only `vars`, `matrix` and `build` may stand here"


_OF_THE_MACHINE: Final = frozenset({"localtime", "posixrules", "Factory"})
"""Files of the database that are no zones."""


def known_zone(name: str) -> bool:
    """Whether the time zone database has this name, and it means the same everywhere."""
    if name in _OF_THE_MACHINE:
        return False
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def parse_moment(text: str, zone: tzinfo, *, end: bool = False) -> datetime | None:
    """ISO 8601 to an aware instant; without an offset it is in ``zone``."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    return datetime.combine(day, time(23, 59, 59) if end else time(), zone)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
