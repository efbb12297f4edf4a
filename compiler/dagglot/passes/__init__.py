"""The passes, in order. Each takes a pipeline and returns it with one thing less left implicit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from dagglot.diagnostics.model import Diagnostic
from dagglot.ir.model import Pipeline
from dagglot.passes.asset_order import asset_order
from dagglot.passes.branches import branches
from dagglot.passes.checks import checks
from dagglot.passes.connection_use import connection_use
from dagglot.passes.dependencies import dependencies
from dagglot.passes.kind_keys import kind_keys
from dagglot.passes.mapped_groups import mapped_groups
from dagglot.passes.moves import moves
from dagglot.passes.param_values import param_values
from dagglot.passes.partition_times import partition_times
from dagglot.passes.schedule_times import schedule_times
from dagglot.passes.shell_values import shell_values
from dagglot.passes.sql_timeouts import sql_timeouts
from dagglot.passes.teardowns import teardowns

Pass: TypeAlias = Callable[[Pipeline], tuple[Pipeline, tuple[Diagnostic, ...]]]

PASSES: Final[tuple[Pass, ...]] = (
    moves,
    checks,
    dependencies,
    asset_order,
    branches,
    teardowns,
    mapped_groups,
    kind_keys,
    shell_values,
    connection_use,
    sql_timeouts,
    param_values,
    schedule_times,
    partition_times,
)
