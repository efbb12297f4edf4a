"""Approvals: the flow run pauses until somebody answers."""

from __future__ import annotations

from dagglot import pycode
from dagglot.ir.model import ApprovalBody
from dagglot.pycode import INDENT, Call, Code
from dagglot.targets.prefect.body import PAD, Body
from dagglot.targets.prefect.values import Values


def lower_approval(body: ApprovalBody, values: Values) -> Body:
    """A call of the helper; what it returns is the answer, or the state Skipped."""
    keywords: list[tuple[str, object]] = []
    if body.approvers:
        keywords.append(("approvers", list(body.approvers)))
    limit = values.limit(body)
    if limit is not None:
        keywords.append(("timeout", limit))
    returns = "dict[str, Any]"
    values.imports.name("typing", "Any")
    if body.on_reject == "skip":
        keywords.append(("on_reject", "skip"))
        values.imports.name("prefect", "State")
        returns += " | State[None]"
    helper = values.call("ask_for_approval", "approvals")
    call = Call(helper, (values.text(body.message),), tuple(keywords))
    return Body(
        (Code(f"{PAD}return {pycode.layout(call, INDENT, len('return '))}"),), Code(returns)
    )
