"""Defaults of params and the values that a schedule gives them are values that they accept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.diagnostics.suggest import did_you_mean
from dagglot.ir.model import Json, Param, Pipeline
from dagglot.ir.params import refusal


def param_values(pipeline: Pipeline) -> tuple[Pipeline, tuple[Diagnostic, ...]]:
    """The pipeline as it is, and a finding for each value that a run would refuse."""
    return pipeline, (*_defaults(pipeline), *_schedule(pipeline))


def _defaults(pipeline: Pipeline) -> Iterator[Diagnostic]:
    for param in pipeline.params:
        impossible = tuple(_impossible(param))
        yield from impossible
        if not param.required and not impossible:
            wrong = refusal(param, param.default)
            if wrong:
                yield codes.PARAM_DEFAULT.at(
                    param.at("default"), message=f"the default of the param `{param.name}` {wrong}"
                )


def _impossible(param: Param) -> Iterator[Diagnostic]:
    """Limits that are wrong in themselves, whatever value is given."""
    if param.pattern is not None:
        try:
            re.compile(param.pattern)
        except (re.error, RecursionError, OverflowError) as error:
            yield codes.PARAM_DEFAULT.at(
                param.at("pattern"),
                message=f"the pattern of the param `{param.name}` cannot be read: {error}",
            )
    if param.minimum is not None and param.maximum is not None and param.minimum > param.maximum:
        yield codes.PARAM_DEFAULT.at(
            param.at("maximum"),
            message=f"the param `{param.name}` accepts no number: its `maximum` is below its "
            "`minimum`",
        )
    if not param.type.members:
        return
    bare = replace(param, pattern=None, minimum=None, maximum=None)
    bare = replace(bare, type=replace(param.type, members=None))
    for index, member in enumerate(param.type.members):
        wrong = refusal(bare, cast("Json", member))
        if wrong:
            yield codes.PARAM_DEFAULT.at(
                param.places.get(f"enum.{index}") or param.at("enum"),
                message=f"a member of the `enum` of the param `{param.name}` {wrong}",
            )


def _schedule(pipeline: Pipeline) -> Iterator[Diagnostic]:
    schedule = pipeline.schedule
    declared: dict[str, Param] = {param.name: param for param in pipeline.params}
    for name, value in schedule.params.items():
        if name not in declared:
            yield codes.PARAM_DEFAULT.at(
                schedule.at(f"params.{name}"),
                message=f"the schedule gives a value to `{name}`, which is no param",
                help=did_you_mean(name, declared),
            )
            continue
        wrong = refusal(declared[name], value)
        if wrong:
            yield codes.PARAM_DEFAULT.at(
                schedule.at(f"params.{name}"),
                message=f"the schedule's value of the param `{name}` {wrong}",
            )
    if schedule.is_set:
        for param in pipeline.params:
            if param.required and param.name not in schedule.params:
                yield codes.PARAM_REQUIRED.at(param.span, param=param.name)
