"""The top-level sections of a document, each read into its part of the IR."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, Literal, cast

from dagglot.diagnostics.model import Diagnostic, Span
from dagglot.expressions.parse import Scope
from dagglot.expressions.types import Kind, Type
from dagglot.ir import expand
from dagglot.ir.model import (
    Alert,
    Asset,
    AssetCondition,
    Concurrency,
    Connection,
    Deadline,
    Json,
    Param,
    Partitions,
    Scenario,
    Schedule,
)
from dagglot.ir.reader import Reader
from dagglot.project import Layers
from dagglot.source import Map, places

_FIRES: Final = frozenset({"cron", "every", "on_assets"})


class Sections:
    """In the order of language.md, but for the tasks."""

    def __init__(
        self, value: Map, layers: Layers, constants: expand.Constants, found: list[Diagnostic]
    ) -> None:
        self.value = value
        self.layers = layers
        self.constants = constants
        self.read = Reader(found, constants)

    def schedule(self) -> Schedule:
        read = self.read
        value = self.value.get("schedule")
        environment = self.layers.environment
        override = environment.get("schedule") if environment is not None else None
        if isinstance(override, Map):
            value = override.over(_without_other(value, override)) if value else override
        if not isinstance(value, Map):
            return Schedule()
        zone = read.zone(value, "timezone")
        return Schedule(
            cron=read.maybe_text(value, "cron"),
            every=read.duration(value, "every"),
            on_assets=self.condition(value, "on_assets"),
            params=read.json_map(value, "params"),
            timezone=zone,
            start=read.moment(value, "start", zone),
            end=read.moment(value, "end", zone, end=True),
            catchup=read.flag(value, "catchup"),
            enabled=read.flag(value, "enabled", True),
            zone_written="timezone" in value,
            span=value.place(),
            places={**places_in(value), **places_in(value.get("params"), "params.")},
        )

    def condition(self, holder: Any, key: Any) -> AssetCondition | None:
        value = holder.get(key) if isinstance(holder, dict) else holder[key]
        if value is None:
            return None
        span = holder.span(key)
        if isinstance(value, str):
            return AssetCondition(asset=value, span=span)
        operands: tuple[AssetCondition | None, ...]
        if isinstance(value, list):
            operands = tuple(self.condition(value, index) for index in range(len(value)))
            operator = "all"
        else:
            operator = next(name for name in value if name in ("all", "any"))
            inner = value[operator]
            if isinstance(inner, list):
                operands = tuple(self.condition(inner, index) for index in range(len(inner)))
            else:
                operands = (self.condition(value, operator),)
        return AssetCondition(
            operator=cast('Literal["all", "any"]', operator),
            operands=tuple(operand for operand in operands if operand is not None),
            span=span,
        )

    def partitions(self, schedule: Schedule) -> Partitions | None:
        read, value = self.read, self.value.get("partitions")
        if not isinstance(value, Map):
            return None
        zone = read.zone(value, "timezone", schedule.timezone)
        by = read.maybe_text(value, "by")
        return Partitions(
            by=cast('Literal["hour", "day", "week", "month"] | None', by),
            cron=read.maybe_text(value, "cron"),
            keys=read.names(value, "keys"),
            start=read.moment(value, "start", zone) or schedule.start,
            end=read.moment(value, "end", zone, end=True) or schedule.end,
            timezone=zone,
            zone_written="timezone" in value,
            span=value.place(),
            places=places_in(value),
        )

    def params(self) -> Iterator[Param]:
        read, declared = self.read, self.value.get("params")
        if not isinstance(declared, Map):
            return
        for name, value in declared.items():
            if name.startswith("x-"):
                continue
            type = self.param_type(value)
            members = self.read.json(value, "enum")
            if isinstance(members, tuple):
                type = replace(type, members=cast("tuple[Any, ...]", members))
            yield Param(
                name=name,
                type=type,
                required="default" not in value,
                default=read.json(value, "default"),
                minimum=read.number(value, "minimum"),
                maximum=read.number(value, "maximum"),
                pattern=read.maybe_text(value, "pattern"),
                description=read.text(value, "description"),
                span=declared.key_span(name),
                places=places_in(value),
            )

    def param_type(self, value: Map) -> Type:
        default = value.get("default")
        nullable = "default" in value and default is None
        word = self.read.text(value, "type")
        if word:
            return Type(Kind(word), nullable=nullable)
        return Type(_kind_of(default), nullable=nullable)

    def connections(self) -> Iterator[Connection]:
        scope = Scope(constants=self.constants, secrets=True)
        for name, value, layer in self.layers.section("connections", self.value):
            if isinstance(value, Map):
                yield Connection(
                    name=name,
                    type=self.read.text(value, "type", "generic"),
                    description=self.read.text(value, "description"),
                    settings={
                        key: self.read.value(value, key, scope)
                        for key in value
                        if key not in ("type", "description") and not key.startswith("x-")
                    },
                    span=layer.key_span(name),
                )

    def alerts(self, scope: Scope) -> Iterator[Alert]:
        inner = replace(scope, secrets=True, event=True)
        for name, value, layer in self.layers.section("alerts", self.value):
            if isinstance(value, Map):
                yield Alert(
                    name=name,
                    type=self.read.text(value, "type"),
                    settings={
                        key: self.read.value(value, key, inner)
                        for key in value
                        if key != "type" and not key.startswith("x-")
                    },
                    span=layer.key_span(name),
                )

    def assets(self) -> Iterator[Asset]:
        read = self.read
        for name, value, layer in self.layers.section("assets", self.value):
            span = layer.key_span(name)
            if not isinstance(value, Map):
                yield Asset(name=name, span=span)
                continue
            yield Asset(
                name=name,
                uri=read.text(value, "uri"),
                description=read.text(value, "description"),
                owner=read.text(value, "owner"),
                tags=read.names(value, "tags"),
                group=read.text(value, "group"),
                freshness=read.duration(value, "freshness"),
                external=read.flag(value, "external"),
                span=span,
            )

    def deadline(self) -> Deadline | None:
        value = self.value.get("deadline")
        if not isinstance(value, Map):
            return None
        after = self.read.duration(value, "after")
        if after is None:
            return None
        start = self.read.text(value, "from", "scheduled")
        return Deadline(
            after=after,
            from_=cast('Literal["scheduled", "started"]', start),
            alerts=self.read.names(value, "alerts"),
            span=value.place(),
        )

    def concurrency(self) -> Concurrency:
        value = self.value.get("concurrency")
        if not isinstance(value, Map):
            return Concurrency()
        overlap = self.read.text(value, "on_overlap", "queue")
        return Concurrency(
            max_active_runs=self.read.whole(value, "max_active_runs"),
            max_active_tasks=self.read.whole(value, "max_active_tasks"),
            on_overlap=cast('Literal["queue", "skip"]', overlap),
            span=value.place(),
        )

    def accept(self) -> dict[str, tuple[str, ...]]:
        """The document's own entries; the project's are for every pipeline (see `capabilities`)."""
        value = self.value.get("accept")
        if not isinstance(value, Map):
            return {}
        return {target: self.read.names(value, target) for target in value}

    def tests(self) -> Iterator[Scenario]:
        value = self.value.get("tests")
        if not isinstance(value, Map):
            return
        for name, scenario in value.items():
            if isinstance(scenario, Map):
                given, expect = scenario.get("given"), scenario.get("expect")
                parts = {"given.": given, "expect.": expect}
                if isinstance(given, Map):
                    parts["given.params."] = given.get("params")
                yield Scenario(
                    name=name,
                    given=self.read.json_map(scenario, "given"),
                    expect=self.read.json_map(scenario, "expect"),
                    span=value.key_span(name),
                    keys=_merged(_keys(part, prefix) for prefix, part in parts.items()),
                    places=_merged(places_in(part, prefix) for prefix, part in parts.items()),
                )

    def moved(self) -> str | None:
        value = self.value.get("moved")
        return self.read.maybe_text(value, "from") if isinstance(value, Map) else None


def _without_other(schedule: Map, override: Map) -> Map:
    """An environment that says when to run takes the place of all that says so."""
    if _FIRES.isdisjoint(override):
        return schedule
    kept = {key: value for key, value in schedule.items() if key not in _FIRES}
    return schedule.copy_as(kept, schedule.marks)


def places_in(value: Any, prefix: str = "") -> dict[str, Span]:
    if not isinstance(value, Map):
        return {}
    return {f"{prefix}{key}": span for key, span in places(value).items()}


def _keys(value: Any, prefix: str) -> dict[str, Span]:
    """The place of each key itself."""
    if not isinstance(value, Map):
        return {}
    return {f"{prefix}{key}": value.key_span(key) for key in value if key in value.marks}


def _merged(parts: Iterable[dict[str, Span]]) -> dict[str, Span]:
    return {key: span for part in parts for key, span in part.items()}


def options(read: Reader, value: Map) -> Mapping[str, Mapping[str, Json]]:
    made = read.json_map(value, "targets")
    return {
        target: {key: item for key, item in options.items() if not key.startswith("x-")}
        for target, options in made.items()
        if isinstance(options, Mapping)
    }


def _kind_of(default: object) -> Kind:
    match default:
        case bool():
            return Kind.BOOLEAN
        case int():
            return Kind.INTEGER
        case float():
            return Kind.NUMBER
        case list():
            return Kind.LIST
        case dict():
            return Kind.MAP
        case _:
            return Kind.STRING
