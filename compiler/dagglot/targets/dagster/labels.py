"""What people read: descriptions, and Dagster's tags, which are keys with values."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import Final

from dagglot import pycode
from dagglot.ir.model import ContainerBody, Group, Pipeline, Task
from dagglot.pycode import Code
from dagglot.targets.dagster.names import job_name

_KEY: Final = re.compile(r"(?:[A-Za-z0-9_.-]{1,63}/)?[A-Za-z0-9_.-]{1,63}")
_SYSTEM: Final = re.compile(r"\.?dagster[^/]*/")
OWNER: Final = "owner"
GROUP: Final = "group"
MAX_ACTIVE_RUNS: Final = "max_active_runs"
"""The tag of runs of which a limit of the instance lets only some run at once."""
MAX_RUNTIME: Final = "dagster/max_runtime"
"""The tag of a run that Dagster's daemon stops after so many seconds."""
PRIORITY: Final = "dagster/priority"
CONSUMES: Final = "consumes"
"""The tag of ops that read assets."""
FOR_EACH: Final = "for_each"
"""The tag of ops with a limit of how many elements are worked on at once."""


def description(short: str, docs: str) -> str:
    """Dagster has one text, in Markdown: the description, and the docs below it."""
    return "\n\n".join(part for part in (short.strip(), docs.strip()) if part)


def job_description(pipeline: Pipeline) -> str:
    """A group has no place of its own in a job of ops, so the job tells what it is."""
    lines = [
        f"- `{group.id}`: {description(group.description, group.docs)}".replace("\n", "\n  ")
        for group in groups_by_id(pipeline.groups).values()
        if group.description or group.docs
    ]
    return description(pipeline.description, description(pipeline.docs, "\n".join(lines)))


def docstring(text: str) -> Code | None:
    """The text as the docstring that Dagster reads it from, or None where it reads another."""
    code = pycode.docstring(text)
    if "\n" not in text and text == text.strip() and code == f'"""{text}"""':
        return code  # nothing is escaped: it need not be read back
    return code if text and _read(ast.literal_eval(code)) == text else None


def _read(doc: str) -> str:
    """Dagster's `format_docstring_for_description`."""
    if doc[:1].isspace():
        return textwrap.dedent(doc).strip()
    first, newline, rest = doc.partition("\n")
    return (first + newline + textwrap.dedent(rest)).strip() if newline else doc


def job_tags(pipeline: Pipeline) -> dict[str, str]:
    tags = _tags(((OWNER, pipeline.owner),), pipeline.tags)
    if pipeline.concurrency.max_active_runs is not None:
        tags[MAX_ACTIVE_RUNS] = job_name(pipeline)
    if pipeline.timeout is not None:
        tags[MAX_RUNTIME] = f"{pipeline.timeout.total_seconds():g}"
    return tags


def task_tags(task: Task, groups: Mapping[str, Group]) -> dict[str, str]:
    """A task's own tags; those of its groups and their owner, where the task has none."""
    words = dict.fromkeys(task.tags)
    owner = task.owner
    inside = task.group
    while inside:
        group = groups[inside]
        words |= dict.fromkeys(group.tags)
        owner = owner or group.owner
        inside = group.parent
    tags = _tags(((OWNER, owner), (GROUP, task.group)), words)
    if task.consumes:
        tags[CONSUMES] = ", ".join(task.consumes)
    if task.priority is not None:
        tags[PRIORITY] = str(task.priority)
    return tags


def kubernetes_tags(task: Task) -> dict[str, object]:
    """What the executors on Kubernetes make a step's pod of."""
    # a container has them itself
    asked = {} if isinstance(task.body, ContainerBody) else task.resources
    if not asked:
        return {}
    return {"dagster-k8s/config": {"container_config": {"resources": requirements(asked)}}}


def requirements(resources: Mapping[str, str]) -> dict[str, object]:
    """The resources of a container; a graphics card Kubernetes wants as a limit."""
    requests = {name: resources[name] for name in ("cpu", "memory") if name in resources}
    made: dict[str, object] = {"requests": requests} if requests else {}
    if "gpu" in resources:
        made["limits"] = {"nvidia.com/gpu": resources["gpu"]}
    return made


def asset_tags(words: Iterable[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The tags of an asset, whose values are as strict as keys; and the words that are no key."""
    odd = tuple(word for word in words if _key(word) != word)
    return {_key(word): "" for word in words}, odd


def metadata_tags(given: Mapping[str, object]) -> dict[str, str]:
    """Metadata of a task: an op has none, only tags."""
    return {_key(name): str(value) for name, value in given.items() if value is not None}


def _tags(pairs: Iterable[tuple[str, str]], words: Iterable[str]) -> dict[str, str]:
    """A word is a key without a value, which the UI shows as a label; a word that can be no key
    stands as the value of the nearest key."""
    tags = {key: value for key, value in pairs if value}
    for word in words:
        plain = _key(word)
        key, number = plain, 2
        while key in tags:
            key, number = f"{plain[:60]}_{number}", number + 1
        tags[key] = "" if key == word else word
    return tags


def _key(word: str) -> str:
    """The word, or what is left of it as a key: keys below ``dagster/`` are Dagster's own."""
    if word in (OWNER, GROUP, CONSUMES, FOR_EACH, MAX_ACTIVE_RUNS):
        return f"{word}_"
    if _KEY.fullmatch(word) and not _SYSTEM.match(word):
        return word
    return re.sub(r"[^A-Za-z0-9_.-]", "_", word)[:60] or "tag"


def groups_by_id(groups: Iterable[Group]) -> dict[str, Group]:
    found: dict[str, Group] = {}
    for group in groups:
        found[group.id] = group
        found |= groups_by_id(group.groups)
    return found
