"""``dagglot lint``: advice that teaches the patterns."""

# no `from __future__ import annotations`: Typer would compile their texts anew, some of them thrice

import typer

from dagglot.cli.shared import (
    Environment,
    Format,
    Formats,
    Paths,
    Targets,
    exit_code,
    passed_over,
    report,
    say,
    the_project,
    wrong_usage,
)


def lint(
    paths: Paths = None,
    target: Targets = None,
    env: Environment = None,
    format: Formats = Format.TEXT,
) -> None:
    """Advise on what is right as written and hurts later.

    Each rule says why, and `dagglot explain` shows how to do better. A project switches rules with
    `lint: {DG805: off}`; a comment `# dagglot: ignore DG804` answers one finding, at its line or
    above. With -t, advice for one orchestrator is left out for the others.

    Examples:

      dagglot lint
      dagglot lint pipelines/orders.yaml -t airflow
      dagglot lint --format github
      dagglot explain DG804
    """
    from dagglot import api
    from dagglot.diagnostics.render import summary
    from dagglot.lint.advise import advise
    from dagglot.lint.secrets import veiled
    from dagglot.lint.texts import Look
    from dagglot.targets import registry

    names = tuple(word.partition("@")[0] for word in target or registry.NAMES)
    unknown = [name for name in names if name not in registry.NAMES]
    if unknown:
        wrong_usage(f"there is no target `{unknown[0]}`: there is {', '.join(registry.NAMES)}")
    opened = the_project(env, format, paths or ())
    front = api.check(paths or (), opened.project)
    whole = not paths and opened.project.document is not None
    look = Look(
        {**opened.sources, **front.sources},
        names,
        {one.id: one for one in front.pipelines},
        # what a wrong document has is not known
        whole=whole and not any(one.is_error for one in front.diagnostics),
    )
    advised = advise(front.pipelines, look, opened.project.lint)
    found = [*opened.diagnostics, *front.diagnostics, *advised]
    report(found, veiled(front.pipelines, look), format)
    if format is Format.TEXT:
        count = len(front.pipelines)
        others = passed_over([file.file.shown for file in front.files if file.passed_over])
        words = f"{count} pipeline{'s' if count != 1 else ''}, {summary(found) or 'nothing to say'}"
        say(f"{words}; {others}" if others else words)
    least = max((int(one.rule.exit_code) for one in advised), default=0)
    raise typer.Exit(exit_code(found, least))
