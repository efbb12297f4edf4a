"""`dagglot diff`: two sides from folders and from git, what is printed, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from front_tools import Ran, Space, schema_of

ROOT = Path(__file__).parents[2]
ORDERS = """\
dagglot: 1
pipeline: orders
tasks:
  load: {{type: shell, run: load, retries: {retries}}}
"""


class Repository:
    """A git repository in the folder of a test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str) -> str:
        who = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "a"), ("EMAIL", "a@example.com"))
        }
        done = subprocess.run(
            ["git", "-C", str(self.root), *words],
            env={**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")


@pytest.fixture
def repository(space: Space) -> Repository:
    return Repository(space.root)


def diffed(space: Space, *words: str) -> dict[str, Any]:
    ran = space.run("diff", *words, "--format", "json")
    assert ran.out, ran.err
    data: dict[str, Any] = json.loads(ran.out)
    schema_of("diff").validate(data)
    return data


def changes(space: Space, *words: str) -> list[tuple[str, str]]:
    return [
        (one["pipeline"], change["path"])
        for one in diffed(space, *words)["pipelines"]
        for change in one["changes"]
    ]


RETRIES = [("orders", "tasks.load.retries.count")]


def test_a_dirty_tree_against_a_commit(space: Space, repository: Repository) -> None:
    space.project()
    space.write("flows/orders.yaml", ORDERS.format(retries=3))
    repository.commit()
    assert changes(space, "--base", "HEAD") == []
    space.write("flows/orders.yaml", ORDERS.format(retries=1))
    space.pipeline("new")  # git does not know it
    assert changes(space, "--base", "HEAD") == [*RETRIES, ("new", "pipeline")]
    assert changes(space, "flows/orders.yaml", "--base", "main") == RETRIES
    assert changes(space, "flows", "--base", "HEAD") == [*RETRIES, ("new", "pipeline")]
    repository.commit()
    assert changes(space, "--base", "HEAD~1") == [*RETRIES, ("new", "pipeline")]
    assert changes(space, "--base", "HEAD") == []


def test_nothing_is_written_for_it(space: Space, repository: Repository) -> None:
    space.project()
    space.pipeline("orders")
    repository.commit()
    (space.root / "flows/orders.yaml").unlink()
    before = space.tree(".")
    assert changes(space, "--base", "HEAD") == [("orders", "pipeline")]
    assert changes(space, "flows/orders.yaml", "--base", "HEAD") == [("orders", "pipeline")]
    assert space.tree(".") == before


def test_the_base_has_its_own_project_file_and_files_beside(
    space: Space, repository: Repository
) -> None:
    space.project("connections: {db: {type: postgres}}\ndefaults: {retries: 3}\n")
    space.write(
        "flows/orders.yaml",
        "dagglot: 1\npipeline: orders\ntasks:\n"
        "  load: {type: sql, connection: db, file: sql/load.sql}\n",
    )
    space.write("flows/sql/load.sql", "select 1")
    repository.commit()
    space.project("connections: {db: {type: postgres}}\ndefaults: {retries: 1}\n")
    assert changes(space, "--base", "HEAD") == RETRIES
    space.write("flows/sql/load.sql", "select 2")
    data = diffed(space, "--base", "HEAD")
    (_, sql) = data["pipelines"][0]["changes"]
    assert (sql["before"], sql["after"]) == ("select 1", "select 2")
    assert sql["place"]["file"] == "flows/sql/load.sql"


def test_from_a_folder_below(
    space: Space, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    space.write("team/flows/orders.yaml", ORDERS.format(retries=3))
    repository.commit()
    space.write("team/flows/orders.yaml", ORDERS.format(retries=1))
    monkeypatch.chdir(space.root / "team")
    data = diffed(space, "flows", "--base", "HEAD")
    (change,) = data["pipelines"][0]["changes"]
    assert change["place"]["file"] == change["old_place"]["file"] == "flows/orders.yaml"


def test_a_renamed_folder(space: Space, repository: Repository) -> None:
    space.write("flows/orders.yaml", ORDERS.format(retries=3))
    space.write("flows/more/items.yaml", ORDERS.format(retries=3).replace("orders", "items"))
    repository.commit()
    repository.git("mv", "flows", "pipelines")
    assert changes(space, "pipelines", "--base", "HEAD") == []
    space.write("pipelines/orders.yaml", ORDERS.format(retries=1))
    assert changes(space, "pipelines", "--base", "HEAD") == RETRIES


def test_a_renamed_folder_of_a_project(space: Space, repository: Repository) -> None:
    space.write("one/dagglot.yaml", "dagglot: 1\nproject: test\npipelines: '*.yml'\n")
    space.write("one/orders.yml", ORDERS.format(retries=3))
    repository.commit()
    repository.git("mv", "one", "two")
    os.chdir(space.root / "two")
    assert changes(space, "--base", "HEAD") == []


def test_links_in_a_commit(space: Space, repository: Repository) -> None:
    space.write("flows/real/orders.yaml", ORDERS.format(retries=3))
    (space.root / "flows/linked.yaml").symlink_to("real/orders.yaml")
    (space.root / "other").symlink_to("flows/real")
    repository.commit()
    space.write("flows/real/orders.yaml", ORDERS.format(retries=1))
    for path in ("flows", "flows/linked.yaml", "other", "other/orders.yaml"):
        assert changes(space, path, "--base", "HEAD") == RETRIES


def test_a_folder_or_a_file_is_a_base(space: Space) -> None:
    space.write("old/flows/orders.yaml", ORDERS.format(retries=3))
    space.write("flows/orders.yaml", ORDERS.format(retries=1))
    for words in (
        ("flows", "--base", "old"),
        ("flows", "--base", "old/flows"),
        ("flows/orders.yaml", "--base", "old/flows/orders.yaml"),
    ):
        assert changes(space, *words) == RETRIES


# --- what goes wrong ----------------------------------------------------------------------------


def said(ran: Ran) -> tuple[int, list[str]]:
    return ran.code, ran.codes


def test_an_unknown_commit(space: Space, repository: Repository) -> None:
    space.pipeline("orders")
    repository.commit()
    ran = space.run("diff", "flows", "--base", "mian")
    assert said(ran) == (3, ["DG532"])
    assert "did you mean `main`" in ran.err
    assert said(space.run("diff", "flows", "--base", "--output=x")) == (3, ["DG532"])
    assert not (space.root / "x").exists()


def test_a_shallow_clone(space: Space, repository: Repository, tmp_path: Path) -> None:
    space.pipeline("orders")
    repository.commit()
    space.pipeline("orders", "owner: me\n")
    repository.commit()
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", space.root.as_uri(), "clone"], check=True, cwd=tmp_path
    )
    ran = space.run("diff", "clone/flows", "--base", "HEAD~1")
    assert said(ran) == (3, ["DG532"])
    assert "shallow" in ran.err


def test_no_repository(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(space.root.parent))
    space.pipeline("orders")
    assert said(space.run("diff", "flows", "--base", "main")) == (3, ["DG531"])


def test_no_git(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(space.root))
    space.pipeline("orders")
    assert said(space.run("diff", "flows", "--base", "main")) == (3, ["DG530"])


def test_a_folder_called_as_a_branch(space: Space, repository: Repository) -> None:
    space.pipeline("orders")
    repository.commit()
    space.write("main/flows/orders.yaml", ORDERS.format(retries=3))
    assert said(space.run("diff", "flows", "--base", "main")) == (3, ["DG533"])
    assert space.run("diff", "flows", "--base", "./main").code == 1
    assert space.run("diff", "flows", "--base", "refs/heads/main").code == 0


def test_nothing_on_either_side(space: Space, repository: Repository) -> None:
    space.pipeline("orders")
    repository.commit()
    assert said(space.run("diff", "nowhere.yaml", "--base", "main")) == (3, ["DG534"])


def test_a_base_that_is_wrong_is_told(space: Space, repository: Repository) -> None:
    space.write("flows/orders.yaml", ORDERS.format(retries="many"))
    repository.commit()
    space.write("flows/orders.yaml", ORDERS.format(retries=1))
    ran = space.run("diff", "flows", "--base", "HEAD")
    assert ran.code == 3
    assert "the base `HEAD` cannot be compared" in ran.err
    assert "flows/orders.yaml:4" in ran.err


# --- how it ends --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("", "", (0, 0, 0, 0)),
        ("", "# a comment\n", (0, 0, 1, 10)),
        ("", "owner: me\n", (0, 0, 1, 10)),
        ("", "targets: {airflow: {queue: x}}\n", (0, 1, 1, 11)),
        ("", "schedule: {cron: '0 3 * * *', timezone: UTC}\n", (0, 1, 1, 11)),
        ("timeout: 2h\n", "timeout: 1h\n", (1, 1, 1, 12)),
    ],
)
def test_codes(space: Space, old: str, new: str, codes: tuple[int, ...]) -> None:
    space.pipeline("orders", old)
    space.write("old.yaml", space.read("flows/orders.yaml"))
    space.pipeline("orders", new)
    asked: tuple[tuple[str, ...], ...] = (
        (),
        ("--fail-on", "review"),
        ("--fail-on", "any"),
        ("--detailed-exitcode",),
    )
    ended = tuple(space.run("diff", "flows", "--base", "old.yaml", *one).code for one in asked)
    assert ended == codes


def test_wrong_usage(space: Space) -> None:
    space.pipeline("orders")
    head = ("diff", "flows", "--base", "flows")
    assert space.run(*head, "--fail-on", "any", "--detailed-exitcode").code == 2
    assert space.run(*head, "--since", "soon").code == 2
    assert space.run("diff", "flows").code == 2


# --- what is printed ----------------------------------------------------------------------------


def test_text(space: Space) -> None:
    space.write("old.yaml", ORDERS.format(retries=3))
    space.write("new.yaml", ORDERS.format(retries=1))
    assert space.run("diff", "new.yaml", "--base", "old.yaml").out == (
        "orders: breaking\n"
        "  ~  tasks.load.retries.count  3 → 1  DG630 breaking\n"
        "      is retried at most 1 time, was 3 times  new.yaml:4\n"
        "\n"
        "1 pipeline changed, 0 did not: 1 breaking\n"
    )


def test_a_fingerprint_outlives_a_commit(space: Space) -> None:
    space.write("old.yaml", ORDERS.format(retries=3))
    space.write("new.yaml", ORDERS.format(retries=1))
    words = ("new.yaml", "--base", "old.yaml")
    (one,) = diffed(space, *words)["pipelines"][0]["changes"]
    space.write("new.yaml", "# more lines\n\n" + ORDERS.format(retries=1) + "owner: me\n")
    other, _ = diffed(space, *words)["pipelines"][0]["changes"]
    assert one["fingerprint"] == other["fingerprint"]
    assert one["place"] != other["place"]


def test_no_secret_is_printed(space: Space) -> None:
    text = (
        "dagglot: 1\npipeline: orders\ntasks:\n  load:\n    type: shell\n    run: 'curl {0}'\n"
        "    env: {{DB_PASSWORD: {1}, KEY: '${{{{ secrets.one }}}}'}}\n"
    )
    space.write("old.yaml", text.format("postgres://me:canary-one@db/x", "canary-two"))
    space.write("new.yaml", text.format("postgres://me:canary-three@db/x", "canary-four"))
    for shape in ("text", "json"):
        ran = space.run("diff", "new.yaml", "--base", "old.yaml", "--format", shape)
        assert "DG627" in ran.out
        assert "canary" not in ran.out + ran.err


def test_control_characters_reach_no_terminal(space: Space) -> None:
    text = 'dagglot: 1\npipeline: orders\nowner: "{}"\ntasks: {{a: {{type: noop}}}}\n'
    space.write("old.yaml", text.format("a"))
    space.write("new.yaml", text.format("\\e]0;x\\a"))
    assert "\x1b" not in space.run("diff", "new.yaml", "--base", "old.yaml").out


# --- what is best looked at ---------------------------------------------------------------------


def one(space: Space, old: str, new: str) -> dict[str, Any]:
    """What is told of a pipeline, of which only what is given differs."""
    head = "dagglot: 1\npipeline: orders\n"
    space.write("old.yaml", head + old)
    space.write("new.yaml", head + new)
    (found,) = diffed(space, "new.yaml", "--base", "old.yaml", "--since", "2026-03-27")["pipelines"]
    assert isinstance(found, dict)
    return found


def test_the_graph_of_both_sides(space: Space) -> None:
    found = one(
        space,
        "tasks:\n  a: {type: noop}\n  b: {type: shell, run: b, depends_on: a}\n"
        "  c: {type: shell, run: c, depends_on: b}\n  d: {type: noop, depends_on: c}\n",
        "tasks:\n  a: {type: noop}\n  c: {type: shell, run: cc, depends_on: a}\n"
        "  e: {type: noop, depends_on: c, moved: {from: d}}\n  f: {type: noop, depends_on: a}\n",
    )
    graph = found["graph"]
    assert [(it["task"], it["change"], it["risk"], it["old_task"]) for it in graph["tasks"]] == [
        ("a", None, None, None),
        ("c", "changed", "review", None),
        ("e", "moved", "review", "d"),
        ("f", "added", "safe", None),
        ("b", "removed", "breaking", None),
    ]
    assert sorted((it["from"], it["to"], it["change"]) for it in graph["edges"]) == [
        ("a", "b", "removed"),
        ("a", "c", "added"),
        ("a", "f", "added"),
        ("b", "c", "removed"),
        ("c", "e", None),
    ]


def test_no_graph_where_it_is_the_same(space: Space) -> None:
    found = one(space, "tasks: {a: {type: noop}}\n", "owner: me\ntasks: {a: {type: noop}}\n")
    assert (found["graph"], found["first_runs"]) == (None, None)


FRIDAY_TO_SUNDAY = [("27", "02:00:00+01"), ("28", "02:00:00+01"), ("29", "03:00:00+02")]
SUNDAYS = [("03-29", "03:00:00+02"), ("04-05", "02:00:00+02"), ("04-12", "02:00:00+02")]


def test_fire_times_of_both_sides(space: Space) -> None:
    schedule = (
        "schedule: {{cron: '0 2 {}', timezone: Europe/Berlin}}\ntasks: {{a: {{type: noop}}}}\n"
    )
    found = one(space, schedule.format("* * *"), schedule.format("* * 0"))
    assert found["first_runs"] == {
        "timezone": "Europe/Berlin",
        "same": 0,
        "before": [f"2026-03-{day}T{hour}:00" for day, hour in FRIDAY_TO_SUNDAY],
        "after": [f"2026-{day}T{hour}:00" for day, hour in SUNDAYS],
        "weekly_before": 7,
        "weekly_after": 1,
    }


def test_where_a_pipeline_is(space: Space) -> None:
    found = one(space, "tasks: {a: {type: noop}}\n", "owner: me\ntasks: {a: {type: noop}}\n")
    assert found["place"] == {"file": "new.yaml", "line": 2, "column": 11}
    assert found["old_place"] == {"file": "old.yaml", "line": 2, "column": 11}


def test_the_folder_from_the_top(
    space: Space, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    space.write("team/flows/orders.yaml", ORDERS.format(retries=3))
    repository.commit()
    assert diffed(space, "team/flows", "--base", "HEAD")["folder"] == ""
    monkeypatch.chdir(space.root / "team")
    assert diffed(space, "flows", "--base", "HEAD")["folder"] == "team"


def test_first_runs_begin_where_they_differ(space: Space) -> None:
    """The same all winter is not the same."""
    text = "schedule: {{cron: '0 {}', timezone: {}}}\ntasks: {{a: {{type: noop}}}}\n"
    old = text.format("6 * * *", "Europe/Berlin")
    runs = one(space, old, text.format("5 * * *", "UTC"))["first_runs"]
    assert runs["same"] == 2
    assert (runs["before"][0], runs["after"][0]) == (
        "2026-03-29T04:00:00+00:00",
        "2026-03-29T05:00:00+00:00",
    )
    same = one(space, old, text.format("06 * * *", "Europe/Berlin"))["first_runs"]
    assert (same["same"], same["before"]) == (0, same["after"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--base", ""), "what follows `--base` is empty: is a variable not set?\n"),
        (("--base=",), "`--base` is empty: is a variable not set?\n"),
        (("--against-output", ""), "what follows `--against-output` is empty"),
        (("--from", "airflow", "--to", ""), "what follows `--to` is empty"),
        (("", "--base", "HEAD"), "what follows `diff` is empty"),
        (("--base", "HEAD", "--since", ""), "what follows `--since` is empty"),
    ],
)
def test_a_variable_that_is_not_set(
    space: Space, repository: Repository, words: tuple[str, ...], said: str
) -> None:
    """As a path it would be the working directory, which never differs from itself."""
    space.project()
    space.pipeline("orders")
    repository.commit()
    ran = space.run("diff", *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(said)


def test_a_folder_without_pipelines_is_no_base(space: Space) -> None:
    """All would be new beside it: most often the path is wrong, or nothing is checked out there."""
    space.project()
    space.pipeline("orders")
    (space.root / "empty").mkdir()
    for base in ("empty", "./empty"):
        ran = space.run("diff", "--base", base)
        assert (ran.code, ran.codes, ran.out) == (3, ["DG540"], "")
    space.write("empty/dagglot.yaml", "dagglot: 1\nproject: p\npipelines: '*.p.yaml'\n")
    assert changes(space, "--base", "empty") == [("orders", "pipeline")]  # had none, and says so


def test_a_commit_without_pipelines_is_told(space: Space, repository: Repository) -> None:
    space.write("README.md", "x")
    repository.commit()
    space.project()
    space.pipeline("orders")
    ran = space.run("diff", "--base", "HEAD")
    assert (ran.code, ran.codes) == (0, ["DG541"])
    assert [one["code"] for one in diffed(space, "flows", "--base", "HEAD")["problems"]] == [
        "DG541"
    ]
    for form in ("markdown", "github", "sarif", "gitlab", "html"):
        assert "DG541" in space.run("diff", "--base", "HEAD", "--format", form).out, form
    assert diffed(space, "flows/orders.yaml", "--base", "HEAD")["problems"] == []  # is new itself
    repository.commit()
    space.pipeline("others")
    assert diffed(space, "--base", "HEAD")["problems"] == []


def test_a_file_that_cannot_be_written_is_no_finding(space: Space) -> None:
    space.project()
    space.pipeline("orders")
    space.write("old/flows/orders.yaml", ORDERS.format(retries=3))
    ran = space.run("diff", "flows", "--base", "old", "--also", "markdown=no/such/file")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "cannot write `no/such/file`: No such file or directory\n"
