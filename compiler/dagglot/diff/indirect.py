"""Which other pipelines a change reaches: by assets, by sensors, by who starts whom.

Pipelines and assets mean the same whatever orchestrator runs them, so that a consumer elsewhere is
found too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from dagglot.diagnostics.model import Span
from dagglot.ir.kinds import AssetWait, PipelineWait, SensorBody, TriggerPipelineBody
from dagglot.ir.model import AssetCondition, Pipeline


class Reached(NamedTuple):
    """A pipeline that depends on another: how, by the name of which asset or pipeline, and where it
    says so; ``through`` is the one in between, where it is no neighbour."""

    pipeline: str
    way: str
    name: str
    through: str | None
    span: Span


_Source: TypeAlias = tuple[str, str]
"""``("asset", name)`` or ``("pipeline", id)``."""


class _Link(NamedTuple):
    pipeline: str
    way: str
    name: str
    span: Span


class Links:
    """Who depends on what, of all pipelines that there are now."""

    def __init__(self, pipelines: Sequence[Pipeline]) -> None:
        self.known = {one.id: one for one in pipelines}
        self.to: dict[_Source, dict[_Link, None]] = defaultdict(dict)
        for pipeline in pipelines:
            for source, link in _of(pipeline):
                if link.pipeline in self.known:
                    self.to[source][link] = None

    def reached(self, before: Pipeline, after: Pipeline) -> tuple[Reached, ...]:
        """What depends on a pipeline, the nearest first, each by every way of its neighbour."""
        seen = {before.id, after.id}
        # who was started by it, or read its asset, is reached also where that is gone
        sources = dict.fromkeys((*_sources(before), *_sources(after)))
        found = list(self._direct(sources, seen, before))
        front = list(dict.fromkeys(one.pipeline for one in found))
        while front:
            seen.update(front)
            more: dict[str, list[Reached]] = {}
            for id in front:
                pipeline = self.known.get(id)
                for source in _sources(pipeline) if pipeline is not None else ():
                    for link in self.to.get(source, ()):
                        if link.pipeline not in seen:
                            reached = Reached(*link[:3], id, link.span)
                            more.setdefault(link.pipeline, []).append(reached)
            found += [ways[0] for ways in more.values()]
            front = list(more)
        return tuple(found)

    def _direct(
        self, sources: dict[_Source, None], seen: set[str], before: Pipeline
    ) -> Iterator[Reached]:
        links = {link: None for source in sources for link in self.to.get(source, ())}
        # what it started, and starts no more
        links |= {
            link: None
            for _, link in _started(before)
            if link.pipeline in self.known and not any(one[:2] == link[:2] for one in links)
        }
        for link in links:
            if link.pipeline not in seen:
                yield Reached(*link[:3], None, link.span)


def _sources(pipeline: Pipeline) -> Iterator[_Source]:
    yield "pipeline", pipeline.id
    for task in pipeline.tasks:
        for name in task.produces:
            yield "asset", name


def _of(pipeline: Pipeline) -> Iterator[tuple[_Source, _Link]]:
    id = pipeline.id
    for name, span in _named(pipeline.schedule.on_assets):
        yield ("asset", name), _Link(id, "started_by_asset", name, span)
    for task in pipeline.tasks:
        for name in task.consumes:
            yield ("asset", name), _Link(id, "reads", name, task.at("consumes"))
        match task.body:
            case SensorBody(wait_for=AssetWait(asset=name)):
                yield ("asset", name), _Link(id, "waits_for_asset", name, task.at("wait_for"))
            case SensorBody(wait_for=PipelineWait(pipeline=name)):
                yield ("pipeline", name), _Link(id, "waits_for", name, task.at("wait_for"))
            case TriggerPipelineBody(pipeline=name):
                yield ("pipeline", name), _Link(id, "triggers", name, task.at("pipeline"))
    yield from _started(pipeline)


def _started(pipeline: Pipeline) -> Iterator[tuple[_Source, _Link]]:
    """The pipelines that it starts."""
    for task in pipeline.tasks:
        if isinstance(task.body, TriggerPipelineBody):
            link = _Link(task.body.pipeline, "started_by", pipeline.id, task.at("pipeline"))
            yield ("pipeline", pipeline.id), link


def _named(condition: AssetCondition | None) -> Iterator[tuple[str, Span]]:
    if condition is not None:
        if condition.asset is not None:
            yield condition.asset, condition.span
        for operand in condition.operands:
            yield from _named(operand)
