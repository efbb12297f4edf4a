"""`compile --check` says of each file what is wrong with it, why, and what to do."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from dagglot import manifest
from front_tools import MANIFEST, Space

SAME = "; what is generated is the same"


def said(space: Space, *words: str) -> dict[str, str]:
    """What is said of each file: the code and the reason."""
    ran = space.run("compile", "--check", *words)
    found = {}
    for line in ran.err.splitlines():
        if line.startswith("DG"):
            code, _, rest = line.partition(" `build/")
            file, _, words_of_it = rest.partition("` ")
            assert file not in found, "said twice"
            found[file] = f"{code} {words_of_it.partition(': ')[2]}".strip()
    assert bool(found) == (ran.code == 1)
    return found


def test_the_source(two: Space) -> None:
    two.pipeline("b", "  two: {type: noop}\n")
    why = {"flows/b.txt": "DG501 `flows/b.yaml` changed"}
    assert said(two) == why
    assert said(two, "flows/b.yaml") == why
    assert said(two, "flows/a.yaml") == {}


def test_what_it_means_is_the_same(two: Space) -> None:
    two.pipeline("b", "# a note\n")
    words = f"DG501 `flows/b.yaml` changed{SAME}"
    assert said(two) == {MANIFEST: words}


def test_a_new_pipeline(two: Space) -> None:
    two.pipeline("c")
    assert said(two) == {
        "flows/c.txt": "DG504 `flows/c.yaml` was not compiled into this folder yet",
        "index.txt": "DG501 `c` changed",
    }


def test_one_of_which_something_is_said_is_no_reason(two: Space) -> None:
    """It is compiled each time, though nothing of it changed."""
    two.write("flows/l.yaml", "dagglot: 1\npipeline: l\ntasks:\n  one: {type: noop, pool: p}\n")
    two.compiled()
    two.pipeline("c")
    assert said(two)["index.txt"] == "DG501 `c` changed"


def test_a_pipeline_that_is_gone(two: Space) -> None:
    (two.root / "flows/b.yaml").unlink()
    assert said(two) == {
        "flows/b.txt": "DG503 `flows/b.yaml` is gone",
        "index.txt": "DG501 `b` changed",
    }


def test_a_pipeline_of_another_name(two: Space) -> None:
    two.pipeline("c", file="b")
    assert said(two) == {
        "flows/b.txt": "DG503 `flows/b.yaml` is no source of `b` any more",
        "flows/c.txt": "DG504 `flows/b.yaml` was not compiled into this folder yet",
        "index.txt": "DG501 `b`, `c` changed",
    }


def test_a_file_beside_the_document(space: Space) -> None:
    space.project()
    sql = space.write("flows/q.sql", "select 1\n")
    space.write(
        "flows/a.yaml",
        "dagglot: 1\npipeline: a\nconnections: {w: {type: sqlite}}\n"
        "tasks: {one: {type: noop, checks: [{name: c, connection: w, file: q.sql}]}}\n",
    )
    space.compiled()
    sql.write_bytes(b"select 1\r\n")  # as git checks it out on Windows
    assert said(space) == {}
    sql.write_bytes(b"select 2\n")
    words = "DG501 `q.sql`, which it reads, changed" + SAME
    assert said(space) == {MANIFEST: words}


def test_removed(two: Space) -> None:
    (two.root / "build/flows/a.txt").unlink()
    assert said(two) == {"flows/a.txt": "DG504 it was generated, and is gone"}


def test_a_template(two: Space) -> None:
    two.write(".templates/flow.j2", "{{ id }}: {{ tasks }} \n")
    words = "DG501 a template of the project changed"
    assert said(two) == {"flows/a.txt": words, "flows/b.txt": words}


def test_the_version_of_the_target(two: Space) -> None:
    two.write("dagglot.yaml", two.read("dagglot.yaml").replace("build}", 'build, version: "2.11"}'))
    words = "DG501 the version of Airflow changed (3.3 → 2.11)" + SAME
    assert said(two) == {MANIFEST: words}


def test_the_project_file(two: Space) -> None:
    text = two.read("dagglot.yaml")
    two.write("dagglot.yaml", text + "# a note\nlint: {DG801: 'off'}\n")
    assert said(two) == {}, "nothing of it reaches a pipeline"
    two.write("dagglot.yaml", text + "vars: {x: 1}\n")
    words = "DG501 the project file, its environment or a build variable changed"
    assert said(two) == {MANIFEST: f"{words}{SAME}"}
    two.write("dagglot.yaml", text + "pools: {db: 3}\n")
    words = "DG501 the project file, its environment or a build variable changed"
    assert words.partition(" the")[0] in said(two)[MANIFEST]


def test_the_compiler(two: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "compiler_digest", lambda: "0" * 64)
    (why,) = said(two).values()
    assert why.startswith("DG501 the compiler changed (another build of ")
    two.write(
        f"build/{MANIFEST}",
        two.read(f"build/{MANIFEST}").replace('"compiler": "', '"compiler": "0.0.'),
    )
    assert "(0.0." in said(two)[MANIFEST]


def test_of_some_pipelines_only(two: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new compiler has made one of them: the other is still of the old one."""
    monkeypatch.setattr(manifest, "compiler_digest", lambda: "0" * 64)
    two.compiled("flows/a.yaml")
    assert said(two, "flows/a.yaml") == {}
    entries = {one["pipeline"]: one for one in two.manifest()["pipelines"]}
    assert ("made" in entries["a"], "made" in entries["b"]) == (False, True)
    assert said(two)[MANIFEST].startswith("DG501 the compiler changed")
    two.compiled()
    assert not any("made" in one for one in two.manifest()["pipelines"])


def test_a_new_compiler_changes_one_line(two: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    before = two.read(f"build/{MANIFEST}").splitlines()
    monkeypatch.setattr(manifest, "compiler_digest", lambda: "0" * 64)
    two.compiled()
    after = two.read(f"build/{MANIFEST}").splitlines()
    assert [one.strip()[:11] for one in after if one not in before] == ['"compiler":']


# --- edited by hand ------------------------------------------------------------------------------


def test_edited_is_said_once_and_how_to_keep_it(two: Space) -> None:
    two.write("build/flows/a.txt", "mine\n")
    ran = two.run("compile", "--check")
    assert ran.codes == ["DG502"]
    assert "move the change to the source" in ran.err


def test_an_orphan_that_was_edited_is_not_removed_unsaid(two: Space) -> None:
    two.write("build/flows/a.txt", "mine\n")
    (two.root / "flows/a.yaml").unlink()
    ran = two.run("compile", "--check")
    assert sorted(ran.codes) == ["DG501", "DG502"]
    assert "edited after it was generated, and would be removed: `flows/a.yaml` is gone" in ran.err
    forced = two.compiled("--force")
    assert "build/flows/a.txt was edited by hand: it is removed, as `--force` says" in forced.err
    assert not (two.root / "build/flows/a.txt").exists()


def test_force_says_what_it_overwrites(two: Space) -> None:
    two.write("build/flows/a.txt", "mine\n")
    assert "flows/a.txt was edited by hand: it is overwritten" in two.compiled("--force").err


def test_line_ends_of_windows(two: Space) -> None:
    """In a checkout with `core.autocrlf` the sources are the same; of an output that is said."""
    for path in ("flows/a.yaml", "dagglot.yaml", ".templates/flow.j2"):
        two.write(path, two.read(path).replace("\n", "\r\n"))
    assert said(two) == {}
    two.write("build/flows/b.txt", two.read("build/flows/b.txt").replace("\n", "\r\n"))
    ran = two.run("compile", "--check")
    assert "its lines end as on Windows" in ran.err


# --- pruning is previewed, and touches nothing else ----------------------------------------------


def test_what_is_removed_is_seen_before_and_named(two: Space) -> None:
    (two.root / "flows/a.yaml").unlink()
    ours = two.write("build/flows/notes.txt", "of somebody else\n")
    assert said(two)["flows/a.txt"] == "DG503 `flows/a.yaml` is gone"
    shown = two.run("compile", "--diff")
    assert "--- a/build/flows/a.txt\n+++ /dev/null\n" in shown.out
    assert "1 to remove" in shown.err
    assert "removed build/flows/a.txt\n" in two.compiled().err
    assert ours.exists()


# --- the file in a repository --------------------------------------------------------------------


def git(folder: Path, *words: str, code: int = 0) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stderr + done.stdout
    return done.stdout


@pytest.fixture
def repository(two: Space) -> Space:
    two.pipeline("c")
    two.write(".templates/index.j2", "the same whatever is there\n")
    two.compiled()
    git(two.root, "init", "-q", "-b", "main")
    git(two.root, "add", "-A")
    git(two.root, "commit", "-qm", "all")
    return two


def commit(space: Space, branch: str, id: str, more: str) -> None:
    git(space.root, "checkout", "-q", "-b", branch, "main")
    space.pipeline(id, more)
    space.compiled()
    git(space.root, "commit", "-qam", branch)


def test_a_pipeline_is_a_few_lines_of_a_diff(repository: Space) -> None:
    repository.pipeline("b", "  two: {type: noop}\n")
    repository.compiled()
    words = git(repository.root, "diff", "--numstat", "--", f"build/{MANIFEST}").split()
    assert int(words[0]) == int(words[1]) <= 4


def test_branches_of_two_pipelines_merge(repository: Space) -> None:
    commit(repository, "left", "a", "  two: {type: noop}\n")
    commit(repository, "right", "b", "  two: {type: noop}\n")
    git(repository.root, "merge", "-q", "left", "-m", "both")
    assert said(repository) == {}


def conflict(space: Space, left: tuple[str, str], right: tuple[str, str]) -> None:
    """Two branches that change a pipeline each, merged with conflicts."""
    commit(space, "left", *left)
    commit(space, "right", *right)
    git(space.root, "merge", "-q", "left", "-m", "both", code=1)
    assert "<<<<<<< " in space.read(f"build/{MANIFEST}")


def test_a_merge_with_conflicts_is_resolved_by_a_compile(repository: Space) -> None:
    """A person resolves the pipelines; what is generated follows from them."""
    conflict(repository, ("a", "  two: {type: noop}\n"), ("a", "  three: {type: noop}\n"))
    repository.pipeline("a", "  four: {type: noop}\n")
    assert "<<<<<<< " in repository.read("build/flows/a.txt")
    found = said(repository)
    assert found["flows/a.txt"] == "DG501 a merge left its marks in the manifest"
    repository.compiled()
    assert repository.read("build/flows/a.txt") == '"a": ["one", "four"]\n'
    assert said(repository) == {}


def test_files_of_either_side_are_ours(repository: Space) -> None:
    """The shared file is in conflict, each side has a pipeline of its own, and one is gone."""
    repository.write(".templates/index.j2", "{{ ids }}\n")
    repository.compiled()
    git(repository.root, "commit", "-qam", "an index")
    for side, id in (("left", "x"), ("right", "y")):
        git(repository.root, "checkout", "-q", "-b", side, "main")
        repository.pipeline(id)
        repository.compiled()
        git(repository.root, "add", "-A")
        git(repository.root, "commit", "-qm", side)
    git(repository.root, "merge", "-q", "left", "-m", "both", code=1)
    (repository.root / "flows/x.yaml").unlink()
    repository.compiled()
    assert repository.files() == [
        "flows/a.txt",
        "flows/b.txt",
        "flows/c.txt",
        "flows/y.txt",
        "index.txt",
    ]
    assert repository.read("build/index.txt") == '["a", "b", "c", "y"]\n'
    assert said(repository) == {}


def test_a_hand_edit_is_one_in_a_merge_too(repository: Space) -> None:
    conflict(repository, ("a", "  two: {type: noop}\n"), ("a", "  three: {type: noop}\n"))
    repository.pipeline("a")
    repository.write("build/flows/b.txt", "mine\n")
    repository.write(".templates/flow.j2", "{{ id }}: {{ tasks }} \n")
    ran = repository.run("compile")
    assert (ran.code, ran.codes) == (1, ["DG502"])
    assert repository.read("build/flows/b.txt") == "mine\n"


def test_marks_that_nobody_can_read(repository: Space) -> None:
    conflict(repository, ("a", "  two: {type: noop}\n"), ("a", "  three: {type: noop}\n"))
    repository.pipeline("a")
    text = repository.read(f"build/{MANIFEST}")
    repository.write(f"build/{MANIFEST}", text.replace("}", "", 1))
    ran = repository.run("compile")
    assert (ran.code, ran.codes) == (1, ["DG514"])
    assert "a merge left its marks of conflicts in it" in ran.err
    assert "`dagglot compile --force` writes the output and the manifest anew" in ran.err
    repository.compiled("--force")
    assert said(repository) == {}


def test_marks_in_a_file_alone_are_an_edit(two: Space) -> None:
    two.write("build/flows/a.txt", "<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> left\n")
    ran = two.run("compile")
    assert (ran.code, ran.codes) == (1, ["DG502"])
    assert "a merge left its marks of conflicts in it: overwrite" in ran.err


# --- manifests of other releases -----------------------------------------------------------------


def first_kind(space: Space) -> None:
    """The manifest as the first release would have written it."""
    data = space.manifest()
    entries = []
    for one in data["pipelines"]:
        old = {key: one[key] for key in ("pipeline", "source", "inputs", "outputs", "contribution")}
        old |= {"document": 1, "accepted": []}
        entries.append({**old, "seal": manifest._seal(old)})
    head = {"dagglot_manifest": 1, "about": "", "target": "airflow", "version": "3.3"}
    head |= {"compiler": "x", "setting": "y", "shared": data["shared"], "pipelines": entries}
    space.write(f"build/{MANIFEST}", json.dumps(head, indent=1))


def test_a_manifest_of_the_first_kind_is_stale(two: Space) -> None:
    first_kind(two)
    assert said(two) == {MANIFEST: f"DG501 its manifest is of an earlier release{SAME}"}
    two.write("build/flows/b.txt", "mine\n")
    assert said(two)["flows/b.txt"] == "DG502"
    two.compiled("--force")
    assert said(two) == {}


def test_what_it_says_of_files_still_counts(two: Space) -> None:
    first_kind(two)
    (two.root / "flows/b.yaml").unlink()
    two.compiled()
    assert two.files() == ["flows/a.txt", "index.txt"]


def test_one_of_a_later_release(two: Space) -> None:
    data = two.manifest()
    two.write(f"build/{MANIFEST}", json.dumps({**data, "dagglot_manifest": 3}))
    ran = two.run("compile")
    assert (ran.code, ran.codes) == (1, ["DG514"])
    assert "install that release" in ran.err


def test_many_small_compiles_end_where_one_does(two: Space) -> None:
    """Byte for byte, the manifest too, whatever was compiled before, and in which order."""
    two.pipeline("c", "  two: {type: noop}\n")
    two.compiled("flows/c.yaml")
    two.pipeline("a", "  two: {type: noop}\n")
    two.compiled()
    (two.root / "flows/b.yaml").unlink()
    two.compiled("flows/a.yaml")
    two.pipeline("d", file="sub/d")
    two.compiled()
    often = {path: two.read(f"build/{path}") for path in [*two.files(), MANIFEST]}
    shutil.rmtree(two.root / "build")
    two.compiled()
    assert {path: two.read(f"build/{path}") for path in [*two.files(), MANIFEST]} == often


def test_of_many_files_a_few_are_named(space: Space) -> None:
    """For a person; a program is told of each."""
    space.project()
    for number in range(9):
        space.pipeline(f"p{number}")
    space.compiled()
    space.write(".templates/flow.j2", "{{ id }}: {{ tasks }} \n")
    ran = space.run("compile", "--check")
    assert len([line for line in ran.err.splitlines() if line.startswith("DG501 `")]) == 5
    assert "DG501 … and 4 more: a template of the project changed" in ran.err.splitlines()
    assert "9 errors" in ran.err
    assert (
        len(json.loads(space.run("compile", "--check", "--format", "json").out)["diagnostics"]) == 9
    )


def test_what_is_accepted_is_in_the_lock(space: Space) -> None:
    """What a pipeline, or the project for it, accepts of what it has: of no other."""
    space.project("accept: {airflow: [pool, resources]}\npools: {db: 1}\n")
    space.pipeline("a")
    space.pipeline("b", "  two: {type: noop, pool: db}\n")
    space.compiled()
    entries = {one["pipeline"]: one.get("accepted") for one in space.manifest()["pipelines"]}
    assert entries == {"a": None, "b": ["pool"]}


def test_the_folder_of_a_target_that_is_listed_no_more(space: Space) -> None:
    space.pipeline("a")
    space.project()
    both = space.read("dagglot.yaml").replace(
        "{airflow: {out: build}}", "{airflow: {}, prefect: {}}"
    )
    space.write("dagglot.yaml", both)
    assert space.compiled().codes == []
    space.write("dagglot.yaml", both.replace(", prefect: {}", ""))
    ran = space.run("compile", "--check")
    assert (ran.code, ran.codes) == (0, ["DG526"])
    assert "`build/prefect` was generated for prefect 3.3" in ran.err
    assert space.compiled("-t", "airflow").codes == [], "not where targets are asked for"
    # the output of another project beside it is none of ours
    data = space.manifest(f"build/prefect/{MANIFEST}")
    data["pipelines"][0]["source"] = "../../../elsewhere/flows/a.yaml"
    space.write(f"build/prefect/{MANIFEST}", json.dumps(data))
    assert space.run("compile", "--check").codes == []
