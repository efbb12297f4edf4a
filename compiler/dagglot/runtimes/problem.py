"""What can go wrong outside this program: no network, no disk, no answer."""

from __future__ import annotations


class RuntimeProblem(Exception):  # noqa: N818 - it names the problem, not our error
    """An environment could not be made or a probe gave no answer; the CLI shows it as an error."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class ProbeFailed(RuntimeProblem):
    """A probe ended without an answer. `output` is the tail of what it printed."""

    def __init__(self, message: str, help: str = "", *, output: str = "", timed_out: bool = False):
        super().__init__(message, help)
        self.output = output
        self.timed_out = timed_out
