"""Bodies that show what arrives, and bodies that end in every way there is."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any


def show(value: Any) -> Any:
    """A value with its type, so that 1, 1.0, True and "1" are told apart after JSON too."""
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, [show(item) for item in value]]
    if isinstance(value, dict):
        return [type(value).__name__, {key: show(item) for key, item in value.items()}]
    if isinstance(value, datetime):
        return ["datetime", value.isoformat(), str(value.utcoffset())]
    # a subclass of datetime or str (an orchestrator's own) is shown as what it is a kind of
    for kind in (bool, int, float, str, date):
        if isinstance(value, kind):
            return [kind.__name__, repr(kind(value)) if kind is not date else value.isoformat()]
    return [type(value).__name__, repr(value)]


def echo(**kwargs: Any) -> dict[str, Any]:
    return {name: show(value) for name, value in kwargs.items()}


def jot(where: str, **kwargs: Any) -> dict[str, Any]:
    """What arrives, also as a line of a file: nobody is told what a run that another one starts
    returns."""
    shown = echo(**kwargs)
    with Path(os.environ["BEHAVIOUR_DIR"], where).open("a") as file:
        file.write(json.dumps(shown) + "\n")
    return shown


def produce() -> dict[str, Any]:
    """An output of every JSON type, and what is converted to one."""
    return {
        "text": "äöü «{{ ds }}» ${x} \"'\\ \n end",
        "whole": 42,
        "number": 0.5,
        "yes": True,
        "nothing": None,
        "day": date(2026, 1, 31),
        "time": datetime.fromisoformat("2026-01-31T03:00:00.000001+01:00"),
        "pair": (1, "two"),
        "rows": [{"id": 1}, {"id": 2}],
        "items": {"keys": "a key that is a method of dict"},
    }


def same(value: Any) -> Any:
    return value


def fail_until(counter: str, attempt: int) -> int:
    """Fails before its n-th call, counted in a file; says when each call began."""
    path = Path(os.environ["BEHAVIOUR_DIR"], counter)
    with path.open("a") as file:
        file.write(f"{time.time()}\n")
    calls = len(path.read_text().splitlines())
    if calls < attempt:
        raise ValueError(f"call {calls}")
    return calls


def note(counter: str) -> None:
    with Path(os.environ["BEHAVIOUR_DIR"], counter).open("a") as file:
        file.write(f"{time.time()}\n")


def sleep(counter: str, seconds: float) -> str:
    note(counter)
    time.sleep(seconds)
    note(counter + ".end")
    return "slept"


def spin(counter: str, seconds: float) -> str:
    """Swallows every ordinary exception while it works."""
    note(counter)
    end = time.time() + seconds
    while time.time() < end:
        try:
            sum(range(1000))
        except Exception:
            pass
    note(counter + ".end")
    return "spun"


def leave(code: Any) -> None:
    sys.exit(code)


def die(code: int) -> None:
    os._exit(code)


def fail(message: str | None = None) -> None:
    raise RuntimeError() if message is None else RuntimeError(message)


def unserialisable() -> Any:
    return {"value": object()}


def not_a_number() -> float:
    return float("nan")


def wrong_keys() -> Any:
    return {1: "one"}


def environment(name: str) -> str | None:
    return os.environ.get(name)


def as_json(text: str) -> Any:
    return json.loads(text)


def overlap(counter: str, number: int = 0) -> int:
    """Holds a place for a moment; says how many held one at the same time."""
    folder = Path(os.environ["BEHAVIOUR_DIR"], counter)
    folder.mkdir(exist_ok=True)
    mine = folder / f"{os.getpid()}-{number}-{time.time()}"
    mine.touch()
    try:
        seen = 0
        for _ in range(10):
            seen = max(seen, len(list(folder.iterdir())))
            time.sleep(0.05)
        _saw(counter, seen)
        return seen
    finally:
        mine.unlink()


def meet(counter: str, number: int) -> int:
    """Waits until another one has come, and says how many are there: 1 when nobody came."""
    folder = Path(os.environ["BEHAVIOUR_DIR"], counter)
    folder.mkdir(exist_ok=True)
    (folder / str(number)).touch()
    for _ in range(600):
        if len(list(folder.iterdir())) > 1:
            break
        time.sleep(0.1)
    seen = len(list(folder.iterdir()))
    _saw(counter, seen)
    return seen


def _saw(counter: str, seen: int) -> None:
    """Kept in a file: not every orchestrator keeps what a task returned."""
    with Path(os.environ["BEHAVIOUR_DIR"], f"{counter}.seen").open("a") as file:
        file.write(f"{seen}\n")


def length(value: str) -> int:
    return len(value)


def third_time(name: str) -> str | None:
    """Something true from the third call of the name on."""
    path = Path(os.environ["BEHAVIOUR_DIR"], name)
    note(name)
    return name if len(path.read_text().splitlines()) >= 3 else None


def fails_once(name: str) -> bool:
    """Raises at the first call of the name."""
    fail_until(name, 2)
    return True


def told(event: dict[str, Any], where: str) -> None:
    """Keeps what an alert was told, a line each."""
    with Path(os.environ["BEHAVIOUR_DIR"], where).open("a") as file:
        file.write(json.dumps(event) + "\n")


def refuse(event: dict[str, Any], words: str) -> None:
    """An alert that cannot be sent."""
    raise RuntimeError(f"{words}: {event['state']}")


def fail_over(number: int, most: int) -> int:
    """The number, where it is not too large."""
    if number > most:
        raise ValueError(f"{number} is more than {most}")
    return number
