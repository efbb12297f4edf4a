"""``dagglot explain``: the page of a rule."""

from __future__ import annotations

from typing import Annotated

import typer

from dagglot.cli.shared import put, say


def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="A code or name: DG201.")
    ] = None,
) -> None:
    """Explain a finding, or list all rules.

    What is wrong, why it is refused, what to do; for those of `lint` with an example.

    Examples:

      dagglot explain DG201
      dagglot explain unknown-key
      dagglot explain DG804
    """
    from dagglot.diagnostics import codes
    from dagglot.diagnostics.suggest import did_you_mean

    if code is None:
        for rule in codes.all_rules():
            put(f"{rule.code}  {rule.name}\n")
        return
    found = codes.rule(code)
    if found is None:
        numbers = [rule.code for rule in codes.all_rules()]
        names = [rule.name for rule in codes.all_rules()]
        by_number = code[:2].upper() == "DG" and code[2:].isdigit()
        help = did_you_mean(code.upper(), numbers) if by_number else did_you_mean(code, names)
        say(
            f"there is no rule `{code}`"
            + (f": {help}" if help else "; `dagglot explain` lists all")
        )
        raise typer.Exit(2)
    import textwrap

    put(f"{found.code} {found.name} ({found.risk or found.severity.value})\n\n")
    if found.message != "{message}":
        put(f"  {found.message}\n\n")
    put(textwrap.fill(found.explanation, 88) + "\n")
    for words, part in (("Instead of", found.worse), ("write", found.better)):
        if part:
            put(f"\n{words}:\n\n{textwrap.indent(part, '    ')}\n")
