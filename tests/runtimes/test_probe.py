"""Running a probe script: its answer, or an error that says what happened, and no leftovers."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from dagglot.runtimes import ProbeFailed, probe


def run(tmp_path: Path, body: str, timeout: float = 20, **options: Any) -> dict[str, Any]:
    script = tmp_path / "script.py"
    script.write_text("import json, os, sys\n" + textwrap.dedent(body))
    request = {"greeting": "grüß dich", "numbers": [1, 2]}
    return probe.run(Path(sys.executable), script, request, timeout=timeout, **options)


ANSWER = "json.dump({}, open(sys.argv[1], 'w'))\n"


def test_request_in_answer_out(tmp_path: Path) -> None:
    body = "print('noise')\njson.dump(json.load(sys.stdin), open(sys.argv[1], 'w'))"
    assert run(tmp_path, body) == {"greeting": "grüß dich", "numbers": [1, 2]}


def test_a_probe_need_not_read_its_request(tmp_path: Path) -> None:
    assert run(tmp_path, "sys.stdin.close()\n" + ANSWER) == {}


def test_the_environment_is_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("AIRFLOW_HOME", "/somewhere")
    monkeypatch.setenv("DAGSTER_HOME", "/somewhere")
    monkeypatch.setenv("MINE", "kept")
    seen = run(
        tmp_path,
        "json.dump(dict(os.environ), open(sys.argv[1], 'w'))",
        env={"AIRFLOW_HOME": "/given", "EXTRA": "1"},
    )
    assert "PYTHONPATH" not in seen and "DAGSTER_HOME" not in seen
    assert (seen["MINE"], seen["AIRFLOW_HOME"], seen["EXTRA"]) == ("kept", "/given", "1")
    assert seen["DO_NOT_TRACK"] == "1" and seen["DAGSTER_DISABLE_TELEMETRY"] == "1"
    assert not Path(seen["TMPDIR"]).exists()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("print('halfway'); sys.exit(3)", ["exited with 3", "halfway"]),
        ("raise ValueError('what now')", ["exited with 1", "what now", "Traceback"]),
        ("pass", ["exited with 0"]),
        (ANSWER + "sys.exit(1)", ["exited with 1"]),
        ("open(sys.argv[1], 'w').write('{')", ["not JSON"]),
        ("open(sys.argv[1], 'w').write('[]')", ["not an object"]),
    ],
)
def test_no_answer_is_a_problem(tmp_path: Path, body: str, words: list[str]) -> None:
    with pytest.raises(ProbeFailed) as caught:
        run(tmp_path, body)
    assert all(word in caught.value.message for word in words)


def test_only_the_tail_of_much_output_is_kept(tmp_path: Path) -> None:
    with pytest.raises(ProbeFailed) as caught:
        run(tmp_path, "print('x' * 1_000_000); print('last'); sys.exit(1)")
    assert caught.value.output.endswith("last") and len(caught.value.output) < 10_000


def test_python_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ProbeFailed, match="cannot start"):
        probe.run(tmp_path / "python", tmp_path / "script.py", {}, timeout=5)


@pytest.mark.slow
def test_timeout_ends_the_whole_group(tmp_path: Path) -> None:
    child_id = tmp_path / "child"
    body = f"""
        import signal, subprocess, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen(["sleep", "100"])
        open({str(child_id)!r}, "w").write(str(child.pid))
        print("waiting", flush=True)
        time.sleep(100)
    """
    begin = time.monotonic()
    with pytest.raises(ProbeFailed) as caught:
        run(tmp_path, body, timeout=1.5)
    assert time.monotonic() - begin < 15
    assert caught.value.timed_out and caught.value.output == "waiting"
    assert gone(int(child_id.read_text()))


def test_what_a_probe_started_ends_with_it(tmp_path: Path) -> None:
    child_id = tmp_path / "child"
    body = f"""
        import subprocess
        child = subprocess.Popen(["sleep", "100"])
        open({str(child_id)!r}, "w").write(str(child.pid))
    """
    run(tmp_path, textwrap.dedent(body) + ANSWER)
    assert gone(int(child_id.read_text()))


def gone(process: int) -> bool:
    for _ in range(50):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        # An orphan that nobody reaps stays a zombie: dead all the same.
        stat = Path(f"/proc/{process}/stat")
        if stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return True
        time.sleep(0.1)
    return False
