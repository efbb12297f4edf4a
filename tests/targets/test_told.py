"""Who is told, in the words of Prefect and Dagster: names that clash, mail servers, refusals."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dagglot import compile, plan_jobs
from dagglot.diagnostics import codes
from dagglot.jobs import Options, Result
from dagglot.project import NO_PROJECT

ODD = """\
dagglot: 1
pipeline: odd
owner: 'it''s "us"'
params: {tell_when_late: {default: 1}, event: {default: x}, tells: {default: 2}}
timeout: 90m
deadline: {after: 90s, from: started, alerts: [tells, "a b"]}
connections:
  mail: {type: smtp, host: smtp.example.com, port: 2525, user: ana, password: "${{ secrets.pw }}"}
  chat: {type: slack}
alerts:
  tells: {type: slack, connection: chat, message: "${{ params.event }} ${{ event.state }} {{ x }}"}
  slack: {type: email, to: a@example.com, connection: mail}
  "a b": {type: email, to: [a@example.com], subject: "${{ event.pipeline }}"}
  run: {type: python, call: "os.path:join", args: {from: 1}, message: "${{ json(params) }}"}
on_failure: [tells, slack, "a b", run, run]
on_success: run
tasks:
  tells: {type: python, call: "os:getcwd", retries: 1, on_retry: run}
  g:
    for_each: {in: [1, 2]}
    tasks:
      in: {type: http, url: "http://x", on_success: tells}
      s: {type: sensor, wait_for: {file: /x}, on_timeout: skip, depends_on: in, on_failure: run}
  gate: {type: gate, if: "${{ params.tells > 1 }}", on_success: slack, on_failure: slack}
"""


def compiled(text: str, target: str, tmp_path: Path) -> Result:
    document = tmp_path / "pipeline.yaml"
    document.write_text(text)
    (job,), found = plan_jobs.jobs([target], tmp_path / "out", NO_PROJECT)
    assert not found
    return compile.compile([document], [job], NO_PROJECT, Options())


def written(text: str, target: str, tmp_path: Path) -> dict[str, str]:
    """The files, as ruff finds nothing in them."""
    (plan,) = compiled(text, target, tmp_path).plans
    for path, content in plan.create.items():
        file = tmp_path / "made" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    for words in (["format", "--check"], ["check", "--select", "E,F,W,I,UP,B", "--ignore", "E501"]):
        command = [sys.executable, "-m", "ruff", *words, "--isolated", "--no-cache"]
        done = subprocess.run([*command, tmp_path / "made"], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
    return {str(path): content for path, content in plan.create.items()}


def test_names_that_clash_on_prefect(tmp_path: Path) -> None:
    flow = written(ODD, "prefect", tmp_path)["flows/odd_flow.py"]
    assert "def tell_tells(event: dict[str, str]) -> None:" in flow
    assert 'event_ = runtime.flow_run.parameters["event"]' in flow
    assert "def tells_() -> Any:" in flow
    assert "param_tell_when_late: StrictInt = 1" in flow


def test_names_that_clash_on_dagster(tmp_path: Path) -> None:
    job = written(ODD, "dagster", tmp_path)["defs/odd_job.py"]
    assert "def tells_() -> Any:" in job
    assert "def tell_slack_(event: dict[str, str]) -> None:" in job
    assert 'ids={"g__in": "g.in", "g__s": "g.s"}' in job
    assert '"dagster/max_runtime": "5400"' in job


def test_a_mail_without_a_connection_has_a_server_of_its_own(tmp_path: Path) -> None:
    made = written(ODD, "prefect", tmp_path)
    assert 'secret("smtp-uri")' in made["flows/odd_flow.py"]
    assert '.save("smtp-uri", overwrite=True)' in made["SETUP.md"]
    made = written(ODD, "dagster", tmp_path)
    assert 'MailServer(uri=os.environ["SMTP_URI"])' in made["defs/odd_job.py"]
    assert "SMTP_URI=" in made["SETUP.md"]


@pytest.mark.parametrize("target", ["prefect", "dagster"])
def test_an_attempt_is_not_known_of_a_run(target: str, tmp_path: Path) -> None:
    text = ODD.replace("${{ json(params) }}", "${{ run.attempt }}")
    (finding,) = compiled(text, target, tmp_path).diagnostics
    assert finding.rule is codes.UNSUPPORTED
    assert "`run.attempt` in an alert" in finding.message
