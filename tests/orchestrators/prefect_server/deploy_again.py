"""Deploys a folder twice, each time as a user does; prints the schedules that the server has then.

``python deploy_again.py PROBE FIRST SECOND``: the folder of the probe, and two output folders.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    import common

    with common.throw_away_home() as home, common.server(home, None):
        run("work-pool", "create", "default", "--type", "process")
        answers = []
        for folder in sys.argv[2:]:
            os.chdir(folder)
            run("deploy", "--all")
            answers.append(schedules())
    sys.stdout.write(json.dumps(answers) + "\n")


def run(*words: str) -> None:
    command = [sys.executable, "-m", "prefect", "--no-prompt", *words]
    subprocess.run(command, check=True, stdout=sys.stderr)


def schedules() -> dict[str, list[tuple[str, bool]]]:
    """Of each deployment: its cron lines, and whether they are on."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        return {
            one.name: [(each.schedule.cron, each.active) for each in one.schedules]
            for one in client.read_deployments()
        }


if __name__ == "__main__":
    main()
