"""Finds the command, and imports no other."""

# no `from __future__ import annotations`: Typer would compile their texts anew, some of them thrice

import errno
import inspect
import io
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Annotated, Final, NoReturn

import typer

from dagglot import __version__
from dagglot.diagnostics.model import ExitCode

COMMANDS: Final = {
    "init": "init",
    "validate": "validate",
    "lint": "lint",
    "compile": "compile",
    "diff": "diff",
    "comment": "comment",
    "simulate": "simulate",
    "test": "test",
    "run": "run",
    "parity": "parity",
    "verify": "verify",
    "report": "report",
    "graph": "graph",
    "next-runs": "next_runs",
    "backfill": "backfill",
    "targets": "targets",
    "schema": "schema",
    "explain": "explain",
    "runtime": "runtime",
    "git": "git",
}
"""The commands, in the order of their help, with the module below `dagglot.cli` of each."""

_HELP: Final = """
One pipeline YAML, compiled to native Airflow, Prefect and Dagster code.

Start with `dagglot init`, or compile what you have:
`dagglot compile pipelines/ -t airflow -t dagster -o build`
"""


def run(arguments: Sequence[str]) -> None:
    """Run a command line and exit. A bug of ours ends with code 5 and a traceback to report."""
    import click

    if sys.stderr is None:  # it is closed: nobody wants to read it
        sys.stderr = io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # the same bytes whatever the locale
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    _refuse_unknown(arguments)
    _refuse_empty(arguments)
    try:
        code = _app(arguments)(list(arguments), prog_name="dagglot", standalone_mode=False)
        sys.exit(code)
    except BrokenPipeError:
        raise
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except OSError as error:
        if error.filename is not None or error.errno not in _FULL:
            _bug()
        _cannot_print(error)
    except Exception:  # the last line of defence: code 5 means a bug of ours
        _bug()


def _bug() -> NoReturn:
    sys.stderr.write(traceback.format_exc())
    sys.stderr.write(
        f"\nThis is a bug in dagglot {__version__}, not a mistake of yours: please report the "
        "lines above together with the pipeline.\n"
    )
    sys.exit(int(ExitCode.BUG))


_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def _cannot_print(error: OSError) -> NoReturn:
    """What is printed goes to where nothing more can be written, such as a full disk."""
    with suppress(OSError):  # that may be where messages go to as well
        sys.stderr.write(f"cannot write: {error.strerror}\n")
        sys.stderr.flush()
    # what is left in the buffers must go somewhere when Python flushes at the end
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nowhere, number)
    sys.exit(int(ExitCode.USAGE))


def _asked(arguments: Sequence[str]) -> str | None:
    return next((word for word in arguments if not word.startswith("-")), None)


def _completing() -> bool:
    return any(name.endswith("_COMPLETE") for name in os.environ if "DAGGLOT" in name)


def _refuse_unknown(arguments: Sequence[str]) -> None:
    """A command that there is not: said in our own words, with the one that was meant."""
    asked = _asked(arguments)
    if asked is None or asked in COMMANDS or _completing():
        return
    from dagglot.cli.shared import say
    from dagglot.diagnostics.suggest import did_you_mean

    help = did_you_mean(asked, COMMANDS, few=len(COMMANDS))
    say(f"there is no command `{asked}`" + (f": {help}" if help else ""))
    sys.exit(int(ExitCode.USAGE))


def _refuse_empty(arguments: Sequence[str]) -> None:
    """No argument is ever empty on purpose: as a path it would be the working directory, and a
    check in CI would compare it with itself, and pass."""
    before = ["dagglot", *arguments]
    for word, last in zip(arguments, before, strict=False):
        option = word[:-1] if word.startswith("--") and word.endswith("=") else None
        if (word and not option) or _completing():
            continue
        from dagglot.cli.shared import say

        what = f"`{option}`" if option else f"what follows `{last}`"
        say(f"{what} is empty: is a variable not set?")
        sys.exit(int(ExitCode.USAGE))


def _app(arguments: Sequence[str]) -> typer.Typer:
    app = typer.Typer(
        name="dagglot",
        help=_HELP,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_common)
    asked = _asked(arguments)
    chosen = [asked] if asked in COMMANDS and not _completing() else list(COMMANDS)
    for name in chosen:
        module = import_module(f"dagglot.cli.{COMMANDS[name]}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            function = getattr(module, COMMANDS[name])
            app.command(name, help=_help(function.__doc__ or ""))(function)  # none with -OO
    return app


def _help(doc: str) -> str:
    """A docstring as help: indented lines are examples, shown as they are (click's ``\\b``)."""
    blocks = inspect.cleandoc(doc).split("\n\n")
    return "\n\n".join(f"\b\n{one}" if one.startswith("  ") else one for one in blocks)


def _common(
    version: Annotated[
        bool, typer.Option("--version", "-V", help="Print the version and exit.")
    ] = False,
) -> None:
    if version:
        typer.echo(f"dagglot {__version__}")
        raise typer.Exit
