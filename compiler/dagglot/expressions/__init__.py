"""The expression language `${{ … }}`: parsed and typed, evaluated, and written for each target."""

from dagglot.expressions.helpers import HELPERS, needed

__all__ = ["HELPERS", "needed"]
