"""A valid document and its layers to the IR: defaults merged, nothing optional left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal, cast

from dagglot.beside import Beside
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Span, split_lines
from dagglot.diagnostics.suggest import did_you_mean
from dagglot.expressions.evaluate import text_of
from dagglot.expressions.parse import Scope
from dagglot.expressions.types import Kind, Type
from dagglot.frozen import dataclass
from dagglot.ir import connections, expand, pools, tasks
from dagglot.ir.kinds import AssetWait, NotifyBody, SensorBody
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
    Pipeline,
    Scenario,
    Schedule,
    Task,
)
from dagglot.ir.reader import Reader
from dagglot.ir.variables import Variables
from dagglot.project import Layers
from dagglot.schema import violations
from dagglot.schema.findings import findings
from dagglot.source import Document, Map, Places, places

NO_LAYERS: Final = Layers()
NOTHING_BESIDE: Final = Beside()


@dataclass(frozen=True, slots=True)
class Built:
    """A pipeline, and what is wrong with it: there its defaults stand. ``copied``: by a matrix."""

    pipeline: Pipeline
    errors: tuple[Diagnostic, ...]
    copied: bool

    def may_cause(self, finding: Diagnostic) -> bool:
        """Whether a finding of a later pass may follow from an error: one about the same section.

        Tasks are many; what is said of one does not follow from another.
        """
        about = {"schedule", "partitions", "params"}
        return self._section(finding) in about and any(
            self._section(error) in about for error in self.errors
        )

    def _section(self, finding: Diagnostic) -> str | None:
        """The top-level key below which a finding stands: the last that begins before it."""
        span = finding.span
        if span is None:
            return None
        before = [
            ((place.line, place.column), key)
            for key, place in self.pipeline.places.items()
            if place.file == span.file and (place.line, place.column) <= (span.line, span.column)
        ]
        return max(before)[1] if before else None


def build(
    document: Document, layers: Layers = NO_LAYERS, beside: Beside = NOTHING_BESIDE
) -> tuple[tuple[Built, ...], tuple[Diagnostic, ...]]:
    """The pipelines of a document that is valid as written: one, or one for each matrix copy."""
    found: list[Diagnostic] = []
    pipelines = []
    copies = _expanded(document, layers, found)
    for expanded in copies:
        cast("Variables", expanded.constants["vars"]).check()
    if (
        found
    ):  # a matrix without copies, a wrong var: what would be said of the rest follows from it
        return (), once(found)
    for expanded in copies:
        if expanded.changed:
            changed = Document(document.file, document.number, expanded.value, document.text)
            wrong = _revalidated(changed)
            if wrong:
                found.extend(wrong)
                continue
        before = len(found)
        pipeline = _Pipeline(document, expanded, layers, beside, found).build()
        wrong = tuple(finding for finding in found[before:] if finding.is_error)
        copied = len(copies) > 1 or bool(expanded.copies)
        pipelines.append(Built(pipeline, wrong, copied))
    return tuple(pipelines), tuple(found)


def once(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The copies of a matrix have their mistakes in common: of one rule and place the first."""
    first: dict[tuple[object, ...], Diagnostic] = {}
    for one in found:
        first.setdefault((one.rule.code, one.span, "" if one.span else one.message), one)
    return tuple(first.values())


def _expanded(document: Document, layers: Layers, found: list[Diagnostic]) -> list[expand.Expanded]:
    value: Map = document.value
    if "${{" not in document.text and "matrix" not in document.text and _closed(layers):
        return [expand.Expanded(value, constants_of(value, layers, {}, found))]
    return expand.expand(value, lambda matrix: constants_of(value, layers, matrix, found), found)


def _revalidated(changed: Document) -> tuple[Diagnostic, ...]:
    """What is wrong now that the constants stand in their places.

    Where text is wanted, a constant of another type becomes text: ``env: {N: "${{ vars.n }}"}``.
    """
    wrong = violations(changed.value, "pipeline")
    if not wrong:
        return ()
    for violation in wrong:
        if violation.kind != "wrong-type" or not violation.path:
            continue
        holder = changed.value
        for step in violation.path[:-1]:
            holder = holder[step]
        key = violation.path[-1]
        text = _source_text(changed, violation.path)
        if "${{" in text and isinstance(holder[key], (bool, int, float)):
            holder[key] = text_of(holder[key])
    return findings(changed, "pipeline")


def _source_text(document: Document, path: tuple[str | int, ...]) -> str:
    """The lines of the file at a path, to see whether an expression was written there."""
    span = document.span(path)
    return "\n".join(split_lines(document.text)[span.line - 1 : span.end_line])


def _closed(layers: Layers) -> bool:
    return layers.environment is None and layers.defaults is None


def constants_of(
    value: Map, layers: Layers, matrix: Mapping[str, Json], found: list[Diagnostic]
) -> expand.Constants:
    """``vars``, by environment, document, project; ``build``; and ``matrix`` where there is one."""
    others: dict[str, Mapping[str, Json]] = {"build": dict(layers.build)}
    if matrix:
        others["matrix"] = matrix
    written = {name: (layer, item) for name, item, layer in layers.section("vars", value)}
    return {"vars": Variables(written, others, found), **others}


class _Pipeline:
    """Builds one pipeline; the parts of its document in the order of language.md."""

    def __init__(
        self,
        document: Document,
        expanded: expand.Expanded,
        layers: Layers,
        beside: Beside,
        found: list[Diagnostic],
    ) -> None:
        self.document = document
        self.value = expanded.value
        self.expanded = expanded
        self.layers = layers
        self.beside = beside
        self.found = found
        self.constants = expanded.constants
        self.read = Reader(found, self.constants)

    def build(self) -> Pipeline:
        read, value = self.read, self.value
        schedule = self.schedule()
        partitions = self.partitions(schedule)
        params = tuple(self.params())
        connections = tuple(self.connections())
        scope = Scope(
            params={param.name: param.type for param in params},
            constants=self.constants,
            partition="none" if partitions is None else "keys" if partitions.keys else "time",
            partition_keys=partitions.keys if partitions else (),
            connections=tuple(connection.name for connection in connections),
        )
        alerts = tuple(self.alerts(scope))
        assets = tuple(self.assets())
        flat, groups = tasks.build(
            self.expanded,
            scope,
            self.default_layers(),
            self.beside,
            self.found,
        )
        pipeline = Pipeline(
            id=read.text(value, "pipeline"),
            source=self.document.file,
            description=read.text(value, "description"),
            docs=read.text(value, "docs"),
            owner=read.text(value, "owner"),
            tags=read.names(value, "tags"),
            schedule=schedule,
            partitions=partitions,
            params=params,
            assets=assets,
            connections=connections,
            alerts=alerts,
            on_failure=read.names(value, "on_failure"),
            on_success=read.names(value, "on_success"),
            deadline=self.deadline(),
            timeout=read.duration(value, "timeout"),
            concurrency=self.concurrency(),
            fail_run_on=cast('Literal["any", "leaf"]', read.text(value, "fail_run_on", "any")),
            tasks=flat,
            groups=groups,
            options=_options(read, value),
            accept=self.accept(),
            tests=tuple(self.tests()),
            moved_from=self.moved(),
            span=value.span("pipeline") if "pipeline" in value else value.place(),
            places=Places(value, lambda: _places(value.get("deadline"), "deadline.")),
        )
        self.check_names(pipeline)
        if self.layers.pools:
            self.found.extend(pools.too_small(flat, self.layers.pools))
        return pipeline

    def default_layers(self) -> tuple[Map, ...]:
        """The pipeline's own defaults, the environment's, the project's, constants in place."""
        environment = self.layers.environment
        own = self.value.get("defaults")
        far = [environment.get("defaults") if environment is not None else None]
        far.append(self.layers.defaults)
        layers = [own] if isinstance(own, Map) else []
        expander = expand.Expander(self.constants, self.found)
        layers.extend(expander.replace(layer) for layer in far if isinstance(layer, Map))
        return tuple(layers)

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
            places={**_places(value), **_places(value.get("params"), "params.")},
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
            places=_places(value),
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
                places=_places(value),
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
                    places=_merged(_places(part, prefix) for prefix, part in parts.items()),
                )

    def moved(self) -> str | None:
        value = self.value.get("moved")
        return self.read.maybe_text(value, "from") if isinstance(value, Map) else None

    def check_names(self, pipeline: Pipeline) -> None:
        """Names of assets, connections and alerts that are used are declared."""
        # lists: the order in which they are told is the author's
        assets = [asset.name for asset in pipeline.assets]
        alerts = [alert.name for alert in pipeline.alerts]
        for task in pipeline.tasks:
            for key in ("consumes", "produces"):
                self.known("asset", getattr(task, key), assets, task, key)
            for key in ("on_failure", "on_success", "on_retry"):
                self.known("alert", getattr(task, key), alerts, task, key)
        for key in ("on_failure", "on_success"):
            self.known("alert", getattr(pipeline, key), alerts, pipeline, key)
        if pipeline.deadline is not None:
            self.known("alert", pipeline.deadline.alerts, alerts, pipeline, "deadline.alerts")
        declared = [connection.name for connection in pipeline.connections]
        for task in pipeline.tasks:
            for name, key in connections.of_task(task):
                self.known("connection", (name,), declared, task, key)
            if isinstance(task.body, NotifyBody):
                self.known("alert", task.body.alerts, alerts, task, "alerts")
            if isinstance(task.body, SensorBody) and isinstance(task.body.wait_for, AssetWait):
                self.known("asset", (task.body.wait_for.asset,), assets, task, "wait_for")
        for condition in _conditions(pipeline.schedule.on_assets):
            if condition.asset is not None:
                self.known("asset", (condition.asset,), assets, condition, "")

    def known(
        self,
        kind: str,
        names: tuple[str, ...],
        declared: Sequence[str],
        holder: Task | Pipeline | AssetCondition,
        key: str,
    ) -> None:
        """Report the names of a key that are not declared, each at its place in the list."""
        for index, name in enumerate(names):
            if name not in declared:
                span = holder.span
                if not isinstance(holder, AssetCondition):
                    span = holder.places.get(f"{key}.{index}") or holder.at(key)
                help = did_you_mean(name, declared) or f"declare it under `{kind}s:`"
                self.found.append(codes.UNKNOWN_NAME.at(span, kind=kind, name=name, help=help))


def _conditions(condition: AssetCondition | None) -> Iterator[AssetCondition]:
    if condition is not None:
        yield condition
        for operand in condition.operands:
            yield from _conditions(operand)


_FIRES: Final = frozenset({"cron", "every", "on_assets"})


def _without_other(schedule: Map, override: Map) -> Map:
    """An environment that says when to run takes the place of all that says so."""
    if _FIRES.isdisjoint(override):
        return schedule
    kept = {key: value for key, value in schedule.items() if key not in _FIRES}
    return schedule.copy_as(kept, schedule.marks)


def _places(value: Any, prefix: str = "") -> dict[str, Span]:
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


def _options(read: Reader, value: Map) -> Mapping[str, Mapping[str, Json]]:
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
