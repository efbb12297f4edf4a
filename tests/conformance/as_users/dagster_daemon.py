"""Runs jobs with `dagster dev`, its web server and its daemon: `python dagster_daemon.py ANSWER`.

Runs are launched through GraphQL, as the UI does, wait in the daemon's queue and use the executor
that the job has of its own.
"""

import os
import sys
from pathlib import Path

import services

REQUEST = services.request()
FINAL = ("SUCCESS", "FAILURE", "CANCELED")
SETTINGS = """\
telemetry: {enabled: false}
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config: {max_concurrent_runs: 2}  # each has a process for each of its steps
run_monitoring: {enabled: true, poll_interval_seconds: 5}  # of runs that have a timeout
"""
LOCATIONS = (
    "{ repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } } } } }"
)
LAUNCH = """mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) { __typename ... on LaunchRunSuccess { run { id } }
    ... on PythonError { message } ... on RunConfigValidationInvalid { errors { message } } }
}"""


def main():
    import common

    os.environ.update(REQUEST["environment"])
    os.environ["PYTHONPATH"] = os.pathsep.join(REQUEST["python_path"])
    with common.home_folder() as home:
        Path(home, "dagster.yaml").write_text(SETTINGS)
        # the first processes of steps would make the same SQLite files at the same time
        services.command("dagster", "run", "list", cwd=home)
        for name, slots in REQUEST["pools"].items():
            words = ("dagster", "instance", "concurrency", "set", name, str(slots))
            services.command(*words, cwd=home)
        port = services.free_port()
        words = ("dagster", "dev", "-h", "127.0.0.1", "-p", str(port))
        with services.service(*words, cwd=REQUEST["root"]):
            services.answer(run_all(f"http://127.0.0.1:{port}/graphql"))


def run_all(url):
    def repository():
        said = services.answers(url, {"query": LOCATIONS}) or {}
        nodes = said.get("data", {}).get("repositoriesOrError", {}).get("nodes")
        return nodes and nodes[0]

    found = services.until(repository, 240, "no code location")
    for path in REQUEST["python_path"]:
        sys.path.insert(0, path)
    import common
    import dagster
    import worker

    location = common.location(REQUEST["root"])
    with dagster.DagsterInstance.get() as instance:
        options = {"short_waits": False, "in_process": False, "start_method": "spawn"}
        runner = worker.Runner(common, location, instance, options)
        # a sensor tells of what happens after its first tick
        sensors = [one.name for one in location.repository.sensor_defs]

        def looking():
            states = instance.all_instigator_state()
            ticked = [
                one.name
                for one in states
                if instance.get_ticks(one.instigator_origin_id, one.selector_id, limit=1)
            ]
            return set(sensors) <= set(ticked)

        services.until(looking, 240, "sensors that do not look")
        runs = [{**run, "run_id": launched(url, found, run)} for run in REQUEST["runs"]]

        def ended():
            states = [instance.get_run_by_id(run["run_id"]).status.value for run in runs]
            return all(state in FINAL for state in states)

        services.until(ended, REQUEST["seconds"], "runs that have not ended")
        services.linger(REQUEST)
        return [runner.read(run) for run in runs]


def launched(url, repository, run):
    selector = {
        "repositoryLocationName": repository["location"]["name"],
        "repositoryName": repository["name"],
        "jobName": run["job"],
    }
    config = {"resources": {"params": {"config": run["params"]}}} if run["params"] else {}
    params = {"selector": selector, "runConfigData": config, "executionMetadata": {"tags": []}}
    said = services.answers(url, {"query": LAUNCH, "variables": {"params": params}})
    launch = ((said or {}).get("data") or {}).get("launchRun") or {}
    if launch.get("__typename") != "LaunchRunSuccess":
        raise RuntimeError(f"{run['job']} was not launched: {said}")
    return launch["run"]["id"]


if __name__ == "__main__":
    main()
