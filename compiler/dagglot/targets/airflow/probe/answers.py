"""Answers the questions of a run's approvals, as a user does in the UI under Required Actions."""

from __future__ import annotations

import contextlib
import threading
import traceback
from collections.abc import Iterator
from typing import Any, NamedTuple

LOOK_SECONDS = 0.3


class User(NamedTuple):
    """Who answers, as an auth manager would say it."""

    name: str

    def get_id(self) -> str:
        return self.name

    def get_name(self) -> str:
        return self.name


@contextlib.contextmanager
def answered(dag_id: str, answers: dict[str, Any]) -> Iterator[None]:
    """Meanwhile each question gets its answer: {task: {"approved", "who"}}."""
    if not answers:
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_keep_answering, args=(dag_id, answers, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _keep_answering(dag_id: str, answers: dict[str, Any], over: threading.Event) -> None:
    from airflow.api_fastapi.app import create_auth_manager

    create_auth_manager()
    while not over.wait(LOOK_SECONDS):
        try:
            _answer(dag_id, answers)
        except Exception:  # such as a database that is busy: look again
            traceback.print_exc()


def _answer(dag_id: str, answers: dict[str, Any]) -> None:
    from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
    from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from airflow.utils.state import TaskInstanceState

    with create_session() as session:
        asking = (
            session.query(TaskInstance.task_id, TaskInstance.run_id, TaskInstance.map_index)
            .join(HITLDetail, HITLDetail.ti_id == TaskInstance.id)
            .filter(
                TaskInstance.dag_id == dag_id,
                TaskInstance.state == TaskInstanceState.AWAITING_INPUT,
                HITLDetail.responded_at.is_(None),
                TaskInstance.task_id.in_(list(answers)),
            )
        )
        for task_id, run_id, map_index in asking.all():
            said = answers[task_id]
            option = "Approve" if said["approved"] else "Reject"
            payload = UpdateHITLDetailPayload(chosen_options=[option], params_input={})
            user: Any = User(said["who"])
            update_hitl_detail(dag_id, run_id, task_id, payload, user, session, map_index)
