"""A valid document and its layers to the IR: defaults merged, nothing optional left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, cast

from dagglot.beside import Beside
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, split_lines
from dagglot.diagnostics.suggest import did_you_mean
from dagglot.expressions.evaluate import text_of
from dagglot.expressions.parse import Scope
from dagglot.frozen import dataclass
from dagglot.ir import connections, expand, pools, tasks
from dagglot.ir.kinds import AssetWait, NotifyBody, SensorBody
from dagglot.ir.model import (
    AssetCondition,
    Json,
    Pipeline,
    Task,
)
from dagglot.ir.sections import Sections, options, places_in
from dagglot.ir.variables import Variables
from dagglot.project import Layers
from dagglot.schema import violations
from dagglot.schema.findings import findings
from dagglot.source import Document, Map, Places

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


class _Pipeline(Sections):
    """Builds one pipeline."""

    def __init__(
        self,
        document: Document,
        expanded: expand.Expanded,
        layers: Layers,
        beside: Beside,
        found: list[Diagnostic],
    ) -> None:
        super().__init__(expanded.value, layers, expanded.constants, found)
        self.document = document
        self.expanded = expanded
        self.beside = beside
        self.found = found

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
            options=options(read, value),
            accept=self.accept(),
            tests=tuple(self.tests()),
            moved_from=self.moved(),
            span=value.span("pipeline") if "pipeline" in value else value.place(),
            places=Places(value, lambda: places_in(value.get("deadline"), "deadline.")),
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
