"""Answers the questions of a run's approvals, as a user does who resumes the flow run in the UI."""

from __future__ import annotations

import contextlib
import threading
import traceback
from collections.abc import Iterator
from typing import Any

LOOK_SECONDS = 0.3

asked: dict[str, str] = {}
"""The task of each task run that has begun."""


@contextlib.contextmanager
def answered(answers: dict[str, Any]) -> Iterator[None]:
    """Meanwhile each question gets its answer: {task: {"approved", "who"}}."""
    if not answers:
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_keep_answering, args=(answers, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _keep_answering(answers: dict[str, Any], over: threading.Event) -> None:
    done: set[str] = set()
    while not over.wait(LOOK_SECONDS):
        try:
            _answer(answers, done)
        except Exception:  # such as a server that is busy: look again
            traceback.print_exc()


def _answer(answers: dict[str, Any], done: set[str]) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState
    from prefect.client.schemas.filters import FlowRunFilterStateName as Name

    paused = FlowRunFilter(state=FlowRunFilterState(name=Name(any_=["Paused"])))
    with get_client(sync_client=True) as client:
        for run in client.read_flow_runs(flow_run_filter=paused):
            key = run.state.state_details.pause_key if run.state is not None else None
            if key is None or key in done:
                continue
            # the key is the id of the task run that asks, and the number of its attempt
            said = answers.get(asked.get(key.rpartition("-")[0], ""))
            if said is not None:
                done.add(key)
                client.resume_flow_run(run.id, run_input=said)
