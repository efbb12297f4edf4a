"""Attempts of an op: how they end, and how long to wait for the next one."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class AttemptTimeoutError(Exception):
    """An attempt that took too long; it is retried like any failure."""


class AttemptExitError(Exception):
    """An attempt that called `sys.exit`, which Dagster would not retry."""


class _Expired(BaseException):
    """No Exception, so that `except Exception` in a body cannot swallow it."""


@contextmanager
def attempt(timeout: float | None = None) -> Iterator[None]:
    """A decorator of an op's function: a limit in seconds, and `sys.exit` is a failure."""
    expired = False

    def expire(*_: object) -> None:
        nonlocal expired
        expired = True
        raise _Expired

    before = signal.signal(signal.SIGALRM, expire) if timeout else None
    try:
        try:
            if timeout:
                # again each second, for a body that swallows everything
                signal.setitimer(signal.ITIMER_REAL, timeout, 1)
            yield
        finally:
            if timeout:
                signal.setitimer(signal.ITIMER_REAL, 0)
    except _Expired:
        signal.setitimer(signal.ITIMER_REAL, 0)
    except SystemExit as error:
        raise AttemptExitError(f"exited with {error.code!r}") from error
    finally:
        if timeout:
            signal.signal(signal.SIGALRM, before)
    if expired:
        raise AttemptTimeoutError(f"timed out after {timeout:g} s")
