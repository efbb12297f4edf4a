"""The files that all DAGs share: the package of helpers and the requirements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from dagglot.expressions import needed
from dagglot.expressions.helpers import HELPERS
from dagglot.pycode import Code
from dagglot.targets.airflow.names import PACKAGE
from dagglot.targets.airflow.partitions import CLASSES
from dagglot.targets.base import Context, View

MODULES: Final[Mapping[str, str]] = {
    "check_params": "params",
    "each_of": "retries",
    "exit_fails": "exits",
    "run_time": "runs",
    **dict.fromkeys(CLASSES, "partitions"),
    "LinearRetryPolicy": "retries",
    "ExponentialRetryPolicy": "retries",
    "ConstantRetryPolicy": "retries",
    "wait_up_to": "retries",
    "wait_linearly": "retries",
    "wait_exponentially": "retries",
    "TimedBashOperator": "operators",
    "each": "operators",
    "with_secrets": "operators",
    "ApproveOperator": "approvals",
    "SecretDockerOperator": "containers",
    "RunDagOperator": "triggers",
    "event_of": "alerts",
    "event_in": "alerts",
    "default_message": "alerts",
    "unless_skipped": "alerts",
    "with_message": "alerts",
    "tell_slack": "alerts",
    "slack_webhook": "alerts",
    "tell_email": "alerts",
    "tell_webhook": "alerts",
    "run_sql": "sql",
    "request_url": "http",
    "request_path": "http",
    "look_at_url": "http",
    "look_at_path": "http",
    "only_warns": "checks",
    "first_start": "sensors",
    "updated_since": "sensors",
    "run_bigquery": "sql",
    "run_duckdb": "sql",
    "keep_none": "outputs",
    "parse_json": "outputs",
    "as_items": "choices",
    "named": "choices",
    "chooses": "choices",
    "keep_output": "choices",
    "decide": "instances",
    "fail_with": "instances",
    "outputs_of": "instances",
}
"""Which module of the package has which helper; `values` has those of expressions."""

_NEEDS: Final[Mapping[str, frozenset[str]]] = {
    "http": frozenset({"json_text", "to_json", "to_text"}),
    "sql": frozenset({"to_json"}),
}
"""What a module of the package imports of `values`."""

_AIRFLOW: Final = {"3.3": "apache-airflow>=3.3,<4", "2.11": "apache-airflow>=2.11,<3"}
_STANDARD: Final = "apache-airflow-providers-standard>=1.9"


def module_of(helper: str) -> str:
    """The module to import a helper from."""
    return f"{PACKAGE}.{MODULES.get(helper, 'values')}"


def assemble(contributions: Sequence[Mapping[str, Any]], context: Context) -> tuple[View, ...]:
    """The union of what the pipelines need."""
    helpers = {name for one in contributions for name in one["helpers"]}
    packages = {name for one in contributions for name in one["packages"]}
    return (
        *_helpers(helpers, context),
        _requirements(packages, context),
        *_setup(contributions, context),
    )


def _setup(contributions: Sequence[Mapping[str, Any]], context: Context) -> Sequence[View]:
    if not any(one.get("setup") for one in contributions):
        return ()
    from dagglot.targets.airflow import setup

    return tuple(setup.view(contributions, context.pools))


def _helpers(names: set[str], context: Context) -> Iterator[View]:
    folder = PurePosixPath("dags", PACKAGE)
    if names:
        yield View("airflow/helpers/__init__.py.j2", folder / "__init__.py")
    if not names.isdisjoint(CLASSES[:-1]):
        names = {*names, "run_time"}
    modules = sorted({MODULES[name] for name in names if name in MODULES})
    values = {name for name in names if name in HELPERS}
    functions = needed(values.union(*(_NEEDS.get(module, ()) for module in modules)))
    if functions:
        yield View("helpers/values.py.j2", folder / "values.py", {"functions": functions})
    for module in modules:
        data = {"names": sorted(names), "version": context.version}
        yield View(f"airflow/helpers/{module}.py.j2", folder / f"{module}.py", data)


def _requirements(packages: set[str], context: Context) -> View:
    ours = [_AIRFLOW[context.version], _STANDARD]
    ours += sorted(packages - {"apache-airflow-providers-standard"})
    # what a user pins comes behind ours: pip takes the two together
    lines = [*ours, *(line for line in context.requirements if line not in ours)]
    path = PurePosixPath("requirements.txt")
    return View("airflow/requirements.txt.j2", path, {"lines": [Code(line) for line in lines]})
