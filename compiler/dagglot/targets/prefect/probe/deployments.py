"""The deployments of a prefect.yaml: as the file has them, or as a server holds them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import common

FILE = "prefect.yaml"
# Prefect ignores what it does not know; this holds anchors for the rest of the file
KNOWN_TOP_LEVEL = {"definitions"}

# `prefect deploy` fills in each {{ name }}, also in texts, and has no escape. It makes nothing
# of a name that is not known, and no step, variable or environment can have this one; so text
# that holds {{ ds }} is written as {{{ - }}{ ds }} and deployed as it was meant.
ESCAPE = "{{ - }}"


def read(errors: list[dict[str, str]]) -> list[dict[str, Any]]:
    """What Prefect's own model keeps of the file; what it drops in silence is an error."""
    import yaml
    from prefect.cli.deploy._models import PrefectYamlModel

    if not Path(FILE).exists():
        return []
    try:
        written = yaml.safe_load(Path(FILE).read_text())
        model = PrefectYamlModel.model_validate(written)
        kept = model.model_dump(mode="json", by_alias=True, exclude_unset=True)
    except Exception as error:
        errors.append({"file": FILE, "message": common.one_line(error)})
        return []
    errors += [
        {"file": FILE, "message": f"Prefect ignores `{path}`"}
        for path in vanished(written, kept)
        if path not in KNOWN_TOP_LEVEL
    ]
    found = without_escapes(kept.get("deployments", []))
    for one in (one for deployment in found for one in deployment.get("schedules") or ()):
        if "interval" in one:  # the model prints PT1H30M
            one["interval"] = seconds(one["interval"])
    return found


def seconds(text: str) -> float:
    """A duration in ISO 8601 as the file has it."""
    from datetime import timedelta

    from pydantic import TypeAdapter

    return TypeAdapter(timedelta).validate_python(text).total_seconds()


def without_escapes(value: Any) -> Any:
    """The value as it is after `prefect deploy`, where it holds no placeholder but the escape."""
    match value:
        case str():
            return value.replace(ESCAPE, "")
        case list():
            return [without_escapes(item) for item in value]
        case dict():
            return {key: without_escapes(item) for key, item in value.items()}
    return value


def vanished(written: Any, kept: Any, path: str = "") -> list[str]:
    """The paths of the keys that are in ``written`` and not in ``kept``."""
    match written, kept:
        case dict(), dict():
            lost = []
            for key, value in written.items():
                place = f"{path}.{key}" if path else str(key)
                lost += vanished(value, kept[key], place) if key in kept else [place]
            return lost
        case list(), list():
            return [
                place
                for index, (one, other) in enumerate(zip(written, kept, strict=False))
                for place in vanished(one, other, f"{path}[{index}]")
            ]
    return []


def deploy(errors: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Deploys everything to the server of PREFECT_API_URL, and reads back what is there."""
    from prefect.client.orchestration import get_client

    written = read(errors)
    if not written:
        return []
    with get_client(sync_client=True) as client:
        _make_work_pools(client, written)
        command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
        env = {**os.environ, "COLUMNS": "200"}
        # output goes to a pipe so that it can be quoted; Prefect writes its warnings there too
        done = subprocess.run(
            command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        print(done.stdout)
        if done.returncode:
            message = f"prefect deploy: exit code {done.returncode}: {done.stdout[-2000:]}"
            errors.append({"file": FILE, "message": message})
        held = [_describe(client, deployment) for deployment in client.read_deployments()]
    errors += [{"file": FILE, "message": message} for message in differences(written, held)]
    return sorted(held, key=lambda deployment: (deployment["flow"], deployment["name"]))


def _make_work_pools(client: Any, written: list[dict[str, Any]]) -> None:
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    for name in sorted(
        {(entry.get("work_pool") or {}).get("name") or "" for entry in written} - {""}
    ):
        client.create_work_pool(
            WorkPoolCreate(name=name, type="process", base_job_template=template)
        )


def _describe(client: Any, deployment: Any) -> dict[str, Any]:
    data = deployment.model_dump(mode="json")
    kept = [
        "name",
        "entrypoint",
        "parameters",
        "tags",
        "description",
        "paused",
        "enforce_parameter_schema",
        "version",
        "concurrency_options",
        "pull_steps",
        "job_variables",
        "work_queue_name",
        "labels",
    ]
    limit = deployment.global_concurrency_limit
    return {
        "flow": client.read_flow(deployment.flow_id).name,
        **{name: data.get(name) for name in kept},
        "work_pool": deployment.work_pool_name,
        "concurrency_limit": limit.limit if limit else None,
        "parameter_schema": data.get("parameter_openapi_schema"),
        "schedules": [
            {
                **entry["schedule"],
                **{key: entry.get(key) for key in ("active", "parameters", "slug")},
            }
            for entry in data["schedules"]
        ],
    }


COMPARED = ("parameters", "tags", "description", "paused", "enforce_parameter_schema", "version")


def differences(written: list[dict[str, Any]], held: list[dict[str, Any]]) -> list[str]:
    """What the file says and the server does not hold."""
    messages = []
    deployed = {(one["name"], one["entrypoint"]): one for one in held}
    for entry in written:
        name = f"deployment `{entry.get('name')}`"
        found = deployed.get((entry.get("name"), entry.get("entrypoint")))
        if found is None:
            messages.append(f"{name} of {entry.get('entrypoint')} was not created")
            continue
        messages += [
            f"{name}: `{key}` is {found[key]!r}, the file says {entry[key]!r}"
            for key in COMPARED
            if entry.get(key) is not None and found[key] != entry[key]
        ]
        schedules = entry.get("schedules") or []
        # the server keeps no order
        if sorted(map(schedule_key, schedules)) != sorted(map(schedule_key, found["schedules"])):
            messages.append(
                f"{name}: schedules are {found['schedules']}, the file says {schedules}"
            )
    return messages


def schedule_key(schedule: dict[str, Any]) -> tuple[str, ...]:
    """What a schedule cannot lose: the rest is written differently in the file and in the API."""
    kept = (schedule.get("cron"), schedule.get("rrule"), schedule.get("parameters") or {})
    return tuple(map(str, kept))
