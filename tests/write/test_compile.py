"""From files to an output folder: what is written, kept, removed, refused, and never half."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from front_tools import MANIFEST, PIPELINE, Space

WRONG = "dagglot: 1\npipeline: b\ntasks:\n  one: {type: noop, depends_on: nobody}\n"


def test_files_and_manifest(two: Space) -> None:
    assert two.files() == ["flows/a.txt", "flows/b.txt", "index.txt"]
    assert two.read("build/index.txt") == '["a", "b"]\n'
    made = two.manifest()
    assert [entry["source"] for entry in made["pipelines"]] == [
        "../flows/a.yaml",
        "../flows/b.yaml",
    ]
    assert str(two.root) not in two.read(f"build/{MANIFEST}")


def test_second_compile_touches_nothing(two: Space) -> None:
    two.age()
    before = two.tree()
    ran = two.compiled()
    assert two.tree() == before
    assert ran.err == "build: 4 unchanged\n"


def test_only_what_changed_is_written(two: Space) -> None:
    two.age()
    before = two.tree()
    two.pipeline("b", "  two: {type: noop}\n")
    ran = two.compiled()
    changed = [path for path, state in two.tree().items() if before[path] != state]
    assert changed == [f"build/{MANIFEST}", "build/flows/b.txt"]
    assert ran.err == "build: 2 changed, 2 unchanged\n"


def test_a_comment_changes_the_manifest_alone(two: Space) -> None:
    two.age()
    before = two.tree()
    two.pipeline("b", "# a note\n")
    two.compiled()
    assert [p for p, state in two.tree().items() if before[p] != state] == [f"build/{MANIFEST}"]


def test_wrong_document_writes_nothing(two: Space) -> None:
    before = two.tree()
    two.write("flows/b.yaml", WRONG)
    two.pipeline("a", "  more: {type: noop}\n")
    ran = two.run("compile")
    assert ran.code == 3
    assert ran.err.endswith("1 error; nothing was written\n")
    assert two.tree() == before


def test_keep_going_writes_the_others_and_keeps_the_old_output(two: Space) -> None:
    old = two.read("build/flows/b.txt")
    two.write("flows/b.yaml", WRONG)
    two.pipeline("a", "  more: {type: noop}\n")
    ran = two.run("compile", "--keep-going")
    assert ran.code == 3
    assert two.read("build/flows/a.txt") == '"a": ["one", "more"]\n'
    assert two.read("build/flows/b.txt") == old
    assert two.read("build/index.txt") == '["a", "b"]\n'


def test_keep_going_says_it_again(two: Space) -> None:
    """What was written does not vouch for what was wrong."""
    both = PIPELINE.format(id="b") + "---\n" + WRONG.replace("pipeline: b", "pipeline: c")
    two.write("flows/b.yaml", both)
    for _ in range(2):
        ran = two.run("compile", "--keep-going")
        assert (ran.code, ran.codes) == (3, ["DG201"])
    assert two.files() == ["flows/a.txt", "flows/b.txt", "index.txt"]


def test_keep_going_keeps_what_cannot_be_read(two: Space) -> None:
    two.write("flows/b.yaml", b"dagglot: 1\npipeline: \xff\n")
    ran = two.run("compile", "--keep-going")
    assert (ran.code, ran.codes) == (3, ["DG009"])
    assert "flows/b.txt" in two.files()


def test_a_duplicate_key_is_not_written_by_keep_going(two: Space) -> None:
    old = two.read("build/flows/b.txt")
    two.pipeline("b", "  one: {type: noop, description: other}\n  two: {type: noop}\n")
    ran = two.run("compile", "--keep-going")
    assert (ran.code, ran.codes) == (3, ["DG002"])
    assert two.read("build/flows/b.txt") == old


def test_keep_going_never_overwrites_what_is_not_ours(two: Space) -> None:
    two.write("build/flows/c.txt", "mine\n")
    two.pipeline("c")
    ran = two.run("compile", "--keep-going")
    assert (ran.code, ran.codes) == (1, ["DG506"])
    assert two.read("build/flows/c.txt") == "mine\n"
    assert "nothing was written" in ran.err
    two.compiled("--force")
    assert two.read("build/flows/c.txt") == '"c": ["one"]\n'


def test_orphans_are_removed(two: Space) -> None:
    (two.root / "flows/b.yaml").unlink()
    ran = two.compiled()
    assert two.files() == ["flows/a.txt", "index.txt"]
    assert "1 removed" in ran.err


def test_the_last_orphan_takes_its_folder_along(two: Space) -> None:
    two.write("flows/a.yaml", PIPELINE.format(id="only"))
    (two.root / "flows/b.yaml").unlink()
    two.write("build/flows/README", "a file of mine\n")
    two.compiled()
    assert two.files() == ["flows/README", "flows/only.txt", "index.txt"]


def test_one_file_does_not_remove_the_output_of_others(two: Space) -> None:
    two.pipeline("a", "  more: {type: noop}\n")
    two.compiled("flows/a.yaml")
    assert two.files() == ["flows/a.txt", "flows/b.txt", "index.txt"]
    assert two.read("build/index.txt") == '["a", "b"]\n'


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_one_file_leaves_the_output_of_others_as_it_is(two: Space, force: tuple[str]) -> None:
    two.write("build/flows/b.txt", "edited\n")
    two.pipeline("a", "  more: {type: noop}\n")
    two.compiled("flows/a.yaml", *force)
    assert two.read("build/flows/b.txt") == "edited\n"


def test_a_document_that_warns_is_not_forgotten(space: Space) -> None:
    """One quiet and one warning document in a file: both stay, the warning too."""
    lossy = "dagglot: 1\npipeline: l\ntasks:\n  one: {type: noop, pool: p}\n"
    space.project()
    space.write("flows/both.yaml", PIPELINE.format(id="a") + "---\n" + lossy)
    for _ in range(3):
        ran = space.compiled()
        assert ran.codes == ["DG402"]
        assert space.files() == ["flows/a.txt", "flows/l.txt", "index.txt"]


def test_moved_to_another_file(two: Space) -> None:
    (two.root / "flows/b.yaml").rename(two.root / "flows/c.yaml")
    two.compiled()
    assert two.files() == ["flows/a.txt", "flows/b.txt", "index.txt"]


def test_two_pipelines_of_one_name(two: Space) -> None:
    """Also where the manifest vouches for the first, so that it is not read again."""
    before = two.tree()
    two.write("flows/c.yaml", PIPELINE.format(id="a"))
    for more in ((), ("--keep-going",)):
        ran = two.run("compile", *more)
        assert (ran.code, ran.codes) == (3, ["DG113"])
        assert "flows/a.yaml" in ran.err
        assert "flows/c.yaml" in ran.err
    assert {p: s[0] for p, s in two.tree().items() if p != f"build/{MANIFEST}"} == {
        p: s[0] for p, s in before.items() if p != f"build/{MANIFEST}"
    }


def test_a_name_of_a_file_that_was_not_named(two: Space) -> None:
    place = two.write("other/c.yaml", PIPELINE.format(id="a"))
    ran = two.run("compile", str(place))
    assert (ran.code, ran.codes) == (3, ["DG113"])
    assert "flows/a.yaml:2:11: first defined here" in ran.err
    (two.root / "flows/a.yaml").write_text(PIPELINE.format(id="z"))
    two.compiled(str(place))


def test_names_that_become_one(two: Space) -> None:
    for id in ("x-1", "x_1", "A"):
        two.pipeline(id, file=f"of_{id}")
    ran = two.run("compile")
    assert (ran.code, ran.codes) == (4, ["DG406", "DG406"])


def test_unsupported_and_strict(two: Space) -> None:
    two.pipeline(
        "b",
        "  sql: {type: sql, sql: select 1, connection: db}\nconnections: {db: {type: postgres}}\n",
    )
    two.pipeline("a", "  p: {type: noop, pool: x}\n")
    ran = two.run("compile")
    assert (ran.code, ran.codes) == (4, ["DG402", "DG401"])
    two.pipeline("b")
    assert two.run("compile").code == 0
    ran = two.run("compile", "--strict")
    assert (ran.code, ran.codes) == (4, ["DG409"])
    two.pipeline("a", "  p: {type: noop, pool: x}\naccept: {airflow: [pool]}\n")
    assert two.run("compile", "--strict").codes == []
    two.pipeline("a", "accept: {airflow: [pool]}\n")
    assert two.run("compile").codes == ["DG403"]


def test_explain_also_of_what_is_unchanged(two: Space) -> None:
    two.pipeline("a", "  r: {type: noop, retries: {count: 1, delay: 1m, jitter: 3s}}\n")
    for _ in range(2):
        ran = two.compiled("--explain")
        assert "emulates `retries-jitter`: it rolls dice" in ran.err


# --- --check and --diff -------------------------------------------------------------------------


def test_check_of_what_is_up_to_date(two: Space) -> None:
    before = two.tree()
    assert two.run("compile", "--check").code == 0
    assert two.tree() == before


def test_check_tells_the_reasons_apart(two: Space) -> None:
    two.pipeline("b", "  two: {type: noop}\n")
    two.pipeline("c")
    two.write("build/flows/a.txt", "edited\n")
    two.pipeline("d")
    two.compiled("flows/d.yaml")
    (two.root / "flows/d.yaml").unlink()
    before = two.tree()
    ran = two.run("compile", "--check")
    assert ran.code == 1
    said = {line.split("`")[1]: line[:5] for line in ran.err.splitlines() if line[:2] == "DG"}
    assert said == {
        "build/flows/a.txt": "DG502",
        "build/flows/b.txt": "DG501",
        "build/flows/c.txt": "DG504",
        "build/flows/d.txt": "DG503",
        "build/index.txt": "DG501",
    }
    assert two.tree() == before


def test_check_says_what_was_removed(two: Space) -> None:
    (two.root / "build/flows/a.txt").unlink()
    ran = two.run("compile", "--check")
    assert (ran.code, ran.codes) == (1, ["DG504"])
    two.compiled()
    assert two.read("build/flows/a.txt") == '"a": ["one"]\n'


def test_check_of_a_folder_that_was_never_made(space: Space) -> None:
    space.project()
    space.pipeline("a")
    ran = space.run("compile", "--check")
    assert ran.code == 1
    assert set(ran.codes) == {"DG504"}
    assert not (space.root / "build").exists()


def test_diff_shows_and_writes_nothing(two: Space) -> None:
    two.pipeline("b", "  two: {type: noop}\n")
    (two.root / "flows/a.yaml").unlink()
    before = two.tree()
    ran = two.run("compile", "--diff")
    assert ran.code == 1
    assert '-"b": ["one"]\n+"b": ["one", "two"]\n' in ran.out
    assert "--- a/build/flows/a.txt\n+++ /dev/null\n" in ran.out
    assert MANIFEST not in ran.out
    assert two.tree() == before


# --- hand edits, foreign files, hostile manifests ------------------------------------------------


def test_edited_by_hand(two: Space) -> None:
    two.write("build/flows/a.txt", "edited\n")
    ran = two.run("compile")
    assert (ran.code, ran.codes) == (1, ["DG502"])
    assert two.read("build/flows/a.txt") == "edited\n"
    two.compiled("--force")
    assert two.read("build/flows/a.txt") == '"a": ["one"]\n'


def test_an_orphan_that_was_edited_stays(two: Space) -> None:
    two.write("build/flows/a.txt", "edited\n")
    (two.root / "flows/a.yaml").unlink()
    ran = two.run("compile")
    assert (ran.code, ran.codes) == (1, ["DG502"])
    assert two.read("build/flows/a.txt") == "edited\n"


def test_foreign_file_in_the_way(space: Space) -> None:
    space.project()
    space.pipeline("a")
    space.write("build/flows/a.txt", b"\xff\xfe binary")
    ran = space.run("compile")
    assert (ran.code, ran.codes) == (1, ["DG506"])
    assert space.files() == ["flows/a.txt"]


def test_an_equal_file_is_not_in_the_way(space: Space) -> None:
    """Output under version control without its manifest."""
    space.project()
    space.pipeline("a")
    space.compiled()
    (space.root / "build" / MANIFEST).unlink()
    space.compiled()


@pytest.mark.parametrize(
    "text",
    [
        "<<<<<<< HEAD\n",
        "{}",
        "[]",
        "null",
        "[" * 100_000,
        '{"dagglot_manifest": 999}',
        "\xff",
    ],
)
def test_damaged_manifest(two: Space, text: str) -> None:
    two.write(f"build/{MANIFEST}", text.encode("latin-1"))
    before = two.tree()
    ran = two.run("compile")
    assert (ran.code, ran.codes) == (1, ["DG514"])
    assert two.tree() == before
    two.compiled("--force")
    assert two.run("compile", "--check").code == 0


@pytest.mark.parametrize("path", ["../victim", "/etc/victim", "a/../../victim", "", "a\0b"])
def test_hostile_paths_in_a_manifest(two: Space, path: str) -> None:
    victim = two.write("victim", "precious\n")
    data = two.manifest()
    data["pipelines"][0]["outputs"][path or "."] = "0" * 64
    two.write(f"build/{MANIFEST}", json.dumps(data))
    (two.root / "flows/a.yaml").unlink()
    ran = two.run("compile")
    assert (ran.code, ran.codes) == (1, ["DG514"])
    assert victim.read_text() == "precious\n"


def test_an_entry_that_was_edited_vouches_for_nothing(two: Space) -> None:
    data = two.manifest()
    data["pipelines"][1]["contribution"] = {"other": 1}
    two.write(f"build/{MANIFEST}", json.dumps(data))
    ran = two.run("compile", "flows/a.yaml")
    assert (ran.code, ran.codes) == (1, ["DG515"])
    two.compiled()
    assert two.read("build/index.txt") == '["a", "b"]\n'


@pytest.mark.parametrize(
    "change",
    [
        {"source": "/etc/passwd"},
        {"source": "\0"},
        {"source": 3},
        {"pipeline": None},
        {"document": "x"},
        {"inputs": ["x"]},
        {"outputs": []},
        {"outputs": {"flows/a.txt": 7}},
        {"contribution": None},
        {"accepted": 1},
        {"seal": None},
    ],
)
def test_no_entry_of_a_manifest_makes_it_fail(two: Space, change: dict[str, object]) -> None:
    data = two.manifest()
    data["pipelines"][0].update(change)
    two.write(f"build/{MANIFEST}", json.dumps(data))
    before = {path: state[0] for path, state in two.tree().items() if MANIFEST not in path}
    assert two.run("compile").code in (0, 1)
    assert {p: s[0] for p, s in two.tree().items() if MANIFEST not in p} == before


def test_a_folder_of_another_target(two: Space) -> None:
    two.project()
    two.write("dagglot.yaml", two.read("dagglot.yaml").replace("airflow:", "prefect:"))
    before = two.tree()
    ran = two.run("compile")
    assert (ran.code, ran.codes) == (1, ["DG513"])
    assert two.tree() == before


def test_two_targets_in_one_folder(space: Space) -> None:
    space.project()
    space.pipeline("a")
    space.write(
        "dagglot.yaml",
        space.read("dagglot.yaml").replace("}}", "}, prefect: {out: ./x/../build}}"),
    )
    ran = space.run("compile")
    assert (ran.code, ran.codes) == (1, ["DG513"])
    assert not (space.root / "build").exists()


def test_several_targets_are_written_together_or_not_at_all(space: Space) -> None:
    space.pipeline("a")
    space.project()
    space.write("out/prefect/flows/a.txt", "mine\n")
    ran = space.run("compile", "-t", "airflow", "-t", "prefect", "-o", "out")
    assert (ran.code, ran.codes) == (1, ["DG506"])
    assert not (space.root / "out/airflow").exists()


def test_two_versions_have_two_folders(space: Space) -> None:
    space.pipeline("a")
    space.project()
    space.compiled("-t", "airflow", "-t", "airflow@2.11", "-o", "out")
    assert sorted(path.name for path in (space.root / "out").iterdir()) == [
        "airflow@2.11",
        "airflow@3.3",
    ]


# --- output folders that cannot be ---


def test_out_is_a_file(space: Space) -> None:
    space.project()
    space.pipeline("a")
    space.write("build", "a file\n")
    ran = space.run("compile")
    assert (ran.code, ran.codes) == (1, ["DG505"])
    assert "cannot write `" in ran.err
    assert space.read("build") == "a file\n"


def test_out_is_below_a_file(space: Space) -> None:
    space.project()
    space.pipeline("a")
    space.write("file", "a file\n")
    ran = space.run("compile", "-t", "airflow", "-o", "file/deep/er")
    assert (ran.code, ran.codes) == (1, ["DG505"])


def test_a_folder_stands_where_a_file_goes(space: Space) -> None:
    space.project()
    space.pipeline("a")
    (space.root / "build/flows/a.txt").mkdir(parents=True)
    ran = space.run("compile")
    assert ran.code == 1
    assert "a folder stands there" in ran.err
    assert space.run("compile", "--force").code == 1


def test_symlink_that_leads_out(space: Space) -> None:
    space.project()
    space.pipeline("a")
    outside = space.root / "outside"
    outside.mkdir()
    (space.root / "build").mkdir()
    (space.root / "build/flows").symlink_to(outside)
    ran = space.run("compile", "--force")
    assert (ran.code, ran.codes) == (1, ["DG507"])
    assert list(outside.iterdir()) == []


def test_symlink_as_the_file(two: Space) -> None:
    victim = two.write("victim", two.read("build/flows/a.txt"))
    (two.root / "build/flows/a.txt").unlink()
    (two.root / "build/flows/a.txt").symlink_to(victim)
    two.pipeline("a", "  two: {type: noop}\n")
    ran = two.run("compile")
    assert (ran.code, ran.codes) == (1, ["DG507"])
    assert victim.read_text() == '"a": ["one"]\n'


def test_symlinked_output_folder_is_fine(space: Space) -> None:
    space.project()
    space.pipeline("a")
    (space.root / "real").mkdir()
    (space.root / "build").symlink_to(space.root / "real")
    space.compiled()
    assert space.files("real") == ["flows/a.txt", "index.txt"]


def test_output_may_be_moved_with_its_sources(two: Space, tmp_path: Path) -> None:
    """Nothing in it says where it stands."""
    copy = tmp_path / "copy"
    shutil.copytree(two.root, copy, ignore=shutil.ignore_patterns("copy"))
    import os

    os.chdir(copy)
    ran = two.run("compile", "--check")
    assert ran.code == 0, ran.err


# --- templates of the project ---


@pytest.mark.parametrize(
    "template", ["{{ no_such_name }}", "{% if %}", "{{ tasks|nothing }}", "{% include 'x' %}"]
)
def test_template_that_does_not_render(two: Space, template: str) -> None:
    before = two.tree()
    two.write(".templates/flow.j2", template)
    ran = two.run("compile")
    assert (ran.code, ran.codes) == (3, ["DG511"])
    assert ".templates/flow.j2" in ran.err
    assert two.tree() == before


def test_template_that_changed(two: Space) -> None:
    two.write(".templates/flow.j2", "new {{ id }}\n")
    assert two.run("compile", "--check").code == 1
    two.compiled()
    assert two.read("build/flows/a.txt") == 'new "a"\n'


def test_a_pattern_that_finds_nothing_removes_nothing(two: Space) -> None:
    before = two.tree()
    for pattern in ("flos/*.yaml", "**x", "/flows/*.yaml"):
        text = two.read("dagglot.yaml").splitlines()
        text[2] = f"pipelines: '{pattern}'"
        two.write("dagglot.yaml", "\n".join(text))
        assert two.run("compile", "--keep-going").code == 3
        assert two.tree() == before
