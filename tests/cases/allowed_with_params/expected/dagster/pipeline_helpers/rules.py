"""Trigger rules: an op tells those after it how it ended; they decide if they run.

An op yields its outcome before it fails, so that the ops after it start nevertheless;
executors have the setting `require_upstream_step_success` for that.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

SUCCESS, FAILED, SKIPPED = "success", "failed", "skipped"
UPSTREAM_FAILED = "upstream_failed"

OUTPUTS = {"result": dg.Out(), "outcome": dg.Out()}
"""The outcome comes last: whoever is given it finds the result stored."""


class SkipTask(Exception):
    """Raised by a body: the task is skipped, which is no failure, and not retried."""


@dataclass(frozen=True)
class Outcome:
    """How a task ended."""

    task: str
    states: tuple[str, ...]
    fails_run: bool


def decide(rule: str, states: Sequence[str]) -> str | None:
    """The state of a task below tasks with these; None if it runs."""
    succeeded, skipped = states.count(SUCCESS), states.count(SKIPPED)
    failed = states.count(FAILED)
    bad = failed + states.count(UPSTREAM_FAILED)
    match rule:
        case _ if not states:
            return None
        case "all_success":
            return UPSTREAM_FAILED if bad else SKIPPED if skipped else None
        case "all_failed":
            return SKIPPED if succeeded + skipped else None
        case "all_done_min_one_success":
            return SKIPPED if skipped else None if succeeded else UPSTREAM_FAILED
        case "all_skipped":
            return SKIPPED if succeeded + bad else None
        case "one_failed":
            return None if bad else SKIPPED
        case "one_success":
            return None if succeeded else UPSTREAM_FAILED if bad else SKIPPED
        case "one_done":
            return None if succeeded + failed else SKIPPED
        case "none_failed":
            return UPSTREAM_FAILED if bad else None
        case "none_failed_min_one_success":
            return UPSTREAM_FAILED if bad else None if succeeded else SKIPPED
        case "none_skipped":
            return SKIPPED if skipped else None
        case _:  # all_done
            return None


def with_outcome(
    after: Sequence[str] = (),
    rule: str = "all_success",
    allow_failure: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Iterator[dg.Output[Any]]]]:
    """A decorator of an op's function: when it runs, and what it tells those after it.

    Tasks upstream are named by `after`: of each there is an input `after_…`.
    """

    def decorate(body: Callable[..., Any]) -> Callable[..., Iterator[dg.Output[Any]]]:
        def run(
            context: dg.OpExecutionContext, **inputs: Any
        ) -> Iterator[dg.Output[Any]]:
            name = context.op_handle.name
            upstream: list[Outcome] = [inputs[f"after_{one}"] for one in after]
            result, error = None, None
            states = [state for one in upstream for state in one.states]
            state = decide(rule, states)
            why = f"trigger rule {rule}" if state else ""
            if state is None:
                try:
                    result = body(**_arguments(body, context, inputs))
                    state = SUCCESS
                except SkipTask as skip:
                    state, why = SKIPPED, str(skip)
                except Exception as raised:
                    if _is_retried(context, raised):
                        raise
                    state, why, error = FAILED, repr(raised), raised
            fails_run = state == FAILED and not allow_failure
            if state == UPSTREAM_FAILED:
                fails_run = any(one.fails_run for one in upstream)
            outcome = Outcome(
                task=name,
                states=(state,),
                fails_run=fails_run,
            )
            yield dg.Output(result, "result")
            yield dg.Output(outcome, "outcome", metadata={"state": state, "why": why})
            if fails_run:
                raise error or dg.Failure(f"not run: {why}", allow_retries=False)
            if state == FAILED:
                context.log.error("failed; the run goes on", exc_info=error)

        return _with_inputs(run, body, after)

    return decorate


def _is_retried(context: dg.OpExecutionContext, error: Exception) -> bool:
    policy = context.op_def.retry_policy
    if policy is None or not getattr(error, "allow_retries", True):
        return False
    return context.retry_number < policy.max_retries


def _arguments(
    function: Callable[..., Any],
    context: dg.OpExecutionContext,
    inputs: Mapping[str, Any],
) -> dict[str, Any]:
    """What the function takes."""
    given = {"context": context, **inputs}
    return {name: given[name] for name in inspect.signature(function).parameters}


def _with_inputs(
    run: Callable[..., Any],
    function: Callable[..., Any],
    after: Sequence[str],
) -> Callable[..., Any]:
    """The op's function: Dagster reads from its signature which inputs there are."""

    def parameter(name: str, type_: type) -> inspect.Parameter:
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        return inspect.Parameter(name, kind, annotation=type_)

    own = inspect.signature(function).parameters.values()
    run = functools.wraps(function)(run)
    run.__signature__ = inspect.Signature(
        [
            parameter("context", dg.OpExecutionContext),
            *(one for one in own if one.name != "context"),
            *(parameter(f"after_{one}", Outcome) for one in after),
        ]
    )
    return run
