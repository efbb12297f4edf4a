"""What only Dagster understands: the project's options, then the pipeline's own."""

from __future__ import annotations

import keyword
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from dagglot import pycode
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.ir.expand import thaw
from dagglot.ir.model import Pipeline
from dagglot.pycode import Call
from dagglot.targets.base import Context
from dagglot.targets.dagster import labels
from dagglot.targets.dagster.imports import Imports
from dagglot.targets.dagster.names import DEFINITIONS, FOLDER, PACKAGE
from dagglot.targets.dagster.scope import call_of

_SHORTEST_FRESHNESS: Final = timedelta(minutes=1)
_MAPS: Final = ("metadata", "run_tags")
"""What a pipeline adds to the project's, key by key."""


def options(pipeline: Pipeline, context: Context) -> dict[str, Any]:
    """Key by key, also in maps of names; null takes away what the project says."""
    own: dict[str, Any] = dict(pipeline.options.get("dagster", {}))
    both = {**context.options, **own}
    for key in _MAPS:
        merged = {**(context.options.get(key) or {}), **(own.get(key) or {})}
        both[key] = {name: thaw(one) for name, one in merged.items() if one is not None}
    return {key: value for key, value in both.items() if value is not None}


def run_tags(pipeline: Pipeline, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The tags of runs, where they are not those of the job."""
    given = chosen["run_tags"]
    more = {key: str(one) if isinstance(one, int) else one for key, one in given.items()}
    return {**labels.job_tags(pipeline), **more} if more else {}


def io_manager(chosen: Mapping[str, Any], imports: Imports, taken: Collection[str]) -> Call | None:
    """The object, whose class is imported with the file."""
    given = chosen.get("io_manager")
    return _made(given, imports, taken) if given is not None else None


def _made(given: Mapping[str, Any], imports: Imports, taken: Collection[str]) -> Call:
    module, _, name = given["call"].partition(":")
    if module == "dagster":
        function = f"dg.{name}"
    else:
        function = pycode.identifier(name, taken)
        imports.name(module, name, function)
    args = given.get("args") or {}
    return call_of(function, {key: _value(one, imports, taken) for key, one in args.items()})


def _value(value: Any, imports: Imports, taken: Collection[str]) -> object:
    """A mapping of exactly ``call`` and ``args`` builds an object."""
    match value:
        case Mapping() if _is_object(value):
            return _made(value, imports, taken)
        case Mapping():
            return {key: _value(one, imports, taken) for key, one in value.items()}
        case tuple() | list():
            return [_value(one, imports, taken) for one in value]
        case _:
            return value


def _is_object(value: Mapping[str, Any]) -> bool:
    return set(value) == {"call", "args"} and isinstance(value["call"], str)


def _calls(value: Any) -> Iterator[str]:
    """Every ``module:Class`` in the option `io_manager`."""
    match value:
        case Mapping():
            if _is_object(value):
                yield value["call"]
            for one in value.values():
                yield from _calls(one)
        case tuple() | list():
            for one in value:
                yield from _calls(one)
        case _:
            return


def refusals(pipeline: Pipeline, context: Context, title: str) -> Iterator[Diagnostic]:
    chosen = options(pipeline, context)
    place = pipeline.at("targets")
    if chosen.get("style") == "assets":
        from dagglot.targets.dagster import asset_style

        yield from asset_style.refusals(pipeline, title)
    for asset in pipeline.assets:
        if asset.freshness is not None and asset.freshness < _SHORTEST_FRESHNESS:
            yield codes.UNSUPPORTED.at(
                asset.span,
                target=title,
                feature="`freshness` of less than a minute",
                reason="a freshness policy of Dagster has a window of a minute or more",
            )
    if chosen.get("executor") == "in_process" and "max_concurrent" in chosen:
        yield codes.UNSUPPORTED.at(
            place,
            target=title,
            feature="`max_concurrent` with `executor: in_process`",
            reason="one process runs one step at a time",
        )
    for key in chosen["run_tags"].keys() & labels.job_tags(pipeline).keys():
        yield codes.UNSUPPORTED.at(
            place,
            target=title,
            feature=f"`{key}` in `run_tags`",
            reason="the job has a tag of that name, which its runs have too",
        )
    given = chosen.get("io_manager") or {}
    for call in (*([given["call"]] if given else []), *_calls(given.get("args"))):
        module, _, name = call.partition(":")
        words = [*module.split("."), name]
        if not all(one.isidentifier() and not keyword.iskeyword(one) for one in words):
            yield codes.BAD_CALL.at(place, call=call)
        elif words[0] in {PACKAGE, FOLDER, DEFINITIONS}:
            yield codes.TAKEN_MODULE.at(place, target=title, module=words[0])
