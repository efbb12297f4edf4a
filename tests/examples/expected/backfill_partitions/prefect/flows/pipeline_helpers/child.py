"""What runs in the process of a function with a timeout; it must start without Prefect."""

from __future__ import annotations

import importlib
import os
import pickle
import traceback
from typing import Any

from .values import to_json


def run(path: str, target: str, kwargs: dict[str, Any]) -> None:
    """Call the function ``package.module:name`` and leave what came of it in a file."""
    outcome: dict[str, Any]
    module, _, name = target.partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
        outcome = {"result": to_json(function(**kwargs))}
    except BaseException as error:
        traceback.print_exc()
        outcome = {"error": f"{type(error).__name__}: {error}"}
    with open(path + ".part", "wb") as file:
        pickle.dump(outcome, file)
    os.replace(path + ".part", path)
