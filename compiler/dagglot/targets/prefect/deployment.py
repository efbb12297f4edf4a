"""The file ``prefect.yaml``: a deployment for each pipeline."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

import yaml

from dagglot.ir.model import Pipeline
from dagglot.pycode import Code
from dagglot.targets.base import Context
from dagglot.targets.prefect import assets, docs
from dagglot.targets.prefect.names import TARGET, Naming
from dagglot.targets.prefect.schedules import entries

ESCAPE: Final = "{{ - }}"
"""Prefect fills in each ``{{ name }}`` of the file; for this it has nothing, and removes it."""


NO_SCHEDULE: Final[Mapping[str, Any]] = {
    "slug": "cron",
    "cron": "0 0 1 1 *",
    "timezone": "UTC",
    "day_or": True,
    "active": False,
}
"""What takes the place of a schedule that was removed: an empty list leaves the old one on."""


def entry(pipeline: Pipeline, context: Context, names: Naming) -> dict[str, Any]:
    """The deployment of a pipeline, as plain data.

    Work pool, queue and job variables are Prefect's own, so their ``{{ $VARIABLE }}`` stay.
    """
    options: dict[str, Any] = {**context.options, **_own(pipeline)}
    pool: dict[str, Any] = {"name": options.get("work_pool") or "default"}
    if options.get("work_queue"):
        pool["work_queue_name"] = options["work_queue"]
    if options.get("job_variables"):
        pool["job_variables"] = _plain(options["job_variables"])
    tags = [*pipeline.tags, *([f"owner:{pipeline.owner}"] if pipeline.owner else [])]
    made: dict[str, Any] = {
        "name": pipeline.id,
        "description": escaped(docs.deployment_description(pipeline)),
        "entrypoint": names.entrypoint,
        "tags": [escaped(tag) for tag in dict.fromkeys(tags)],
        "parameters": {},
        "enforce_parameter_schema": True,
        "paused": False,
        "work_pool": pool,
        "schedules": schedules(pipeline, names),
    }
    if pipeline.schedule.on_assets is not None:
        made["triggers"] = triggers(pipeline, names)
    limit = concurrency_limit(pipeline)
    if limit is not None:
        made["concurrency_limit"] = limit
    if options.get("version"):
        made["version"] = escaped(str(options["version"]))
    return made


def concurrency_limit(pipeline: Pipeline) -> dict[str, Any] | None:
    """How many runs there may be at once, and what becomes of one that comes too early."""
    concurrency = pipeline.concurrency
    skips = concurrency.on_overlap == "skip"
    if concurrency.max_active_runs is None and not skips:
        return None
    return {
        "limit": concurrency.max_active_runs or 1,
        "collision_strategy": "CANCEL_NEW" if skips else "ENQUEUE",
    }


def schedules(pipeline: Pipeline, names: Naming) -> list[dict[str, Any]]:
    """What makes runs by itself, or one that is off."""
    schedule = pipeline.schedule
    made = [{**entry.data(), "active": schedule.enabled} for entry in entries(schedule)]
    if not made:
        return [dict(NO_SCHEDULE)]
    if schedule.params:
        for one in made:
            one["parameters"] = {
                names.params[name]: escaped(_plain(value))
                for name, value in schedule.params.items()
            }
    if pipeline.partitions is not None and pipeline.partitions.keys:
        from dagglot.targets.prefect.partitions import by_key

        keys = {key: escaped(key) for key in pipeline.partitions.keys}
        made = [each for one in made for each in by_key(keys, one)]
    return made


def triggers(pipeline: Pipeline, names: Naming) -> list[dict[str, Any]]:
    """What starts runs when data is updated."""
    schedule = pipeline.schedule
    made = assets.triggers(pipeline)
    for one in made:
        one["enabled"] = schedule.enabled
        if schedule.params:
            one["parameters"] = {
                names.params[name]: _plain(value) for name, value in schedule.params.items()
            }
    return made


def _own(pipeline: Pipeline) -> dict[str, Any]:
    own = pipeline.options.get(TARGET, {})
    return {key: value for key, value in own.items() if value is not None}


def escaped(value: Any) -> Any:
    """The value as it must stand in the file, so that it is deployed as it is."""
    match value:
        case str():
            return re.sub(r"\{(?=\{)", "{" + ESCAPE, value)
        case list():
            return [escaped(item) for item in value]
        case dict():
            return {key: escaped(item) for key, item in value.items()}
        case _:
            return value


def _plain(value: Any) -> Any:
    """Frozen data with lists again, which YAML can write."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return value


# --- YAML -----------------------------------------------------------------------------------------


_QUOTED: Final = ("cron", "anchor_date")


class _Quoted(str):
    """Text that is written in quotes though it need not be: one expects them around a cron line."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Lists indented below their key; several lines as a block."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None
    if any(map(_is_hostile, set(text))):
        style = '"'
    elif "\n" in text:
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(
    _Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, '"')
)


def _is_hostile(char: str) -> bool:
    """What nobody sees, or what turns the direction of text: controls, formats, separators."""
    return char != "\n" and (
        unicodedata.category(char) in ("Cc", "Cf", "Co", "Cn", "Zl", "Zp")
        or (char != " " and unicodedata.category(char) == "Zs")
    )


def dump(deployments: Sequence[Mapping[str, Any]]) -> Code:
    """The text below the head of ``prefect.yaml``."""
    data = {"deployments": [_quoted(one) for one in deployments]}
    text = yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000, line_break="\n"
    )
    # these stand in double quotes, where YAML has an escape for each
    escapes = {ord(char): _escape(char) for char in set(text) if _is_hostile(char)}
    return Code(text.translate(escapes))


def _quoted(deployment: Mapping[str, Any]) -> dict[str, Any]:
    schedules = [
        {key: _Quoted(value) if key in _QUOTED else value for key, value in one.items()}
        for one in deployment["schedules"]
    ]
    return {**deployment, "schedules": schedules}


def _escape(char: str) -> str:
    point = ord(char)
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
