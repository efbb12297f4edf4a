"""The action of GitHub and the template of GitLab: what they run is run, against a stand-in."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from test_diff_command import ORDERS, Repository

from front_tools import Space
from services.forges import TOKEN, Forge

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
TEMPLATE = yaml.safe_load((ROOT / "templates/ci/gitlab.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
HOSTILE = '"; touch canary; echo $(touch canary) `touch canary` #'
SHELLCHECK = Path(sys.executable).parent / "shellcheck"


def schema(name: str) -> Any:
    folder = resources.files("check_jsonschema").joinpath("builtin_schemas/vendor")
    return json.loads(folder.joinpath(f"{name}.json").read_text(encoding="utf-8"))


def check(data: Any, name: str) -> None:
    found = schema(name)
    validator = jsonschema.validators.validator_for(found)
    validator(found).validate(data)


def shellcheck(script: str) -> None:
    done = subprocess.run(
        [SHELLCHECK, "--shell=bash", "--severity=style", "-"],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stdout, done.stdout


@pytest.fixture
def forge() -> Iterator[Forge]:
    with Forge() as made:
        yield made


@pytest.fixture
def clone(space: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shallow checkout of a merge, as CI makes it: what it is merged into has three retries, the
    request has one, and main has gone on since."""
    origin = Repository(space.root)
    space.project()
    space.write("flows/orders.yaml", ORDERS.format(retries=3))
    space.pipeline("items")
    origin.commit()
    origin.git("checkout", "-q", "-b", "request")
    space.write("flows/orders.yaml", ORDERS.format(retries=1))
    origin.commit()
    origin.git("checkout", "-q", "main")
    space.pipeline("items", "owner: me\n")
    origin.commit()
    origin.git("checkout", "-q", "-b", "merge")
    origin.git("merge", "-q", "--no-ff", "-m", "x", "request")
    folder = tmp_path / "clone"
    words = ["clone", "-q", "--depth=1", "-b", "merge", space.root.as_uri(), str(folder)]
    subprocess.run(["git", *words], check=True)
    (folder / ".templates").mkdir(exist_ok=True)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    return folder


# --- GitHub -------------------------------------------------------------------------------------


class Job:
    """Runs the steps of the action as a runner of GitHub does: a bash for each, with its
    variables, and the files that the steps tell one another by."""

    def __init__(self, clone: Path, forge: Forge, event: dict[str, Any], **inputs: str) -> None:
        self.clone = clone
        self.temp = clone.parent / "temp"
        shutil.rmtree(self.temp, ignore_errors=True)
        self.temp.mkdir()
        self.event = event
        given = {name: one["default"] for name, one in ACTION["inputs"].items()}
        self.values: dict[str, str] = {f"inputs.{name}": value for name, value in given.items()}
        self.values["inputs.token"] = TOKEN
        names = {name.replace("-", "_"): name for name in given}
        self.values |= {f"inputs.{names[name]}": value for name, value in inputs.items()}
        self.files = {
            name: self.temp / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
        }
        head = subprocess.check_output(["git", "-C", str(clone), "rev-parse", "HEAD"], text=True)
        self.environment = {
            **os.environ,
            **forge.github,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_SHA": head.strip(),
            "GITHUB_EVENT_PATH": str(self.temp / "event.json"),
            **{name: str(file) for name, file in self.files.items()},
        }
        del self.environment["GITHUB_TOKEN"]
        (self.temp / "event.json").write_text(json.dumps(event), encoding="utf-8")

    def value(self, text: str) -> str:
        """A `${{ … }}` of the action."""

        def of(name: str) -> str:
            if name in self.values or name.startswith("steps."):
                return self.values.get(name, "")
            found: Any = {"event": self.event, "action_path": str(ROOT)}
            for step in name.removeprefix("github.").split("."):
                found = found.get(step) or "" if isinstance(found, dict) else ""
            return str(found)

        return re.sub(r"\$\{\{ (\S+) \}\}", lambda match: of(match[1]), text)

    def step(self, name: str) -> subprocess.CompletedProcess[str]:
        step = STEPS[name]
        out = self.files["GITHUB_OUTPUT"]
        out.unlink(missing_ok=True)
        done = subprocess.run(
            [*BASH, "-c", step["run"]],
            cwd=self.clone / self.value(step.get("working-directory", ".")),
            env={
                **self.environment,
                **{key: self.value(value) for key, value in step["env"].items()},
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if out.exists():
            for line in out.read_text(encoding="utf-8").splitlines():
                key, _, value = line.partition("=")
                self.values[f"steps.{step['id']}.outputs.{key}"] = value
        assert TOKEN not in done.stdout + done.stderr
        return done

    def run(self) -> int:
        """All but what needs GitHub itself; how the job ends."""
        for name in ("Find what to compare with", "Compare"):
            done = self.step(name)
            if done.returncode:
                return done.returncode
        if self.values["inputs.comment"] == "true" and "pull_request" in self.event:
            done = self.step("Comment")
            assert done.returncode == 0, done.stderr
            self.said = done.stdout + done.stderr
        return self.step("Decide").returncode


def request(clone: Path, forge: Forge, **inputs: str) -> Job:
    """A job for a pull request."""
    event = {"pull_request": {"number": 7, "base": {"sha": "0" * 40}}}
    return Job(clone, forge, event, **inputs)


def test_the_action_is_one() -> None:
    check(ACTION, "github-actions")


def test_the_workflow_of_the_readme_is_one() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(on: .*?)```", text, re.DOTALL)
    found = yaml.load(block, yaml.BaseLoader)  # noqa: S506 - of texts alone: `on` is no boolean here
    check(found, "github-workflows")
    (given,) = [step["with"] for step in found["jobs"]["pipelines"]["steps"] if "with" in step]
    assert given.keys() <= ACTION["inputs"].keys()


def test_the_scripts_of_the_action_are_sound() -> None:
    for step in STEPS.values():
        if "run" in step:
            assert step["shell"] == "bash"
            assert "${{" not in step["run"], "what is not ours reaches a script as a variable"
            shellcheck("#!/bin/bash\nset -eo pipefail\n" + step["run"])


def test_a_comment_that_is_brought_up_to_date(clone: Path, forge: Forge) -> None:
    """A commit comes, another one follows, and there is one comment."""
    job = request(clone, forge)
    assert job.run() == 1
    assert job.values["steps.diff.outputs.risk"] == "breaking"
    ((first,), writes) = (forge.comments, forge.writes)
    assert writes == ["POST"]
    assert "is retried at most 1 time, was 3 times" in first["body"]
    assert "items" not in first["body"], "what main has changed is no change of this request"
    assert request(clone, forge).run() == 1
    assert forge.writes == ["POST"], "it says the same"
    flow = clone / "flows/orders.yaml"
    flow.write_text(ORDERS.format(retries=3) + "owner: me\n", encoding="utf-8")
    assert request(clone, forge).run() == 0
    assert forge.writes == ["POST", "PATCH"]
    (comment,) = forge.comments
    assert "### dagglot: 1 safe" in comment["body"]


def test_all_the_forms_are_there(clone: Path, forge: Forge) -> None:
    job = request(clone, forge)
    job.run()
    folder = Path(job.values["steps.diff.outputs.folder"])
    assert sorted(file.name for file in folder.iterdir()) == [
        *("comment.md", "diff.html", "diff.json", "diff.sarif")
    ]
    summary = job.files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
    assert summary == (folder / "comment.md").read_text(encoding="utf-8")
    for name in ("Keep the page", "Upload to code scanning"):
        some = [value for value in STEPS[name]["with"].values() if "folder" in str(value)]
        assert [Path(job.value(path)).exists() for path in some] == [True]


def test_annotations(clone: Path, forge: Forge) -> None:
    job = request(clone, forge)
    job.step("Find what to compare with")
    assert job.step("Compare").stdout.startswith(
        "::error title=DG630 breaking%3A retries-lowered,file=flows/orders.yaml,line=4,col="
    )


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"fail_on": "never"}, 0),
        ({"fail_on": "any"}, 1),
        ({"fail_on": "sometimes"}, 2),
        ({"paths": "flows/items.yaml"}, 0),
        ({"paths": "flows/items.yaml\n\nflows/orders.yaml\n"}, 1),
        ({"paths": "--help"}, 3),
        ({"environment": "unknown"}, 3),
        ({"base": "HEAD"}, 0),
        ({"base": "main", "comment": "false"}, 1),
        ({"base": "nowhere"}, 128),
        ({"working_directory": "flows", "paths": "orders.yaml"}, 1),
    ],
)
def test_inputs(clone: Path, forge: Forge, inputs: dict[str, str], code: int) -> None:
    assert request(clone, forge, **inputs).run() == code
    if inputs.get("comment") == "false":
        assert forge.requests == []


@pytest.mark.parametrize("name", ["paths", "base", "fail_on", "environment", "version"])
def test_no_input_is_run(clone: Path, forge: Forge, name: str) -> None:
    request(clone, forge, **{name: HOSTILE}).run()
    assert not list(clone.parent.rglob("canary"))


def test_a_request_from_a_fork(clone: Path, forge: Forge) -> None:
    """Its token may not write: the job says so, and ends as the diff does."""
    forge.refuses = 403
    job = request(clone, forge, fail_on="never")
    assert job.run() == 0
    assert "::warning title=dagglot::the comment could not be posted" in job.said
    assert "DG539" in job.said


def test_a_checkout_of_the_head(clone: Path, forge: Forge, space: Space) -> None:
    """Not of the merge: then the base is what the event names."""
    base = Repository(space.root).git("rev-parse", "main~1")
    git = ("git", "-C", str(clone))
    subprocess.run([*git, "fetch", "-q", "--depth=1", "origin", "request"], check=True)
    subprocess.run([*git, "checkout", "-q", "FETCH_HEAD"], check=True)
    job = Job(clone, forge, {"pull_request": {"number": 7, "base": {"sha": base}}})
    job.environment["GITHUB_SHA"] = "1" * 40
    subprocess.run(["git", "-C", str(space.root), "config", "uploadpack.allowAnySHA1InWant", "1"])
    assert job.run() == 1
    assert "items" not in forge.comments[0]["body"]


@pytest.mark.parametrize("before", ["main~1", "0" * 40])
def test_a_push(clone: Path, forge: Forge, space: Space, before: str) -> None:
    """Compared with what was pushed onto; a new branch, with the main one. Nobody is written to."""
    if before != "0" * 40:
        before = Repository(space.root).git("rev-parse", before)
    subprocess.run(["git", "-C", str(space.root), "config", "uploadpack.allowAnySHA1InWant", "1"])
    job = Job(clone, forge, {"before": before, "repository": {"default_branch": "main"}})
    assert job.run() == 1
    assert forge.requests == []


def test_what_the_action_installs(clone: Path, forge: Forge) -> None:
    job = request(clone, forge)
    paths = job.temp / "path"
    job.environment["GITHUB_PATH"] = str(paths)
    done = job.step("Install dagglot")
    assert done.returncode == 0, done.stderr
    installed = Path(paths.read_text(encoding="utf-8").strip()) / "dagglot"
    said = subprocess.check_output([installed, "--version"], text=True)
    assert said.startswith("dagglot ")
    job.environment["PATH"] = f"{installed.parent}:{job.environment['PATH']}"
    assert job.run() == 1
    assert len(forge.comments) == 1


# --- GitLab -------------------------------------------------------------------------------------


def merge_request(
    clone: Path, forge: Forge, base: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs the job of the template as a runner of GitLab does: all lines in one shell."""
    (job,) = TEMPLATE.values()
    tools = clone.parent / "tools"
    tools.mkdir(exist_ok=True)
    pip = tools / "pip"
    pip.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {tools}/asked\n", encoding="utf-8")
    pip.chmod(0o755)
    return subprocess.run(
        [*BASH, "-c", "\n".join(job["script"])],
        cwd=clone,
        env={
            **os.environ,
            **forge.gitlab,
            "PATH": f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
            **job["variables"],
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def base(space: Space, clone: Path) -> str:
    """What the request is merged into."""
    root = Repository(space.root)
    root.git("config", "uploadpack.allowAnySHA1InWant", "1")
    return root.git("rev-parse", "main")


def test_the_template_is_one() -> None:
    check(TEMPLATE, "gitlab-ci")
    (job,) = TEMPLATE.values()
    shellcheck("#!/bin/bash\nset -eo pipefail\n" + "\n".join(job["script"]))


def test_a_note_that_is_brought_up_to_date(clone: Path, forge: Forge, base: str) -> None:
    done = merge_request(clone, forge, base)
    assert done.returncode == 1, done.stderr
    assert TOKEN not in done.stdout + done.stderr
    assert forge.writes == ["POST"]
    assert "is retried at most 1 time, was 3 times" in forge.comments[0]["body"]
    flow = clone / "flows/orders.yaml"
    flow.write_text(ORDERS.format(retries=2), encoding="utf-8")
    assert merge_request(clone, forge, base).returncode == 1
    assert forge.writes == ["POST", "PUT"]
    assert "at most 2 times" in forge.comments[0]["body"]
    assert (clone.parent / "tools/asked").read_text().splitlines()[-1] == "dagglot"


def test_the_artifacts_are_there(clone: Path, forge: Forge, base: str) -> None:
    merge_request(clone, forge, base)
    (job,) = TEMPLATE.values()
    artifacts = [*job["artifacts"]["paths"], *job["artifacts"]["reports"].values()]
    assert all((clone / file).exists() for file in artifacts)
    (found,) = json.loads((clone / "dagglot-codequality.json").read_text(encoding="utf-8"))
    assert found["severity"] == "critical"


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"DAGGLOT_FAIL_ON": "never"}, 0),
        ({"DAGGLOT_FAIL_ON": "any", "DAGGLOT_PATHS": "flows/items.yaml"}, 0),
        ({"DAGGLOT_PATHS": "flows/items.yaml\nflows/orders.yaml"}, 1),
        ({"DAGGLOT_PATHS": HOSTILE}, 3),
        ({"GITLAB_TOKEN": ""}, 1),
    ],
)
def test_variables(
    clone: Path, forge: Forge, base: str, variables: Mapping[str, str], code: int
) -> None:
    done = merge_request(clone, forge, base, **variables)
    assert done.returncode == code, done.stderr
    assert not list(clone.parent.rglob("canary"))
    if "GITLAB_TOKEN" in variables:
        assert forge.requests == []
