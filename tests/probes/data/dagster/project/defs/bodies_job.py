"""One op for each way in which a body can end."""

import os
import sys
import time

from dagster import Backoff, Nothing, OpExecutionContext, Out, RetryPolicy, job, op
from pipeline_helpers import attempt, run_shell

once_more = RetryPolicy(max_retries=1, delay=0.1)


class UnpicklableError(Exception):
    def __init__(self, first: int, second: int) -> None:
        super().__init__("odd \udc80 message")
        self.callback = lambda: first


@op(
    name="bodies__flaky",
    retry_policy=RetryPolicy(max_retries=3, delay=0.2, backoff=Backoff.EXPONENTIAL),
)
def flaky(context: OpExecutionContext) -> int:
    if context.retry_number < 2:
        raise ValueError("not yet")
    return context.retry_number


@op(name="bodies__exits", out=Out(Nothing), retry_policy=once_more)
def exits() -> None:
    with attempt():
        sys.exit(0)


@op(name="bodies__exits_bare", out=Out(Nothing), retry_policy=once_more)
def exits_bare() -> None:
    sys.exit(3)


@op(name="bodies__dies", out=Out(Nothing), retry_policy=once_more)
def dies() -> None:
    os._exit(7)


@op(name="bodies__odd", out=Out(Nothing))
def odd() -> None:
    raise UnpicklableError(1, 2)


@op(name="bodies__sleeps", out=Out(Nothing), retry_policy=once_more)
def sleeps() -> None:
    with attempt(0.5):
        while True:
            try:  # noqa: SIM105
                time.sleep(60)
            except Exception:  # noqa: S110
                pass


@op(name="bodies__spins", out=Out(Nothing))
def spins() -> None:
    with attempt(0.5):
        while True:
            pass


@op(name="bodies__hangs", out=Out(Nothing))
def hangs() -> None:
    time.sleep(600)


@op(name="bodies__shell_hangs", out=Out(Nothing))
def shell_hangs(context: OpExecutionContext) -> None:
    with attempt(1):
        run_shell(context, "echo $$ > $PROBE_PIDS; trap '' TERM; sleep 600 & sleep 600")


@op(name="bodies__fine")
def fine() -> dict[str, list[int]]:
    import user_module

    return {"rows": [1, 2, user_module.THREE]}


OPS = {
    each.name.removeprefix("bodies__"): each
    for each in (flaky, exits, exits_bare, dies, odd, sleeps, spins, hangs, shell_hangs, fine)
}


def _one(name: str):
    @job(name=f"body_{name}")
    def one() -> None:
        OPS[name].alias(name)()

    return one


bodies = [_one(name) for name in OPS]
