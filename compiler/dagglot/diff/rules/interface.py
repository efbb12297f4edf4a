"""What a run is given: its params."""

from __future__ import annotations

from dagglot.diagnostics import changes
from dagglot.diff.compare import Change
from dagglot.diff.rules.base import Sides, Verdict, came, gone, says
from dagglot.expressions.types import Kind, Type


def param(change: Change, sides: Sides) -> Verdict:
    """A whole param."""
    if gone(change):
        return says(changes.PARAM_NARROWED, "a run that is given it is refused")
    if change.after.required:
        return says(changes.PARAM_NARROWED, "a run that is not given it is refused")
    return says(changes.PARAM_WIDENED, "is new, and has a default")


def required(change: Change, sides: Sides) -> Verdict:
    """Whether a param has a default."""
    if change.after:
        return says(changes.PARAM_NARROWED, "a run that is not given it is refused")
    return says(changes.PARAM_WIDENED, "it need not be given any more")


def type_of(change: Change, sides: Sides) -> Verdict:
    """The type of a param, and which values it has."""
    if _holds(change.after, change.before):
        return says(changes.PARAM_WIDENED, "every value that was allowed is allowed")
    return says(changes.PARAM_NARROWED, "values that were allowed are refused")


def _holds(wide: Type, narrow: Type) -> bool:
    """Whether every value of a type is one of another."""
    kinds = wide.kind is narrow.kind or (wide.kind, narrow.kind) == (Kind.NUMBER, Kind.INTEGER)
    if not kinds or (narrow.nullable and not wide.nullable):
        return False
    if wide.members is None:
        return True
    return narrow.members is not None and set(narrow.members) <= set(wide.members)


def bounds(change: Change, sides: Sides) -> Verdict:
    """`minimum`, `maximum` and `pattern`."""
    before, after = change.before, change.after
    wider = gone(change)
    if not wider and not came(change) and change.field != "pattern":
        wider = after < before if change.field == "minimum" else after > before
    if wider:
        return says(changes.PARAM_WIDENED, "every value that was allowed is allowed")
    return says(changes.PARAM_NARROWED, "values that were allowed are refused")


def default(change: Change, sides: Sides) -> Verdict:
    """The value of a run that is not given one."""
    if change.owner == "Schedule":
        return says(changes.PARAM_DEFAULT, "runs of the schedule are given another value")
    if gone(change):
        return says(changes.PARAM_NARROWED, "there is no default any more")
    if came(change):
        return says(changes.PARAM_WIDENED, "there is a default")
    return says(changes.PARAM_DEFAULT, "runs that are not given it work with another value")
