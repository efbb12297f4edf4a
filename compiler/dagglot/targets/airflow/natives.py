"""The classes and functions that `native` tasks name: their Python names and their packages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from dagglot import pycode
from dagglot.ir.model import NativeBody, Pipeline, Value
from dagglot.targets.airflow.imports import airflow_module
from dagglot.targets.airflow.names import RESERVED


def native_aliases(pipeline: Pipeline, version: str) -> dict[tuple[str, str], str]:
    """The Python name of each class or function, by its module and its own name."""
    found: dict[tuple[str, str], str] = {}
    for task in pipeline.tasks:
        if not isinstance(task.body, NativeBody):
            continue
        for module, name in native_classes(task.body):
            if (module, name) not in found:
                known = name in RESERVED and airflow_module(name, version, default="") == module
                taken = {*found.values(), *(() if known else RESERVED)}
                alias = name if name not in taken else pycode.identifier(name, taken)
                found[module, name] = alias
    return found


def native_classes(body: NativeBody) -> Iterator[tuple[str, str]]:
    """The modules and the names in them that the task's `airflow` entry needs."""
    if "airflow" in body.calls:
        call = body.calls["airflow"]
        yield call.module, call.name.partition(".")[0]
        yield from _called(call.args)


def _called(value: Value) -> Iterator[tuple[str, str]]:
    """Those of the objects that arguments are built of."""
    if isinstance(value, Mapping):
        call = value.get("call")
        if set(value) == {"call", "args"} and isinstance(call, str):
            module, _, name = call.partition(":")
            yield module, name.partition(".")[0]
        for item in value.values():
            yield from _called(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _called(item)


_PROVIDER: Final = (  # few pipelines have a native task: compiled for those
    r"airflow\.providers\.(.+?)\.(?:operators|sensors|hooks|transfers|triggers|notifications|utils)\b"
)


def provider_package(module: str) -> str | None:
    """The package of a provider's module, by the names that Airflow gives to both."""
    match = re.match(_PROVIDER, module)
    return f"apache-airflow-providers-{match[1].replace('.', '-')}" if match else None
