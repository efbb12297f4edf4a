"""The targets there are. Each is imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.diagnostics.suggest import did_you_mean
from dagglot.targets.base import Target

if TYPE_CHECKING:
    from dagglot.ir.model import Pipeline
    from dagglot.targets.base import Aftermath, Event

NAMES: Final = ("airflow", "prefect", "dagster")


def get(name: str) -> Target:
    """The target of a name in `NAMES`."""
    target: Target = import_module(f"dagglot.targets.{name}.target").TARGET
    return target


def kinds(name: str) -> Mapping[str, str]:
    """The target's own calls that a kind of the language stands for, with that kind."""
    made: Mapping[str, str] = import_module(f"dagglot.targets.{name}.neutral").KINDS
    return made


def aftermath(name: str) -> Callable[[Event, Pipeline, Pipeline], Aftermath | None]:
    """What a target keeps of a pipeline that changed: of the event, the old one and the new one."""
    found: Callable[[Event, Pipeline, Pipeline], Aftermath | None] = import_module(
        f"dagglot.targets.{name}.aftermath"
    ).aftermath
    return found


def parse(word: str) -> tuple[Target, str] | Diagnostic:
    """``airflow`` or ``airflow@2.11`` to the target and a minor version it generates for."""
    name, _, version = word.partition("@")
    if name not in NAMES:
        return codes.UNKNOWN_TARGET.at(None, target=name, help=did_you_mean(name, NAMES))
    target = get(name)
    resolved = resolve(target, version or None)
    if resolved is None:
        known = ", ".join(f"`{name}@{one}`" for one in target.versions)
        return codes.UNKNOWN_VERSION.at(
            None, target=name, version=version, help=f"there is {known}"
        )
    return target, resolved


def resolve(target: Target, version: str | None) -> str | None:
    """The minor version that a version means: ``3``, ``3.3`` and ``3.3.2`` are ``3.3``."""
    if version is None:
        return target.versions[0]
    for known in target.versions:
        if version == known or version.startswith(f"{known}.") or known.startswith(f"{version}."):
            return known
    return None
