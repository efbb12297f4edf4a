"""What the README shows is what the compiler makes. `pytest --update` writes it anew."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from case_folders import EXAMPLES, Case, compiled, files
from dagglot import support
from dagglot.targets.base import Support

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


def look(tmp: Path) -> str:
    """The three outputs of `examples/hello`, the interesting file of each."""
    case = Case(EXAMPLES / "hello", tmp)
    parts = []
    for target, name in (
        ("airflow", "hello_dag.py"),
        ("prefect", "hello_flow.py"),
        ("dagster", "hello_job.py"),
    ):
        texts = files(compiled(case, target, tmp / target))
        path = next(path for path in texts if path.name == name)
        head = f"<details><summary><code>{target}/{path}</code></summary>"
        parts.append(f"{head}\n\n```python\n{texts[path]}```\n\n</details>\n")
    return "\n".join(parts)


def totals(rows: Sequence[support.Row]) -> str:
    """How many constructs of the language have which verdict on each target."""
    lines = [f"| of {len(rows)} constructs | {' | '.join(support.columns())} |"]
    lines.append(f"| --- |{' --- |' * len(support.columns())}")
    for verdict in Support:
        counts = (
            sum(row.verdicts[at].support is verdict for row in rows)
            for at in range(len(support.columns()))
        )
        lines.append(f"| {verdict.value} | {' | '.join(map(str, counts))} |")
    return "\n".join(lines) + "\n"


def with_section(text: str, name: str, body: str) -> str:
    pattern = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    assert pattern.search(text)
    return pattern.sub(lambda match: f"{match[1]}\n{body}\n{match[2]}", text)


def test_readme_is_up_to_date(update: bool, tmp_path: Path) -> None:
    text = README.read_text(encoding="utf-8")
    made = with_section(text, "look", look(tmp_path))
    accepted = [
        row for row in support.rows() if any(v.support.value != "unsupported" for v in row.verdicts)
    ]
    refused = [row.feature.value for row in support.rows() if row not in accepted]
    words = ", ".join(f"`{name}`" for name in refused)
    table = (
        f"{totals(support.rows())}\n"
        "Nothing is refused without a reason: `dagglot targets --notes` tells each.\n\n"
        f"<details><summary>All of them, one by one</summary>\n\n{support.as_markdown(accepted)}\n"
        f"`–` is refused; on every target for now: {words}.\n\n</details>\n"
    )
    made = with_section(made, "support", table)
    if update:
        README.write_text(made, encoding="utf-8")
    assert README.read_text(encoding="utf-8") == made


def test_commands_of_the_readme_exist() -> None:
    from dagglot.cli.app import COMMANDS

    words = set(
        re.findall(
            r"(?:^|`)dagglot ([a-z][a-z-]*)", README.read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    assert words <= set(COMMANDS)
    assert len(words) > 5


def test_map_names_what_is_there() -> None:
    text = (ROOT / "compiler" / "README.md").read_text(encoding="utf-8")
    package = ROOT / "compiler" / "dagglot"
    for name in sorted(path.name for path in package.iterdir()):
        if not name.startswith("__") and name not in ("py.typed",):
            assert name.removesuffix(".py") in text, name
