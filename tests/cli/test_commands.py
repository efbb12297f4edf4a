"""The command line itself: exit codes, help, what goes where, and what a slip is answered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dagglot import __version__, api
from dagglot.cli import app
from dagglot.cli.app import COMMANDS
from dagglot.diagnostics.model import ExitCode
from front_tools import PIPELINE, FakeTarget, Space

WRONG = "dagglot: 1\npipeline: a\ntasks:\n  one: {type: nop}\n"


def program(*arguments: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, **more}
    return subprocess.run(
        [sys.executable, "-m", "dagglot", *arguments],
        capture_output=True,
        env=environment,
        timeout=60,
        check=False,
    )


def test_exit_codes_are_frozen() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "CLEAN": 0,
        "FINDINGS": 1,
        "USAGE": 2,
        "INVALID": 3,
        "UNSUPPORTED": 4,
        "BUG": 5,
    }


def test_each_exit_code_is_met(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    space.project()
    space.pipeline("a")
    assert space.run("validate").code == 0
    assert space.run("compile", "--check").code == 1
    assert space.run("compile", "--no-such-option").code == 2
    space.write("flows/a.yaml", WRONG)
    assert space.run("validate").code == 3
    sql = "  sql: {type: sql, sql: select 1, connection: db}\nconnections: {db: {type: mysql}}\n"
    space.pipeline("a", sql)
    assert space.run("validate").code == 0
    assert space.run("compile").code == 4
    space.pipeline("b")
    space.write("flows/c.yaml", WRONG)
    assert space.run("compile", "--keep-going").code == 4  # the highest counts
    monkeypatch.setattr(FakeTarget, "lower", lambda *_: 1 // 0)
    space.pipeline("b", "# changed\n")
    with pytest.raises(SystemExit) as ended:
        app.run(["compile", "flows/b.yaml"])
    assert ended.value.code == 5


def test_a_bug_says_that_it_is_ours(
    space: Space, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(api, "check", lambda *_: 1 // 0)
    space.write("a.yaml", WRONG)
    with pytest.raises(SystemExit) as ended:
        app.run(["validate", "a.yaml"])
    assert ended.value.code == 5
    said = capsys.readouterr().err
    assert "ZeroDivisionError" in said
    assert f"This is a bug in dagglot {__version__}" in said


def test_ctrl_c_is_no_finding(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "check", interrupt)
    space.write("a.yaml", WRONG)
    assert space.run("validate", "a.yaml").code == 130


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(flag: str) -> None:
    done = program(flag)
    assert done.stdout.decode() == f"dagglot {__version__}\n"


def test_version_is_quick() -> None:
    """Nothing is imported for it: a prompt, or a CI log, asks often."""
    code = (
        "import sys; from dagglot.__main__ import main; main(['--version']); "
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('typer', 'yaml', 'jinja2')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
    start = time.process_time()
    program("--version")
    assert time.process_time() - start < 1


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_has_examples(space: Space, command: str) -> None:
    ran = space.run(command, "--help")
    assert ran.code == 0
    assert f"Usage: dagglot {command}" in ran.out
    assert f"\n    dagglot {command}" in ran.out, "an example to copy, on a line of its own"
    assert "\x1b" not in ran.out
    assert all(len(line) <= 88 for line in ran.out.splitlines())


def test_help_lists_every_command(space: Space) -> None:
    said = space.run("--help").out
    assert [line.split()[0] for line in said.split("Commands:\n")[1].splitlines()] == list(COMMANDS)
    assert space.run("-h").out == said


def test_what_a_command_does_fits_into_its_line(space: Space) -> None:
    """Of a terminal of 80 columns; what does not fit, Typer cuts."""
    (_, listed) = space.run("--help").out.split("Commands:")
    assert [line for line in listed.splitlines() if "..." in line] == []


def test_examples_in_the_help_are_right(space: Space) -> None:
    """Each word that starts with `--` in an example is an option of that command."""
    for command in COMMANDS:
        said = space.run(command, "--help").out
        for line in said.splitlines():
            if line.startswith(f"    dagglot {command}"):
                words = [word.split("=")[0] for word in line.split() if word.startswith("--")]
                assert all(word in said.split("Options:")[-1] for word in words) or (
                    "Commands:" in said
                ), line


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("validat", "there is no command `validat`: did you mean `validate`?\n"),
        ("complie", "there is no command `complie`: did you mean `compile`?\n"),
    ],
)
def test_unknown_command(space: Space, word: str, answer: str) -> None:
    ran = space.run(word, "pipelines/")
    assert (ran.code, ran.err) == (2, answer)


def test_unknown_command_without_a_likeness(space: Space) -> None:
    ran = space.run("zzz")
    assert ran.code == 2
    assert "known here: `init`" in ran.err


def test_unknown_option_and_bad_format(space: Space) -> None:
    ran = space.run("validate", "--formt", "json")
    assert ran.code == 2
    assert "--formt" in ran.err
    assert space.run("validate", "--format", "xml").code == 2


def test_explain(space: Space) -> None:
    for word in ("DG201", "dg201", "unknown-dependency"):
        ran = space.run("explain", word)
        assert ran.code == 0
        assert ran.out.startswith("DG201 unknown-dependency (error)\n")
    assert len(space.run("explain").out.splitlines()) > 50
    ran = space.run("explain", "unknown-dependancy")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean `unknown-dependency`?" in ran.err


def test_schema(space: Space) -> None:
    for word in ("pipeline", "project"):
        assert json.loads(space.run("schema", word).out)["$schema"].startswith(
            "https://json-schema"
        )


# --- how findings are printed --------------------------------------------------------------------


def wrong(space: Space) -> None:
    space.write("a b.yaml", WRONG + "more: '100%, a: b'\n")


def test_text_goes_to_standard_error(space: Space) -> None:
    wrong(space)
    ran = space.run("validate", "a b.yaml")
    assert ran.out == ""
    assert ran.err.startswith("a b.yaml:4:15: DG104 `type` is `nop`")
    assert "\x1b" not in ran.err
    assert ran.err.endswith("0 pipelines, 2 errors\n")


def test_json(space: Space) -> None:
    wrong(space)
    ran = space.run("validate", "a b.yaml", "--format", "json")
    assert (ran.code, ran.err) == (3, "")
    data = json.loads(ran.out)
    assert data["dagglot_diagnostics"] == 1
    assert data["diagnostics"][0] == {
        "code": "DG104",
        "name": "bad-value",
        "severity": "error",
        "message": "`type` is `nop`, which is no kind of task",
        "file": "a b.yaml",
        "line": 4,
        "column": 15,
        "end_line": 4,
        "end_column": 18,
        "help": "did you mean `noop`?",
    }
    space.write("a b.yaml", PIPELINE.format(id="a"))
    assert json.loads(space.run("validate", "a b.yaml", "--format", "json").out) == {
        "dagglot_diagnostics": 1,
        "diagnostics": [],
    }


def test_github(space: Space) -> None:
    wrong(space)
    space.write("x,y:z%.yaml", WRONG)
    ran = space.run("validate", "a b.yaml", "x,y:z%.yaml", "--format", "github")
    lines = ran.out.splitlines()
    assert lines[0] == (
        "::error title=DG104 bad-value,file=a b.yaml,line=4,endLine=4,col=15,endColumn=18::"
        "`type` is `nop`, which is no kind of task%0Adid you mean `noop`?"
    )
    assert ",file=x%2Cy%3Az%25.yaml,line=4" in lines[-1]
    assert all(line.startswith("::error title=DG") for line in lines)


def test_sarif(space: Space) -> None:
    """The parts that code scanning reads, as SARIF 2.1.0 has them."""
    wrong(space)
    space.write("d.yaml", WRONG.replace("{type: nop}", "{type: noop}\n  one: {type: noop}"))
    arguments = ("validate", "a b.yaml", "d.yaml", "gone.yaml", "--format", "sarif")
    data = json.loads(space.run(*arguments).out)
    assert data["version"] == "2.1.0"
    assert data["$schema"].endswith("sarif-2.1.0.json")
    (run,) = data["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("dagglot", __version__)
    rules = {rule["id"]: rule for rule in driver["rules"]}
    assert len(rules) == len(driver["rules"])
    for rule in rules.values():
        assert rule["name"]
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    assert len(run["results"]) == 4
    for result in run["results"]:
        assert result["ruleId"] in rules
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        for location in result.get("locations", ()):
            physical = location["physicalLocation"]
            assert physical["artifactLocation"]["uri"] in ("a%20b.yaml", "d.yaml")
            region = physical["region"]
            assert all(isinstance(region[key], int) and region[key] >= 1 for key in region)
            start = (region["startLine"], region["startColumn"])
            assert start <= (region["endLine"], region["endColumn"])


@pytest.mark.parametrize("format", ["json", "sarif", "github"])
def test_errors_before_the_documents_have_the_format_too(space: Space, format: str) -> None:
    space.write("dagglot.yaml", "dagglot: 1\nproject: [\n")
    ran = space.run("validate", "--format", format)
    assert ran.code == 3
    assert "DG001" in ran.out
    assert ran.err == ""


class Terminal:
    """Makes the standard streams say that they are a terminal."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)


def test_colour_only_on_a_terminal(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong(space)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" not in space.run("validate", "a b.yaml").err
    Terminal(monkeypatch)
    assert "\x1b[" in space.run("validate", "a b.yaml").err
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in space.run("validate", "a b.yaml").err
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b[" not in space.run("validate", "a b.yaml").err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_the_same_bytes_in_every_locale(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("dagglot: 1\npipeline: a\ntasks:\n  ö日: {type: noop}\n", encoding="utf-8")
    done = program("validate", str(file), PYTHONIOENCODING=encoding, LC_ALL="C")
    assert done.returncode == 3
    assert "`ö日` is no id" in done.stderr.decode("utf-8")
    done = program("explain", "DG301", PYTHONIOENCODING=encoding)
    assert "`${{ … }}`" in done.stdout.decode("utf-8")


def test_a_reader_that_goes_away(tmp_path: Path) -> None:
    command = f"{sys.executable} -m dagglot schema | head -c 10"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_terminal_codes_in_a_document_stay_in_it(space: Space) -> None:
    space.write("a.yaml", 'dagglot: 1\npipeline: a\ntasks: {"\\e[31m\\u202e": {type: noop}}\n')
    for format in ("text", "github"):
        ran = space.run("validate", "a.yaml", "--format", format)
        said = ran.err + ran.out
        assert "\x1b" not in said
        assert "\u202e" not in said
        assert "\\x1b[31m\\u202e" in said


FULL = Path("/dev/full")


def closed(*words: str, out: str, err: str = "") -> tuple[int, str]:
    """A command whose standard output goes there, or nowhere: `>&-`."""
    command = f'exec "$0" -m dagglot "$@" >{out} {err}'
    made = subprocess.run(
        ["sh", "-c", command, sys.executable, *words], capture_output=True, text=True, check=False
    )
    return made.returncode, made.stderr


@pytest.mark.skipif(not FULL.exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("words", [("explain", "DG610"), ("diff", "--help"), ("targets",)])
def test_a_full_disk_is_no_bug(words: tuple[str, ...]) -> None:
    assert closed(*words, out="/dev/full") == (2, "cannot write: No space left on device\n")
    assert closed(*words, out="/dev/full", err="2>/dev/full") == (2, "")


def test_streams_that_are_closed() -> None:
    said = "standard output is closed: there is nowhere to print to\n"
    assert closed("explain", "DG610", out="&-") == (2, said)
    assert closed("explain", "DG610", out="/dev/null", err="2>&-") == (0, "")
    assert closed("explain", "DG000", out="/dev/null", err="2>&-")[0] != 5
