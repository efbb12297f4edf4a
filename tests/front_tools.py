"""What the tests of the front share: a folder to work in, the command line, a target of their own.

The target writes one text file for each pipeline and an index of all, so that these tests know
nothing of any orchestrator.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import jsonschema
import pytest

from dagglot.cli import app
from dagglot.features import Feature
from dagglot.ir.model import Json, Pipeline
from dagglot.targets import registry
from dagglot.targets.base import (
    Capabilities,
    Context,
    Lowered,
    Need,
    RunNames,
    RunSpec,
    View,
    emulated,
    lossy,
    native,
    unsupported,
)

SCHEMAS = Path(__file__).parents[1] / "schemas" / "output"
PIPELINE = "dagglot: 1\npipeline: {id}\ntasks:\n  one: {{type: noop}}\n"
MANIFEST = ".dagglot-manifest.json"


@cache
def schema_of(form: str) -> jsonschema.protocols.Validator:
    """The published schema of an output, itself checked once."""
    schema = json.loads((SCHEMAS / f"{form}.v1.schema.json").read_bytes())
    made = jsonschema.validators.validator_for(schema)
    made.check_schema(schema)
    return made(schema)


@dataclass
class FakeTarget:
    """Writes ids and nothing else. `pool` is lossy, `priority` emulated, SQL unsupported."""

    name: str = "airflow"
    title: str = "Airflow"
    versions: tuple[str, ...] = ("3.3", "2.11")

    def capabilities(self, version: str) -> Capabilities:
        table = dict.fromkeys(Feature, native())
        table[Feature.SQL] = unsupported("it cannot")
        table[Feature.POOL] = lossy("it takes turns")
        table[Feature.RETRIES_JITTER] = emulated("it rolls dice")
        return table

    def refusals(self, pipeline: Pipeline, context: Context) -> tuple[Any, ...]:
        return ()

    def names(self, pipeline: Pipeline, context: Context) -> RunNames:
        return RunNames(pipeline.id, "", {task.id: task.id for task in pipeline.tasks})

    def lower(self, pipeline: Pipeline, context: Context) -> Lowered:
        data = {"id": pipeline.id, "tasks": [task.id for task in pipeline.tasks]}
        path = PurePosixPath("flows", f"{pipeline.id.replace('-', '_')}.txt")
        return Lowered((View("flow.j2", path, data),), {"id": pipeline.id})

    def assemble(
        self, contributions: Sequence[Mapping[str, Any]], context: Context
    ) -> tuple[View, ...]:
        ids = [contribution["id"] for contribution in contributions]
        return (View("index.j2", PurePosixPath("index.txt"), {"ids": ids}),)

    def collisions(
        self, contributions: Mapping[str, Mapping[str, Any]]
    ) -> tuple[tuple[str, str, str], ...]:
        return ()

    def needs(self, pipeline: Pipeline, context: Context) -> tuple[Need, ...]:
        return tuple(Need("connection", one.name) for one in pipeline.connections)

    def probe(self, name: str) -> Path:
        """A script that a test has written (`Space.probe`)."""
        return Path.cwd() / ".probe" / f"{name}.py"

    def load_request(self, root: Path, python_path: Sequence[Path]) -> dict[str, Any]:
        return {"root": str(root)}

    def run_request(
        self,
        root: Path,
        python_path: Sequence[Path],
        runs: Sequence[RunSpec],
        options: Any,
        stores: Any = None,
    ) -> dict[str, Any]:
        return {
            "runs": [
                {"key": run.key, "params": dict(run.params), "answers": run.spoken()}
                for run in runs
            ]
        }

    def expected(self, pipeline: Pipeline, context: Context) -> Mapping[str, Json]:
        return {"id": pipeline.id, "description": pipeline.description}


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def codes(self) -> list[str]:
        """The rules that were met, as the text format shows them."""
        return [word for word in self.err.replace(":", " ").split() if _is_code(word)]


def _is_code(word: str) -> bool:
    return len(word) == 5 and word.startswith("DG") and word[2:].isdigit()


class Space:
    """A project in a folder of its own, which is the working directory."""

    def __init__(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.root = root
        self.capsys = capsys
        monkeypatch.chdir(root)
        monkeypatch.setattr(registry, "get", lambda name: FakeTarget(name, name.title()))
        self.write(".templates/flow.j2", "{{ id }}: {{ tasks }}\n")
        self.write(".templates/index.j2", "{{ ids }}\n")

    def write(self, path: str, text: str | bytes) -> Path:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        return place

    def project(self, more: str = "") -> None:
        """A project file with our target; its pipelines are in `flows/`."""
        self.write(
            "dagglot.yaml",
            "dagglot: 1\nproject: test\npipelines: flows/*.yaml\ntemplates: .templates\n"
            f"targets: {{airflow: {{out: build}}}}\n{more}",
        )

    def pipeline(self, id: str, more: str = "", file: str | None = None) -> Path:
        return self.write(f"flows/{file or id}.yaml", PIPELINE.format(id=id) + more)

    def probe(self, name: str, answer: str) -> None:
        """A probe that answers with a Python expression; `request` is what it was asked."""
        self.write(
            f".probe/{name}.py",
            "import json, sys\nrequest = json.load(sys.stdin)\n"
            f"answer = {answer}\nopen(sys.argv[1], 'w').write(json.dumps(answer))\n",
        )

    def run(self, *arguments: str) -> Ran:
        """A command line, in this process; it must end by itself, and with no bug of ours."""
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            app.run(arguments)
        said = self.capsys.readouterr()
        code = ended.value.code
        ran = Ran(code if isinstance(code, int) else 0 if code is None else 1, said.out, said.err)
        assert "Traceback" not in ran.err, ran.err
        assert ran.code != 5
        return ran

    def compiled(self, *arguments: str) -> Ran:
        """A compile that must go well."""
        ran = self.run("compile", *arguments)
        assert ran.code == 0, ran.err
        return ran

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def manifest(self, path: str = f"build/{MANIFEST}") -> Any:
        return json.loads(self.read(path))

    def tree(self, folder: str = "build") -> dict[str, tuple[bytes, int, int]]:
        """Every file below a folder: what is in it, when it was written, its mode."""
        return {
            path.relative_to(self.root).as_posix(): (
                path.read_bytes(),
                path.stat().st_mtime_ns,
                path.stat().st_mode,
            )
            for path in sorted((self.root / folder).rglob("*"))
            if path.is_file()
        }

    def files(self, folder: str = "build") -> list[str]:
        """The names of the files below a folder, without the manifest."""
        base = self.root / folder
        return sorted(
            path.relative_to(base).as_posix()
            for path in base.rglob("*")
            if path.is_file() and path.name != MANIFEST
        )

    def age(self, folder: str = "build") -> None:
        """Put every file's time far back, so that a write is seen."""
        for path in (self.root / folder).rglob("*"):
            if path.is_file():
                os.utime(path, (1_000_000_000, 1_000_000_000))
