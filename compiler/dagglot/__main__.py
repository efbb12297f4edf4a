"""The command ``dagglot``."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from dagglot import __version__


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
    finally:
        # Python looks for cycles once more when it ends, disabled or not: what is frozen it skips.
        gc.freeze()


if __name__ == "__main__":
    main()
