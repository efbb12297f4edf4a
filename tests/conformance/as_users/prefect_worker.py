"""Runs deployments on a Prefect server and a process worker: `python prefect_worker.py ANSWER`.

`prefect server start`, `prefect deploy --all`, `prefect worker start`, as a user has them.
"""

import os

import services

REQUEST = services.request()


def main():
    import common

    os.environ["PYTHONPATH"] = os.pathsep.join(REQUEST["python_path"])
    with common.throw_away_home():
        port = services.free_port()
        os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
        server = services.service(
            "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)
        )
        with server:
            health = f"{os.environ['PREFECT_API_URL']}/health"
            services.until(lambda: services.is_up(health), 180, "no server")
            save_blocks(REQUEST.get("blocks") or [])
            root = REQUEST["root"]
            for name, slots in REQUEST["pools"].items():
                services.command("prefect", "gcl", "create", name, "--limit", str(slots))
            services.command("prefect", "work-pool", "create", "default", "--type", "process")
            services.command("prefect", "--no-prompt", "deploy", "--all", cwd=root)
            worker = services.service(
                "prefect", "worker", "start", "--pool", "default", "--limit", "2", cwd=root
            )
            with worker:
                services.answer(run_all())


def save_blocks(blocks):
    """What SETUP.md asks for."""
    from prefect.blocks.system import Secret

    for block in blocks:
        if block["slug"] == "secret":
            Secret(value=block["value"]).save(block["name"], overwrite=True)


def run_all():
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        started = {}
        for run in REQUEST["runs"]:
            deployment = client.read_deployment_by_name(f"{run['flow']}/{run['key']}")
            started[run["key"]] = client.create_flow_run_from_deployment(
                deployment.id, parameters=run["params"]
            ).id

        def states():
            found = {key: client.read_flow_run(id).state for key, id in started.items()}
            return found if all(state.is_final() for state in found.values()) else None

        ended = services.until(states, REQUEST["seconds"], "runs that have not ended")
        services.linger(REQUEST)
        return [answer(client, key, started[key], state) for key, state in ended.items()]


def answer(client, key, flow_run, state):
    import run as probe
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    asked = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run]))
    found, page = [], None
    while page is None or len(page) == 200:
        page = client.read_task_runs(flow_run_filter=asked, limit=200, offset=len(found))
        found += page
    sights = probe.Sights()
    for task_run in found:
        sights.events.append(
            {
                "task_run": str(task_run.id),
                "occurred": task_run.state.timestamp.isoformat(),
                "name": task_run.name,
                "task_key": task_run.task_key,
                "run_count": task_run.run_count,
                "started": None,
                "ended": None,
                "type": task_run.state.type.value,
                "state": task_run.state.name,
                "message": task_run.state.message,
                "inputs": {},
            }
        )
    return {
        "key": key,
        "run": "success" if state.type.value == "COMPLETED" else "failed",
        "error": state.message,
        "tasks": sights.tasks(),
    }


if __name__ == "__main__":
    main()
