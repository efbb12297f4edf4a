"""The command ``dagglot``."""

from __future__ import annotations

import gc
import os
import sys

from dagglot import __version__

TYPE_CHECKING = False  # that of `typing`, which `--version` need not import, nor `collections`
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command line; ends the process with a code of the table in architecture.md."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments in (["--version"], ["-V"]):
        sys.stdout.write(f"dagglot {__version__}\n")
        return
    # A compile makes few cycles and ends soon; looking for them took a tenth of its time.
    gc.disable()
    from dagglot.cli import app

    try:
        app.run(arguments)
    except BrokenPipeError:
        # the reader went away (`| head`): be quiet, also when Python flushes at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        sys.exit(130)
    except SystemExit as ended:
        if argv is None and isinstance(ended.code, int | None):
            _end(ended.code or 0)
        raise


def _end(code: int) -> None:
    """End the process of the command at once, all that it wrote flushed.

    Else Python looks for cycles in 300 modules and tears them down, which takes it as long as to
    start.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        sys.exit(code)  # a stream that is full, closed or not there: Python says so in its own way
    os._exit(code)


if __name__ == "__main__":
    main()
