"""Tasks that ask a human."""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

APPROVE, REJECT = "Approve", "Reject"


class ApproveOperator(HITLOperator):
    """Asks for an approval. A rejection fails or skips this task, and no end of it is retried.

    Airflow's own ApprovalOperator takes a rejection for a success, and skips what is downstream.
    """

    def __init__(self, *, skip_on_reject: bool = False, **kwargs: Any) -> None:
        super().__init__(options=[APPROVE, REJECT], **kwargs)
        self.skip_on_reject = skip_on_reject

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        answer = super().execute_complete(context, event)
        by = (answer["responded_by_user"] or {}).get("name")
        if APPROVE in answer["chosen_options"]:
            return {"who": by, "what": "approved"}
        if self.skip_on_reject:
            raise AirflowSkipException(f"rejected by {by}")
        raise AirflowFailException(f"rejected by {by}")

    def process_trigger_event_error(self, event: dict[str, Any]) -> None:
        raise AirflowFailException(f"nobody has answered: {event['error_type']}")
