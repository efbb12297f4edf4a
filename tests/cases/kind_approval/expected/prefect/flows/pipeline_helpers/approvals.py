"""Questions that a human answers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Literal

from prefect import State, runtime
from prefect.flow_runs import pause_flow_run
from prefect.input import RunInput
from prefect.states import Completed

A_YEAR = 365 * 24 * 3600

# a second pause would crash the flow run
_one_question = threading.Lock()


class Approval(RunInput):
    """The form that is shown where the paused flow run is resumed."""

    approved: bool = False
    who: str = ""


class Rejected(Exception):
    """Somebody said no."""


def ask_for_approval(
    message: str,
    *,
    approvers: Sequence[str] = (),
    timeout: float = A_YEAR,
    on_reject: Literal["fail", "skip"] = "fail",
) -> dict[str, Any] | State[None]:
    """Pause the flow run until somebody resumes it; return who that was, and what was said.

    The tasks that run go on. Prefect does not know who may answer: the message names
    the approvers.
    """
    if approvers:
        message += f"\n\nTo be answered by: {', '.join(approvers)}"
    form = Approval.with_initial_data(description=message, approved=False, who="")
    with _one_question:
        key = f"{runtime.task_run.id}-{runtime.task_run.run_count}"
        answer = pause_flow_run(form, timeout=int(timeout), key=key)
    said = f"by {answer.who}" if answer.who else "by somebody"
    if answer.approved:
        return {"who": answer.who or None, "what": "approved"}
    if on_reject == "skip":
        return Completed(name="Skipped", message=f"rejected {said}")
    raise Rejected(f"rejected {said}")
