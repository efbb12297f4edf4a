"""An IO manager of the user's, for Dagster alone."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import dagster as dg


class Folder(dg.IOManager):
    """Keeps outputs as JSON; `folder` lies in that of the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.environ.get("BEHAVIOUR_DIR", "/nowhere"), folder, "outputs")

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        self.folder.mkdir(exist_ok=True)
        self.path(context).write_text(json.dumps(obj))

    def load_input(self, context: dg.InputContext) -> Any:
        assert context.upstream_output is not None
        return json.loads(self.path(context.upstream_output).read_text())

    def path(self, context: dg.OutputContext) -> Path:
        return self.folder / f"{context.run_id}-{context.step_key}.json"
