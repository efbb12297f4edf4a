"""Functions that need no `native` task: the kind of the language that does the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KINDS: Final[Mapping[str, str]] = {
    "prefect_shell:shell_run_command": "shell",
    "prefect_shell.commands:shell_run_command": "shell",
    "prefect.deployments:run_deployment": "trigger_pipeline",
    "prefect_dbt.cli.commands:trigger_dbt_cli_command": "dbt",
}
