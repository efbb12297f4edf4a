"""The process that runs what a flow starts: ``python serve.py PLAN PIPE``.

It serves flows as `prefect.serve` does for a user, and says so on the pipe.
"""

from __future__ import annotations

import json
import os
import sys

import common


def main() -> None:
    with open(sys.argv[1]) as file:
        plan = json.load(file)
    common.enter_project(plan["root"], plan["python_path"])
    import asyncio

    from prefect.runner import Runner

    async def serve() -> None:
        runner = Runner(name="probe", pause_on_shutdown=False, limit=None)
        for one in plan["serve"]:
            flows = common.flows_of(common.load_flow_file(one["file"])).values()
            flow = next(flow for flow in flows if flow.name == one["flow"])
            deployment = await flow.ato_deployment(name=flow.name)
            # as a deployment has it: a file, relative to the project
            deployment.entrypoint = f"{one['file']}:{flow.fn.__name__}"
            await runner.aadd_deployment(deployment)
        os.write(int(sys.argv[2]), b"ready\n")
        await runner.start()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
