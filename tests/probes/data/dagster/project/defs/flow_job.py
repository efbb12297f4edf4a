"""Failures, a closed gate, fan-out; and the same with outcomes as values."""

from collections.abc import Iterator
from typing import Any

from dagster import (
    DynamicOut,
    DynamicOutput,
    Failure,
    In,
    Nothing,
    OpExecutionContext,
    Out,
    Output,
    graph,
    job,
    op,
)
from pipeline_helpers import start_on_outcome


@op(name="flow__items", out=DynamicOut(int))
def items() -> Iterator[DynamicOutput[int]]:
    for number in (3, 0, 5):
        yield DynamicOutput(number, mapping_key=f"i{number}")


@op(name="flow__none", out=DynamicOut(int))
def none() -> Iterator[DynamicOutput[int]]:
    yield from ()


@op(name="flow__divide")
def divide(number: Any) -> Any:
    return 15 / number


@op(name="flow__five")
def five() -> int:
    return 5


@op(name="flow__gate", out=Out(Nothing, is_required=False))
def gate() -> Iterator[Any]:
    return
    yield


@op(name="flow__after", ins={"start": In(Nothing), "more": In(Nothing)}, out=Out(Nothing))
def after() -> None: ...


@op(name="flow__total", ins={"ready": In(Nothing)})
def total(numbers: Any) -> Any:
    return sum(numbers)


@graph(name="flow__inner")
def inner(number: Any) -> Any:
    return divide.alias("twice")(divide.alias("once")(number))


@job(name="flow")
def flow() -> None:
    numbers = items.alias("items")()
    divided = numbers.map(divide.alias("divide"))
    total.alias("total")(numbers=divided.collect(), ready=numbers.collect())
    divide.alias("last")(inner.alias("inner")(five.alias("five")()))
    empty = none.alias("none")().map(divide.alias("empty"))
    total.alias("nothing")(numbers=empty.collect())
    closed = gate.alias("gate")()
    after.alias("closed")(start=closed, more=closed)


@op(name="rules__fails", out={"outcome": Out(dict)})
def fails() -> Iterator[Any]:
    yield Output({"state": "failed"}, "outcome")
    raise ValueError("as asked")


@op(name="rules__blocked", out={"outcome": Out(dict)})
def blocked(upstream: dict) -> Iterator[Any]:
    yield Output({"state": "upstream_failed"}, "outcome")
    raise Failure("an upstream task failed", allow_retries=False)


@op(name="rules__cleanup", out={"outcome": Out(dict)})
def cleanup(context: OpExecutionContext, upstream: dict) -> Iterator[Any]:
    yield Output({"state": "success", "value": upstream["state"]}, "outcome")


@op(name="rules__skips", out={"outcome": Out(dict)})
def skips() -> Iterator[Any]:
    yield Output({"state": "skipped"}, "outcome")


@job(name="rules", executor_def=start_on_outcome)
def rules() -> None:
    failed = fails.alias("fails")()
    cleanup.alias("cleanup")(blocked.alias("blocked")(failed))
    skips.alias("skips")()
