"""A backfill in a running orchestrator, repeated: a run for each partition, again where it failed,
and no more."""

from __future__ import annotations

import contextlib
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagglot import backfill
from dagglot.api import silent
from dagglot.project import NO_PROJECT
from dagglot.runner import Where
from dagglot.runtimes import probe
from dagglot.semantics import partitions as reference
from orchestrators import engines
from orchestrators.engines import Built

pytestmark = [pytest.mark.orchestrator]

DOCUMENT = """\
dagglot: 1
pipeline: backfilled
schedule: {{cron: "0 3 * * *", timezone: Europe/Madrid, start: "2026-01-01"}}
partitions: {{by: day}}
tasks:
  told:
    type: shell
    run: |-
      key=${{{{ partition.key }}}}
      [ $key != {bad} ] || [ -e {file}.mended ] || {{ touch {file}.broken; exit 1; }}
      window="${{{{ partition.start }}}} ${{{{ partition.end }}}}"
      echo $key $window ${{{{ partition.date }}}} ${{{{ run.time }}}} >> {file}
"""
BAD = "2026-03-29"
"""The partition whose run fails until it is mended."""
ASKED = backfill.Asked("2026-03-28", "2026-03-30")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SECONDS = 400


class Orchestrator:
    """One that runs as its users start it, with a home of its own."""

    def __init__(self, built: Built, home: Path, environment: dict[str, str]) -> None:
        self.built = built
        self.home = home
        self.bin = built.python().parent
        self.environment = {**probe.environment(), **environment}
        home.mkdir(parents=True, exist_ok=True)

    def command(self, *words: str) -> None:
        done = subprocess.run(
            [self.bin / words[0], *words[1:]],
            cwd=self.built.job.out,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    @contextlib.contextmanager
    def service(self, *words: str) -> Iterator[None]:
        with (self.home / f"{words[0]}-{words[1]}.log").open("wb") as log:
            process = subprocess.Popen(
                [self.bin / words[0], *words[1:]],
                cwd=self.built.job.out,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                yield
            finally:
                process.terminate()
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


@pytest.fixture
def told(tmp_path: Path) -> Path:
    return tmp_path / "told"


def built(target: str, told: Path) -> Built:
    document = told.with_name("pipeline.yaml")
    document.write_text(DOCUMENT.format(file=told, bad=BAD))
    return engines.build(target, [([document], NO_PROJECT)], told.with_name("out"))


def backfilled(one: Orchestrator, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What becomes of each partition's run in the orchestrator of these settings."""
    done = asked(one, monkeypatch)
    assert not done.diagnostics, [each.message for each in done.diagnostics]
    return done.states


def again(one: Orchestrator, monkeypatch: pytest.MonkeyPatch) -> dict[str, str] | None:
    """The same; None while it is refused."""
    done = asked(one, monkeypatch)
    return None if done.diagnostics else done.states


def asked(one: Orchestrator, monkeypatch: pytest.MonkeyPatch) -> backfill.Done:
    for name, value in one.environment.items():
        monkeypatch.setenv(name, value)
    (pipeline,) = one.built.pipelines
    planned, found = backfill.plan(pipeline, one.built.job, ASKED, NOW)
    assert planned is not None, found
    return backfill.execute(planned, one.built.job, Where(one.built.python()), silent)


def mended(
    one: Orchestrator,
    told: Path,
    monkeypatch: pytest.MonkeyPatch,
    start: Callable[[], None] = lambda: None,
) -> None:
    """The runs are there, one of which failed; that one is made again, and it alone."""
    start()
    until(told.with_name("told.broken").exists, "the run that fails")
    until(lambda: len(lines(told)) == 2, "the runs that succeed")
    told.with_name("told.mended").touch()
    seen: dict[str, str] = {}

    def resumed() -> bool:
        seen.update(again(one, monkeypatch) or {})
        return seen.get(BAD) == "again"

    until(resumed, "the end of the run that failed")
    assert "made" not in seen.values()
    assert list(seen.values()).count("again") == 1
    start()
    until(lambda: len(lines(told)) == 3, "the run that is made again")


def expected(one: Built) -> list[str]:
    (pipeline,) = one.pipelines
    assert pipeline.partitions is not None
    lines = []
    for key in ("2026-03-28", "2026-03-29", "2026-03-30"):
        found = reference.of_key(pipeline.partitions, key)
        assert found is not None and found.start is not None and found.end is not None
        nominal = reference.nominal_time(pipeline.schedule, found)
        assert nominal is not None
        time = nominal.astimezone(found.start.tzinfo)
        days = (found.start.isoformat(), found.end.isoformat(), str(found.date))
        lines.append(" ".join((key, *days, time.isoformat())))
    return lines


def until(done: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < deadline, what
        time.sleep(1)


def lines(told: Path) -> list[str]:
    """What the runs of the backfill wrote; the schedule may have made one of its own."""
    written = sorted(told.read_text().splitlines()) if told.exists() else []
    return [line for line in written if line[:10] in made()]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def is_up(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10):
            return True
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def made(*keys: str, state: str = "made") -> dict[str, str]:
    return dict.fromkeys(keys or ("2026-03-28", "2026-03-29", "2026-03-30"), state)


@pytest.mark.xdist_group("dagster")
def test_dagster(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = built("dagster", told)
    home = told.with_name("home")
    one = Orchestrator(code, home, {"DAGSTER_HOME": str(home)})
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    assert backfilled(one, monkeypatch) == made()
    assert backfilled(one, monkeypatch) == made(state="queued")
    with one.service("dagster-daemon", "run"):
        mended(one, told, monkeypatch)
        until(lambda: backfilled(one, monkeypatch) == made(state="success"), "its end")
    assert lines(told) == expected(code)


@pytest.mark.xdist_group("prefect")
def test_prefect(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = built("prefect", told)
    home, port = told.with_name("home"), free_port()
    settings = {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_CLI_PROMPT": "false",
    }
    one = Orchestrator(code, home, settings)
    with one.service("prefect", "server", "start", "--port", str(port)):
        until(lambda: is_up(f"http://127.0.0.1:{port}/api/health"), "the server")
        one.command("prefect", "work-pool", "create", "default", "--type", "process")
        one.command("prefect", "--no-prompt", "deploy", "--all")
        assert backfilled(one, monkeypatch) == made()
        again = backfilled(one, monkeypatch)
        assert again.keys() == made().keys()
        assert set(again.values()) <= {"scheduled", "late"}
        work = ("prefect", "worker", "start", "--pool", "default", "--run-once")
        mended(one, told, monkeypatch, lambda: one.command(*work))
        until(lambda: backfilled(one, monkeypatch) == made(state="completed"), "its end")
    assert lines(told) == expected(code)


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(one, marks=pytest.mark.xdist_group(one))
        for one in ("airflow@3.3", "airflow@2.11")
    ],
)
def test_airflow(target: str, told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = built(target, told)
    home, port, secret = told.with_name("home"), free_port(), secrets.token_hex(16)
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK": "1",
        "AIRFLOW__CORE__DAGS_FOLDER": str(code.job.out / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__API__SECRET_KEY": secret,
        "AIRFLOW__API_AUTH__JWT_SECRET": secret,
    }
    one = Orchestrator(code, home, settings)
    one.command("airflow", "db", "migrate")
    one.command("airflow", "dags", "reserialize")
    assert backfilled(one, monkeypatch) == made()
    if target == "airflow@2.11":
        assert backfilled(one, monkeypatch) == made(state="queued")
    with contextlib.ExitStack() as stack:
        if target != "airflow@2.11":
            words = ("airflow", "api-server", "--host", "127.0.0.1", "--port", str(port))
            stack.enter_context(one.service(*words, "--workers", "1"))
            health = f"http://127.0.0.1:{port}/api/v2/monitor/health"
            until(lambda: is_up(health), "the API server")
            stack.enter_context(one.service("airflow", "dag-processor"))
        stack.enter_context(one.service("airflow", "scheduler"))
        one.command("airflow", "dags", "unpause", "backfilled")
        mended(one, told, monkeypatch)
        # Airflow has one backfill of a DAG at a time, which is over a little later
        until(lambda: again(one, monkeypatch) == made(state="success"), "its end")
    assert lines(told) == expected(code)
