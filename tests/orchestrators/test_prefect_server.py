"""What needs a Prefect server and someone in front of it: deploying again, answering a question."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dagglot.project import NO_PROJECT
from dagglot.runtimes import probe
from dagglot.targets import registry
from orchestrators import engines

pytestmark = [pytest.mark.orchestrator, pytest.mark.xdist_group("prefect")]

SCRIPTS = Path(__file__).parent / "prefect_server"
PROBE = registry.get("prefect").probe("run").parent


def compiled(text: str, folder: Path) -> tuple[Path, Path]:
    """The output folder, and the Python of Prefect's environment."""
    folder.mkdir()
    document = folder / "pipeline.yaml"
    document.write_text(text)
    built = engines.build("prefect", [([document], NO_PROJECT)], folder / "out")
    return built.job.out, built.python()


def told(python: Path, script: str, *words: str) -> Any:
    done = subprocess.run(
        [python, SCRIPTS / script, PROBE, *words],
        capture_output=True,
        text=True,
        timeout=400,
        env=probe.environment(),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_a_schedule_that_is_removed_is_off_once_deployed(tmp_path: Path) -> None:
    head = "dagglot: 1\npipeline: p\n"
    tasks = "tasks: {t: {type: noop}}\n"
    cron = 'schedule: {cron: "*/5 * * * *", timezone: UTC}\n'
    first, python = compiled(head + cron + tasks, tmp_path / "first")
    second, _ = compiled(head + tasks, tmp_path / "second")
    before, after, again = told(python, "deploy_again.py", str(first), str(second), str(first))
    assert before == again == {"p": [["*/5 * * * *", True]]}
    assert [active for _, active in after["p"]] == [False]


ASKS = """
dagglot: 1
pipeline: asks
tasks:
  first: {type: approval, message: Publish?, approvers: [finance]}
  second: {type: approval, message: Tidy up?, on_reject: skip, depends_on: first}
  third: {type: approval, message: Really?, retries: 2, depends_on: first}
  late:
    type: approval
    message: Hello?
    timeout: 2s
    depends_on: [second, third]
    trigger_rule: all_done
  last: {type: noop, depends_on: late, trigger_rule: all_done}
"""


def test_questions_are_answered_by_whoever_resumes_the_run(tmp_path: Path) -> None:
    out, python = compiled(ASKS, tmp_path / "asks")
    no = {"approved": False, "who": "bo"}
    answers = json.dumps([{"approved": True, "who": "ana"}, no, no, None])
    found = told(python, "answer.py", str(out), "flows/asks_flow.py", "asks", answers)
    tasks = found["tasks"]
    assert tasks["first"] == {"state": "Completed", "output": {"who": "ana", "what": "approved"}}
    assert tasks["second"]["state"] == "Skipped"
    assert tasks["third"]["state"] == "Failed"
    assert tasks["late"]["state"] == "Failed"
    assert tasks["last"]["state"] == "Completed"
    assert found["run"] == "Failed"
