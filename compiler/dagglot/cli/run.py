"""``dagglot run``: a real run in the real orchestrator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from dagglot.cli.shared import (
    Environment,
    Format,
    OneTarget,
    Progress,
    colour,
    exit_code,
    jobs,
    put,
    report,
    say,
    the_project,
)

_COLOURS = {"success": "32", "failed": "31", "skipped": "35", "upstream_failed": "33"}


def run(
    path: Annotated[
        Path | None, typer.Argument(help="A document, or a folder of them.", show_default=False)
    ] = None,
    target: OneTarget = "airflow",
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="NAME=VALUE", help="A param of the run. Repeatable."),
    ] = None,
    trace: Annotated[
        Path | None, typer.Option("--trace", metavar="FILE", help="Write the trace as JSON.")
    ] = None,
    python: Annotated[
        Path | None,
        typer.Option("--python", metavar="PATH", help="Your own environment's Python."),
    ] = None,
    timeout: Annotated[float, typer.Option(help="Give a run up after this many seconds.")] = 600.0,
    env: Environment = None,
) -> None:
    """Run a pipeline for real, in the orchestrator itself.

    It is compiled, loaded and executed there. Without --python an isolated environment is used,
    and made when it is missing.

    Examples:

      dagglot run examples/hello -t airflow
      dagglot run pipelines/orders.yaml -t dagster --param min_rows=10 --trace trace.json
    """
    from dagglot import runner
    from dagglot import trace as traces

    paths = [path] if path is not None else []
    opened = the_project(env, Format.TEXT, paths)
    params = _params(param or [])
    (job,) = jobs([target], None, opened.project)
    progress = Progress()
    ran = runner.run(paths, job, opened.project, params, runner.Where(python, timeout), progress)
    progress.done()
    report(ran.diagnostics, {**opened.sources, **ran.sources}, Format.TEXT)
    for one, order, seconds in zip(ran.traces, ran.order, ran.seconds, strict=True):
        put(_table(one, order, seconds))
    if trace is not None and ran.traces:
        text = "".join(traces.to_json(one) for one in ran.traces)
        try:
            trace.write_text(text, encoding="utf-8")
        except OSError as error:
            say(f"cannot write `{trace}`: {error.strerror}")
            raise typer.Exit(1) from None
    failed = any(one["run"] != "success" for one in ran.traces)
    raise typer.Exit(exit_code(ran.diagnostics, 1 if failed else 0))


def _params(words: list[str]) -> dict[str, str]:
    made = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            raise typer.BadParameter(f"`{word}` is not NAME=VALUE", param_hint="--param")
        made[name] = value
    return made


def _table(trace: Mapping[str, Any], order: Sequence[str], seconds: float) -> str:
    import json
    import sys

    from dagglot.diagnostics.render import printable

    def paint(state: str, words: str) -> str:
        if not colour(sys.stdout):
            return words
        return f"\x1b[{_COLOURS.get(state, '0')}m{words}\x1b[0m"

    head = f"{trace['pipeline']} on {trace['target']}: {paint(trace['run'], trace['run'])}"
    lines = [f"{head} in {seconds:.1f} s"]
    if trace.get("error"):
        lines.append(f"  {printable(str(trace['error']))}")
    width = max((len(task["id"]) for task in trace["tasks"]), default=0) + 5
    for task in sorted(trace["tasks"], key=lambda task: order.index(task["id"])):
        name = task["id"] if task["index"] is None else f"{task['id']}[{task['index']}]"
        attempts = f"{task['attempts']} attempts" if task["attempts"] > 1 else ""
        output = "" if task["output"] is None else json.dumps(task["output"], ensure_ascii=False)
        if len(output) > 60:
            output = output[:59] + "…"
        state = paint(task["state"], f"{task['state']:<15}")
        lines.append(f"  {name:<{width}} {state} {attempts:<11} {printable(output)}".rstrip())
    return "\n".join(lines) + "\n"
