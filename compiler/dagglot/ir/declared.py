"""A pipeline without what the project declares for others: who adds an asset for one pipeline has
not changed the three hundred that never name it."""

from __future__ import annotations

from dagglot.ir import asset_graph, connections, events
from dagglot.ir.model import Alert, Asset, Connection, Pipeline, changed


def own(pipeline: Pipeline) -> Pipeline:
    """The pipeline with the assets, connections and alerts that it uses, or declares itself."""
    if not (pipeline.assets or pipeline.connections or pipeline.alerts):
        return pipeline
    used = {one.name for one in connections.used(pipeline)}
    used |= {one.name for one in events.told(pipeline)}
    assets = {one.asset for one in asset_graph.facts(pipeline).declares}

    def keep(one: Connection | Alert) -> bool:
        return one.name in used or one.span.file == pipeline.source

    def keep_asset(one: Asset) -> bool:
        return one.name in assets

    return changed(
        pipeline,
        assets=tuple(filter(keep_asset, pipeline.assets)),
        connections=tuple(filter(keep, pipeline.connections)),
        alerts=tuple(filter(keep, pipeline.alerts)),
    )
