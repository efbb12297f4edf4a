"""Files that are no pipelines: each gets a clear answer, the right code, and no traceback."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from front_tools import PIPELINE, Space

GOOD = PIPELINE.format(id="a")


def test_missing_file(space: Space) -> None:
    ran = space.run("validate", "nope.yaml")
    assert (ran.code, ran.codes) == (3, ["DG011"])
    assert "cannot read `nope.yaml`: there is no such file" in ran.err


@pytest.mark.parametrize("name", ["x" * 300, "x" * 300 + "/" + "y" * 300, "file/below", "\udcff"])
def test_names_that_cannot_be(space: Space, name: str) -> None:
    space.write("file", "x")
    ran = space.run("validate", name)
    assert (ran.code, ran.codes) == (3, ["DG011"])
    for format in ("json", "github", "sarif"):
        assert space.run("validate", name, "--format", format).code == 3


@pytest.mark.parametrize("command", [("validate",), ("compile", "-t", "airflow")])
def test_link_in_a_circle(space: Space, command: tuple[str, ...]) -> None:
    Path("loop.yaml").symlink_to("loop.yaml")
    Path("loop").symlink_to("loop")
    for name in ("loop", "loop.yaml"):
        ran = space.run(*command, name)
        assert (ran.code, ran.codes) == (3, ["DG011"])


def test_folder_without_pipelines(space: Space) -> None:
    (space.root / "empty").mkdir()
    ran = space.run("validate", "empty")
    assert (ran.code, ran.codes) == (3, ["DG013"])
    space.write("others/a.yaml", "kind: ConfigMap\n")
    space.write("others/b.yml", "broken: [yaml\n")
    ran = space.run("validate", "others")
    assert (ran.code, ran.codes) == (3, ["DG013"])
    assert "passed over (no key `dagglot`): others/a.yaml, others/b.yml" in ran.err


def test_folder_passes_over_what_is_not_ours(space: Space) -> None:
    space.write("mixed/a.yaml", GOOD + "---\nkind: Other\nvalue: !Ref x\n---\n")
    space.write("mixed/b.yaml", b"\xff\xfebinary")
    space.write("mixed/.hidden.yaml", "dagglot: 7\n")
    space.write("mixed/.git/c.yaml", "dagglot: 7\n")
    ran = space.run("validate", "mixed")
    assert ran.code == 0, ran.err
    assert "1 pipeline, no errors; passed over" in ran.err
    assert "mixed/a.yaml, mixed/b.yaml" in ran.err


@pytest.mark.parametrize(
    "text",
    [
        "  dagglot: 1\n  pipeline: a\n  tasks: {a: {type: noop}}\n",
        "--- {pipeline: a, dagglot: 1, tasks: {a: {type: noop}}}\n",
        '{"pipeline": "a", "dagglot" : 1, "tasks": {"a": {"type": "noop"}}}\n',
        "\ufeffdagglot: 1\npipeline: a\ntasks: {a: {type: noop}}\n",
        "? dagglot\n: 1\n? pipeline\n: a\n? tasks\n: {a: {type: noop}}\n",
    ],
)
def test_a_pipeline_in_a_folder_is_seen_however_it_is_written(space: Space, text: str) -> None:
    space.write("folder/a.yaml", text)
    ran = space.run("validate", "folder")
    assert (ran.code, ran.err) == (0, "1 pipeline, no errors\n")


def test_named_file_that_is_not_ours(space: Space) -> None:
    space.write("a.yaml", "kind: ConfigMap\nmetadata: {}\n")
    ran = space.run("validate", "a.yaml")
    assert (ran.code, ran.codes) == (3, ["DG012"])
    assert "a.yaml:1:1: DG012" in ran.err


@pytest.mark.parametrize(
    ("data", "code", "place"),
    [
        (b"dagglot: 1\npipeline: \xff\n", "DG009", "a.yaml:2:11: "),
        ("dagglot: 1\ntext: äöü ".encode() + b"\xe4\n", "DG009", "a.yaml:2:11: "),
        (GOOD.encode("utf-16"), "DG009", "a.yaml:1:1: "),
        (GOOD.encode("utf-16-le"), "DG010", "a.yaml:1:2: "),
        (GOOD.encode() + b"# \x00\n", "DG010", "a.yaml:5:3: "),
        (GOOD.encode() + b"x-a: '\x07'\n", "DG010", "a.yaml:5:7: "),
        (b"\x7fELF\x02\x01\x01\x00\x00", "DG010", "a.yaml:1:8: "),
        (b"\x89PNG\r\n\x1a\n\x00", "DG009", "a.yaml:1:1: "),
        (b"", "DG013", ""),
        (b"# nothing\n", "DG013", ""),
        (b"---\n---\n...\n", "DG013", ""),
        (b"\xef\xbb\xbf", "DG013", ""),
        (b"text", "DG012", "a.yaml:1:1: "),
        (b"- a\n- b\n", "DG012", "a.yaml:1:1: "),
        (b"{}", "DG012", "a.yaml:1:1: "),
        (b"\tdagglot: 1\n", "DG001", "a.yaml:1:1: "),
        (b"dagglot: 1\n\tpipeline: a\n", "DG001", "a.yaml:2:1: "),
        (b"dagglot: [1\n", "DG001", "a.yaml:2:1: "),
        (b"dagglot: '1\n", "DG001", "a.yaml:2:1: "),
        (b"dagglot: 1: 2\n", "DG001", "a.yaml:1:11: "),
        (b"dagglot: *x\n", "DG001", "a.yaml:1:10: "),
        (b"%YAML 3.0\n---\ndagglot: 1\n", "DG001", "a.yaml:1:1: "),
        (b"? [a]\n: 1\n", "DG004", "a.yaml:1:3: "),
    ],
)
def test_bytes(space: Space, data: bytes, code: str, place: str) -> None:
    space.write("a.yaml", data)
    ran = space.run("validate", "a.yaml")
    assert (ran.code, ran.codes) == (3, [code])
    assert ran.err.startswith(f"{place}{code} "), ran.err


def test_a_byte_order_mark_and_other_line_ends_are_fine(space: Space) -> None:
    space.write("a.yaml", b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert space.run("validate", "a.yaml").code == 0
    wrong = GOOD.replace("noop", "nop").replace("\n", "\r\n")
    space.write("a.yaml", b"\xef\xbb\xbf" + wrong.encode())
    ran = space.run("validate", "a.yaml")
    assert ran.err.startswith("a.yaml:4:15: DG104")
    assert "    4 |   one: {type: nop}\n      |               ^^^ " in ran.err


def quick(space: Space, text: str, code: str, seconds: float = 1.0) -> str:
    space.write("a.yaml", text)
    start = time.process_time()
    ran = space.run("validate", "a.yaml")
    assert time.process_time() - start < seconds
    assert set(ran.codes) == {code}, ran.err[:500]
    assert ran.code == 3
    assert len(ran.err) < 20_000
    return ran.err


def bomb(width: int = 9, height: int = 12) -> str:
    lines = ["dagglot: 1", f"x-0: &l0 [{', '.join(['lol'] * width)}]"]
    for level in range(1, height):
        lines.append(f"x-{level}: &l{level} [{', '.join([f'*l{level - 1}'] * width)}]")
    return "\n".join(lines) + "\n"


def maps(height: int = 40) -> str:
    lines = ["dagglot: 1", "x-0: &l0 {a: 1}"]
    lines += [f"x-{n}: &l{n} {{a: *l{n - 1}, b: *l{n - 1}}}" for n in range(1, height)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("text", [bomb(), maps(), bomb(1000, 3)])
def test_bombs(space: Space, text: str) -> None:
    quick(space, text, "DG008")


@pytest.mark.parametrize(
    "text",
    [
        "dagglot: " + "[" * 10_000,
        "dagglot: " + "[" * 10_000 + "]" * 10_000,
        "dagglot: " + "{a: " * 10_000,
        "dagglot:\n" + "".join(f"{' ' * n}a:\n" for n in range(1, 1_000)),
        "dagglot:\n" + "- " * 10_000 + "\n",
        "dagglot:\n" + "? " * 10_000 + "\n",
        "a: &a [1]\n"
        + "".join(f"x{n}: &x{n} [*x{n - 1}]\n" for n in range(1, 100)).replace("*x0]", "*a]"),
    ],
)
def test_nesting(space: Space, text: str) -> None:
    space.write("a.yaml", text)
    start = time.process_time()
    ran = space.run("validate", "a.yaml")
    assert time.process_time() - start < 1
    assert ran.code == 3
    assert ran.codes[0] in ("DG007", "DG004"), ran.err[:300]


def test_a_line_of_a_megabyte(space: Space) -> None:
    said = quick(space, GOOD + f"bogus: '{'x' * 1_000_000}'\n", "DG101")
    assert max(map(len, said.splitlines())) < 300
    said = quick(space, GOOD + f"description: '{'x' * 1_000_000}', bogus: 1\n", "DG001")
    assert max(map(len, said.splitlines())) < 300


def test_a_file_without_an_end(space: Space) -> None:
    quick(space, GOOD + "#" * (5 * 1024 * 1024), "DG008")
    if os.path.exists("/dev/zero"):  # noqa: PTH110
        assert space.run("validate", "/dev/zero").codes == ["DG008"]


def test_a_thousand_mistakes(space: Space) -> None:
    tasks = "".join(f"  load_table_{n}: {{type: nop, dependson: x}}\n" for n in range(500))
    space.write("a.yaml", f"dagglot: 1\npipeline: a\ntasks:\n{tasks}")
    start = time.process_time()
    ran = space.run("validate", "a.yaml")
    assert time.process_time() - start < 10
    assert len(ran.codes) == 500


def chain(number: int, last: str = "") -> str:
    tasks = [f"  t{n}: {{type: noop, depends_on: t{n - 1}}}\n" for n in range(1, number)]
    return f"dagglot: 1\npipeline: a\ntasks:\n  t0: {{type: noop{last}}}\n{''.join(tasks)}"


def test_chain_of_two_thousand(space: Space) -> None:
    space.write("a.yaml", chain(2_000))
    start = time.process_time()
    assert space.run("validate", "a.yaml").code == 0
    assert time.process_time() - start < 3


def test_cycle_of_two_thousand(space: Space) -> None:
    said = quick(space, chain(2_000, ", depends_on: t1999"), "DG202", 3)
    assert said.startswith("a.yaml:4:32: DG202 these tasks wait for each other: `t0` → `t1`")
    assert "… 1,989 more …" in said


def test_expressions_without_end(space: Space) -> None:
    deep = "(" * 500 + "1" + ")" * 500
    for text in (deep, "not " * 3_000 + "true", "-" * 3_000 + "1", "[" * 3_000, "1" * 5_000):
        space.write("a.yaml", GOOD.replace("noop", f"noop, when: '${{{{ {text} }}}}'"))
        ran = space.run("validate", "a.yaml")
        assert set(ran.codes) <= {"DG301"}


def test_no_path_and_no_project(space: Space) -> None:
    ran = space.run("validate")
    assert (ran.code, ran.codes) == (2, ["DG014"])


def test_marks_of_a_merge(space: Space) -> None:
    """Not what a parser of YAML thinks of them."""
    sides = "<<<<<<< HEAD\ndescription: ours\n=======\ndescription: theirs\n>>>>>>> other\n"
    space.write("a.yaml", GOOD.replace("tasks:", f"{sides}tasks:"))
    ran = space.run("validate", "a.yaml")
    assert (ran.code, ran.codes) == (3, ["DG001"])
    assert "a.yaml:3:1: DG001 this is no YAML: a merge left its marks of conflicts here" in ran.err
