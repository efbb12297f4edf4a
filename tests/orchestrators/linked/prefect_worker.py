"""Makes updates on a Prefect server with a worker, and counts what they start: `python … ANSWER`.

The maker runs once for each of `updates`; then every pipeline must come to its number of runs.
"""

import os
import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "conformance" / "as_users"))
import services

REQUEST = services.request()


def main():
    import common

    os.environ["PYTHONPATH"] = os.pathsep.join(REQUEST["python_path"])
    with common.throw_away_home():
        port = services.free_port()
        os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
        words = ("prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port))
        with services.service(*words):
            health = f"{os.environ['PREFECT_API_URL']}/health"
            services.until(lambda: services.is_up(health), 180, "no server")
            root = REQUEST["root"]
            services.command("prefect", "work-pool", "create", "default", "--type", "process")
            services.command("prefect", "--no-prompt", "deploy", "--all", cwd=root)
            words = ("prefect", "worker", "start", "--pool", "default", "--limit", "2")
            with services.service(*words, cwd=root):
                services.answer(run_all())


def run_all():
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        for number in range(1, REQUEST["updates"] + 1):
            maker = client.read_deployment_by_name(f"{REQUEST['maker']}/{REQUEST['maker']}")
            client.create_flow_run_from_deployment(maker.id)
            services.until(partial(all_there, client, number), REQUEST["seconds"], "runs")
        services.linger({"heard": "/nowhere", "linger": REQUEST["linger"]})
        return [
            {"pipeline": id, "runs": [_plain(state) for state in states(client, id)]}
            for id in REQUEST["expected"]
        ]


def states(client, id):
    from prefect.client.schemas.filters import FlowFilter, FlowFilterName

    asked = FlowFilter(name=FlowFilterName(any_=[id]))
    return [run.state for run in client.read_flow_runs(flow_filter=asked, limit=200)]


def all_there(client, number):
    for id, each in REQUEST["expected"].items():
        ended = [state for state in states(client, id) if state.is_final()]
        if len(ended) < each * number:
            return False
    return True


def _plain(state):
    return {"COMPLETED": "success", "FAILED": "failed"}.get(state.type.value, state.name)


if __name__ == "__main__":
    main()
