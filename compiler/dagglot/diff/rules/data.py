"""Assets, partitions and checks: the data that others rely on."""

from __future__ import annotations

from collections.abc import Sequence

from dagglot.diagnostics import changes
from dagglot.diff.compare import Change
from dagglot.diff.rules.base import Risk, Sides, Verdict, came, gone, says, some
from dagglot.diff.rules.instants import at_most
from dagglot.diff.rules.slices import missing
from dagglot.ir.asset_graph import facts
from dagglot.ir.model import Pipeline


def users(asset: str, sides: Sides) -> Sequence[str]:
    """The pipelines that read an asset or wait for it, in whatever orchestrator."""
    return [one.id for one in sides.others if one.id != sides.after.id and _uses(one, asset)]


def _uses(pipeline: Pipeline, asset: str) -> bool:
    if not pipeline.assets:
        return False
    known = facts(pipeline)
    return any(use.asset == asset for use in (*known.consumes, *known.waits))


def produced(change: Change, sides: Sides) -> Verdict:
    """`produces`."""
    asset = change.steps[-1]
    by_others = [one.id for one in sides.after.tasks if asset in one.produces]
    affected = users(asset, sides)
    who = f"it is used by {some(affected)}" if affected else "no pipeline here uses it"
    if gone(change):
        if by_others:
            words = f"`{by_others[0]}` updates it, at another time of the run"
            return says(changes.ASSET_DROPPED, words, Risk.REVIEW)
        words = f"nothing updates `{asset}` any more; {who}"
        return says(changes.ASSET_DROPPED, words, None if affected else Risk.REVIEW)
    started = [
        one.id
        for one in sides.others
        if one.assets and one.schedule.on_assets is not None and _uses(one, asset)
    ]
    if started:
        words = f"updates `{asset}`, which starts {some(started)}"
        return says(changes.ASSET_ADDED, words, Risk.REVIEW)
    return says(changes.ASSET_ADDED, f"updates `{asset}`")


def consumed(change: Change, sides: Sides) -> Verdict:
    """`consumes`."""
    asset = change.steps[-1]
    if gone(change):
        return says(changes.ASSET_CHANGED, f"does not say any more that it reads `{asset}`")
    return says(changes.ASSET_ADDED, f"reads `{asset}`")


def asset(change: Change, sides: Sides) -> Verdict:
    """The declaration of an asset."""
    if change.field == "assets":
        word = "is declared no more" if gone(change) else "is declared"
        words = f"{word}: who updates it is told of by itself"
        return says(changes.ASSET_CHANGED, words, Risk.COSMETIC)
    name = change.steps[1]
    if change.field == "uri":
        affected = users(name, sides)
        who = f"; it is used by {some(affected)}" if affected else ""
        words = f"it has another address{who}"
        return says(changes.ASSET_DROPPED, words, None if affected else Risk.REVIEW)
    words = {
        "freshness": "how old it may be is something else",
        "external": "who makes it is something else",
    }[change.field]
    return says(changes.ASSET_CHANGED, words)


def partitions(change: Change, sides: Sides) -> Verdict:
    """How the data is cut into slices."""
    if change.field == "partitions":
        word = "is not cut into slices any more" if gone(change) else "is cut into slices"
        return says(changes.PARTITIONS, f"the data {word}: keys of the past do not line up")
    if change.field == "keys" and came(change):
        words = "one more key, which is missing until it is backfilled"
        return says(changes.PARTITIONS, words, Risk.REVIEW)
    if change.field == "keys":
        return says(changes.PARTITIONS, "the slice of this key can no longer be asked for")
    words = "other slices: keys of the past do not line up with them"
    after = sides.after.partitions
    number = missing(after, sides, sides.since) if after is not None else 0
    if number:
        many = at_most(number, "partition")
        words += f"; {many} {'is' if number == 1 else 'are'} missing until backfilled"
    return says(changes.PARTITIONS, words)


def checked(change: Change, sides: Sides) -> Verdict:
    """A check that comes or goes, or how bad its failure is."""
    if change.field == "severity":
        if change.after == "warn":
            words = "bad data is warned of, and used"
            return says(changes.CHECK, words, Risk.BREAKING)
        return says(changes.CHECK, "bad data stops what waits for it")
    if gone(change):
        words = "nothing looks at this any more"
        return says(changes.CHECK, words, Risk.BREAKING)
    return says(changes.CHECK, "is looked at before others go on")
