"""The imports of a generated module, sorted as ruff sorts them."""

from __future__ import annotations

import re
import sys
from typing import Final

from dagglot.pycode import LINE_LENGTH, Code

_VERSION_2: Final = {
    "DAG": "airflow",
    "Param": "airflow.models.param",
    "TaskGroup": "airflow.utils.task_group",
    "AirflowFailException": "airflow.exceptions",
    "AirflowSkipException": "airflow.exceptions",
    "BaseHook": "airflow.hooks.base",
    "CronTriggerTimetable": "airflow.timetables.trigger",
    "DeltaTriggerTimetable": "airflow.timetables.trigger",
    "MultipleCronTriggerTimetable": "airflow.timetables.trigger",
    "Dataset": "airflow.datasets",
    "DatasetAll": "airflow.datasets",
    "DatasetAny": "airflow.datasets",
    "Variable": "airflow.models",
    "PokeReturnValue": "airflow.sensors.base",
    "chain": "airflow.models.baseoperator",
    "literal": "airflow.utils.template",
    "task": "airflow.decorators",
    "task_group": "airflow.decorators",
}
_VERSION_3: Final = {
    "AirflowFailException": "airflow.sdk.exceptions",
    "AirflowSkipException": "airflow.sdk.exceptions",
}
_BOTH: Final = {
    "BashOperator": "airflow.providers.standard.operators.bash",
    "EmptyOperator": "airflow.providers.standard.operators.empty",
    "PythonOperator": "airflow.providers.standard.operators.python",
    "DockerOperator": "airflow.providers.docker.operators.docker",
    "KubernetesPodOperator": "airflow.providers.cncf.kubernetes.operators.pod",
    "TriggerDagRunOperator": "airflow.providers.standard.operators.trigger_dagrun",
    "ExternalTaskSensor": "airflow.providers.standard.sensors.external_task",
    "SQLExecuteQueryOperator": "airflow.providers.common.sql.operators.sql",
    "timedelta": "datetime",
    "partial": "functools",
}


def airflow_module(name: str, version: str, default: str | None = None) -> str:
    """Where the version's documentation imports an authoring name from."""
    if name in _BOTH:
        return _BOTH[name]
    if name not in _VERSION_2 and default is not None:
        return default
    if version == "2.11":
        return _VERSION_2[name]
    return _VERSION_3.get(name, "airflow.sdk")


class Imports:
    """What a module imports, collected while it is made."""

    def __init__(self) -> None:
        self._modules: set[str] = set()
        self._names: dict[str, set[tuple[str, str]]] = {}

    def module(self, name: str) -> None:
        self._modules.add(name)

    def name(self, module: str, name: str, alias: str | None = None) -> None:
        self._names.setdefault(module, set()).add((name, alias or name))

    def blocks(self) -> tuple[tuple[Code, ...], ...]:
        """The standard library, then everything else; ``import x`` before ``from x import y``."""
        blocks: list[tuple[Code, ...]] = []
        for standard in (True, False):
            lines = [
                Code(f"import {module}")
                for module in sorted(self._modules)
                if _is_standard(module) is standard
            ]
            lines += [
                _from(module, self._names[module])
                for module in sorted(self._names)
                if _is_standard(module) is standard
            ]
            if lines:
                blocks.append(tuple(lines))
        return tuple(blocks)


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _from(module: str, names: set[tuple[str, str]]) -> Code:
    members = [
        name if name == alias else f"{name} as {alias}"
        for name, alias in sorted(names, key=lambda pair: (_kind(pair[0]), pair))
    ]
    flat = f"from {module} import {', '.join(members)}"
    if len(flat) <= LINE_LENGTH:
        return Code(flat)
    lines = "".join(f"    {member},\n" for member in members)
    return Code(f"from {module} import (\n{lines})")


def _kind(name: str) -> int:
    """isort's order: constants, classes, the rest."""
    if len(name) > 1 and name.isupper():
        return 0
    return 1 if re.match(r"_*[A-Z]", name) else 2
