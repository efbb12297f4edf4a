"""The graph of the assets of a whole project: who makes them, who waits for them.

It is made of what little each pipeline says of assets, which the manifest keeps too, so that a
compile knows the graph without reading again what is unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Related, Span
from dagglot.frozen import dataclass
from dagglot.ir import graph
from dagglot.ir.kinds import AssetWait, SensorBody
from dagglot.ir.model import Asset, AssetCondition, Pipeline


class Use(NamedTuple):
    """An asset that is named; without a ``span`` where the manifest tells of it."""

    asset: str
    span: Span | None = None


class Declared(NamedTuple):
    """What a document, or the project file for it, says of an asset."""

    asset: str
    says: Mapping[str, Any]
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a pipeline says of assets. ``starts`` is the condition that starts it: a name, or
    ``["all", …]``, ``["any", …]``."""

    pipeline: str
    produces: tuple[Use, ...] = ()
    consumes: tuple[Use, ...] = ()
    waits: tuple[Use, ...] = ()
    starts: Any = None
    declares: tuple[Declared, ...] = ()

    @property
    def says_something(self) -> bool:
        return bool(self.produces or self.consumes or self.waits or self.declares)

    @property
    def is_placed(self) -> bool:
        """Whether it was read from the document itself."""
        uses = (*self.produces, *self.consumes, *self.waits)
        return all(one.span for one in uses) and all(one.span for one in self.declares)


def facts(pipeline: Pipeline) -> Facts:
    """What a pipeline says of assets; of the project's, those that it has to do with."""
    produces: list[Use] = []
    consumes: list[Use] = []
    waits = list(_named(pipeline.schedule.on_assets))
    for task in pipeline.tasks:
        for key, uses in (("produces", produces), ("consumes", consumes)):
            for index, name in enumerate(getattr(task, key)):
                uses.append(Use(name, task.places.get(f"{key}.{index}") or task.at(key)))
        if isinstance(task.body, SensorBody) and isinstance(task.body.wait_for, AssetWait):
            waits.append(Use(task.body.wait_for.asset, task.at("wait_for")))
    touched = {use.asset for use in (*produces, *consumes, *waits)}
    return Facts(
        pipeline.id,
        tuple(produces),
        tuple(consumes),
        tuple(waits),
        _condition(pipeline.schedule.on_assets),
        tuple(
            Declared(asset.name, _said(asset), asset.span)
            for asset in pipeline.assets
            if asset.name in touched or asset.span.file == pipeline.source
        ),
    )


def as_json(made: Facts) -> dict[str, Any]:
    """The facts for the manifest: without their places."""
    if not made.says_something:
        return {}
    data: dict[str, Any] = {
        key: [use.asset for use in getattr(made, key)] for key in ("produces", "consumes", "waits")
    }
    data["starts"] = made.starts
    data["declares"] = {one.asset: dict(one.says) for one in made.declares}
    return {key: value for key, value in data.items() if value}


def from_json(pipeline: str, data: Mapping[str, Any]) -> Facts:
    """The facts that the manifest has kept."""
    uses = {key: tuple(map(Use, data.get(key, ()))) for key in ("produces", "consumes", "waits")}
    declares = tuple(Declared(name, said) for name, said in data.get("declares", {}).items())
    return Facts(pipeline, starts=data.get("starts"), declares=declares, **uses)


def _named(condition: AssetCondition | None) -> Iterator[Use]:
    if condition is not None:
        if condition.asset is not None:
            yield Use(condition.asset, condition.span)
        for operand in condition.operands:
            yield from _named(operand)


def _condition(condition: AssetCondition | None) -> Any:
    if condition is None or condition.asset is not None:
        return condition and condition.asset
    return [condition.operator, *map(_condition, condition.operands)]


def _said(asset: Asset) -> dict[str, Any]:
    """What is written of an asset, but for what says nothing."""
    fresh = asset.freshness.total_seconds() if asset.freshness is not None else None
    said = {
        "uri": asset.uri,
        "description": asset.description,
        "owner": asset.owner,
        "tags": list(asset.tags),
        "group": asset.group,
        "freshness": fresh,
        "external": asset.external,
    }
    return {key: value for key, value in said.items() if value}


# --- what is wrong with it ----------------------------------------------------------------------


class Found(NamedTuple):
    """A finding, and the pipelines that must not be written because of it."""

    diagnostic: Diagnostic
    pipelines: tuple[str, ...]


def findings(all_facts: Sequence[Facts], *, whole: bool) -> Iterator[Found]:
    """What is wrong with the graph. Only of a ``whole`` project can be said what is not in it."""
    yield from _declared_twice(all_facts)
    yield from _producers(all_facts)
    yield from _loops(all_facts)
    if whole:
        yield from _not_produced(all_facts)


def _declared_twice(all_facts: Sequence[Facts]) -> Iterator[Found]:
    first: dict[str, tuple[Facts, Declared]] = {}
    for one in all_facts:
        for declared in one.declares:
            other, before = first.setdefault(declared.asset, (one, declared))
            if before.says == declared.says:
                continue
            keys = [*before.says, *(key for key in declared.says if key not in before.says)]
            differ = [key for key in keys if before.says.get(key) != declared.says.get(key)]
            yield Found(
                codes.ASSET_DECLARED_TWICE.at(
                    declared.span,
                    asset=declared.asset,
                    keys=" and ".join(f"`{key}`" for key in differ),
                    related=_related(before.span, "first declared here"),
                    help="declare it once, under `assets` of the project file",
                ),
                (other.pipeline, one.pipeline),
            )


def _producers(all_facts: Sequence[Facts]) -> Iterator[Found]:
    external = {said.asset: said for one in all_facts for said in one.declares if _external(said)}
    first: dict[str, tuple[Facts, Use]] = {}
    for one in all_facts:
        for use in one.produces:
            other, before = first.setdefault(use.asset, (one, use))
            if other.pipeline != one.pipeline:
                message = f"asset `{use.asset}` is produced by two pipelines"
                place, related = before.span, f"`{other.pipeline}` produces it here"
                help = "give one of the two a name of its own"
            elif use.asset in external and before is use:
                message = f"asset `{use.asset}` is declared `external`, and is produced here"
                place, related = external[use.asset].span, "declared here"
                help = "leave out `external`"
            else:
                continue
            yield Found(
                codes.ASSET_PRODUCERS.at(
                    use.span, message=message, related=_related(place, related), help=help
                ),
                (other.pipeline, one.pipeline),
            )


def _external(declared: Declared) -> bool:
    return bool(declared.says.get("external"))


def _loops(all_facts: Sequence[Facts]) -> Iterator[Found]:
    """Pipelines that keep each other running: each is started by what the others produce, and by
    nothing else. What also waits for something from outside of the circle is none."""
    circle = {one.pipeline: one for one in all_facts if one.starts is not None and one.produces}
    while True:
        made = {use.asset for one in circle.values() for use in one.produces}
        kept = {id: one for id, one in circle.items() if _holds(one.starts, made)}
        if len(kept) == len(circle):
            break
        circle = kept
    maker = {use.asset: (id, use) for id, one in circle.items() for use in one.produces}
    edges = {
        id: tuple(maker[name][0] for name in _names(one.starts) if name in maker)
        for id, one in circle.items()
    }
    for path in graph.cycles(edges):
        steps = []
        for id, starter in pairwise(path):
            asset = next(
                name for name in _names(circle[id].starts) if maker.get(name, ("",))[0] == starter
            )
            steps.append((starter, maker[asset][1], id))
        steps.reverse()  # from the one that produces to the one that it starts
        words = ", ".join(f"`{use.asset}` of `{one}` starts `{next_}`" for one, use, next_ in steps)
        related = tuple(
            place
            for one, use, _ in steps[1:]
            for place in _related(use.span, f"`{one}` produces it here")
        )
        yield Found(
            codes.ASSET_LOOP.at(
                steps[0][1].span,
                loop=words,
                related=related,
                help="take one of these assets out of an `on_assets`",
            ),
            path[:-1],
        )


def _holds(starts: Any, made: set[str]) -> bool:
    """Whether these assets alone start a run."""
    if isinstance(starts, str):
        return starts in made
    operator, *operands = starts
    return (all if operator == "all" else any)(_holds(one, made) for one in operands)


def _names(starts: Any) -> Iterator[str]:
    if isinstance(starts, str):
        yield starts
    else:
        for one in starts[1:]:
            yield from _names(one)


def _not_produced(all_facts: Sequence[Facts]) -> Iterator[Found]:
    known = {use.asset for one in all_facts for use in one.produces}
    known |= {said.asset for one in all_facts for said in one.declares if _external(said)}
    for one in all_facts:
        for use in (*one.waits, *one.consumes):
            if use.asset not in known:
                yield Found(
                    codes.ASSET_NOT_PRODUCED.at(
                        use.span,
                        asset=use.asset,
                        help="`external: true` in its declaration, if others produce it",
                    ),
                    (),
                )


def _related(span: Span | None, words: str) -> tuple[Related, ...]:
    return (Related(span, words),) if span is not None else ()
