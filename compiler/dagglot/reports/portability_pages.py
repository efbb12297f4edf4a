"""The portability of a project as Markdown, for a ticket, and as a page, for those who decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from markupsafe import Markup

from dagglot.reports.markdown import code, prose, row
from dagglot.reports.portability import facts, in_the_way, rolled_up, shares, ties, where
from dagglot.reports.table import count
from dagglot.reports.templated import page

_DOTS: Final = {
    "native": "🟢",
    "emulated": "🟢",
    "accepted": "🔵",
    "lossy": "🟡",
    "refused": "🔴",
}
_MEANINGS: Final = {
    "native": "every construct is the orchestrator's own",
    "emulated": "some are generated code; a run behaves the same",
    "accepted": "some are done only nearly, and the document accepts that",
    "lossy": "some are done only nearly: see the reasons",
    "refused": "some cannot be done: it is not compiled",
}
_ROWS: Final = 100
"""Pipelines in a table of Markdown, which forges cut."""
_PLACES: Final = 10
_TITLE: Final = "Portability of the pipelines"
_COMPUTED: Final = "What these pipelines say to the choice of an orchestrator"
_ASKED: Final = "What they cannot say, and you have to"


def as_markdown(data: Mapping[str, Any]) -> str:
    """Tables and lists; what the user wrote stands as code."""
    return "".join(_markdown(data))


def _markdown(data: Mapping[str, Any]) -> Iterator[str]:
    names = list(data["targets"])
    yield f"# {_TITLE}\n\n{facts(data)}\n\n"
    yield row("target", "untouched", "what is in the way")
    yield row("---", "---:", "---")
    for name in names:
        untouched = data["targets"][name]["untouched"]
        words = rolled_up(data, name).partition("; ")[2] or "nothing"
        yield row(name, f"{untouched} of {data['facts']['pipelines']}", prose(words))
    for name in names:
        for status in ("refused", "lossy"):
            for cause in in_the_way(data, name, status):
                pipelines = count(len(cause["pipelines"]), "pipeline")
                yield f"\n### {_DOTS[status]} {name}: {status} by {code(cause['feature'])}, "
                yield f"{pipelines}\n\n{prose(cause['reason'])}\n\n"
                yield f"{code(where(cause['places'], _PLACES))}\n"
    yield "\n## Pipelines\n\n"
    yield row("pipeline", *names)
    yield row("---", *("---" for _ in names))
    rows = [one for one in data["pipelines"] if not _is_untouched(one)]
    for one in rows[:_ROWS]:
        cells = (one["targets"][name]["status"] for name in names)
        yield row(code(one["pipeline"]), *(f"{_DOTS[cell]} {cell}" for cell in cells))
    left = len(rows) - _ROWS
    others = len(data["pipelines"]) - len(rows)
    yield f"\n{left} more are in `--format html`.\n" if left > 0 else ""
    yield f"\n{count(others, 'pipeline')} untouched on each of them.\n" if others else ""
    yield f"\n## {_COMPUTED}\n\n"
    yield row("criterion", "pipelines", *names)
    yield row("---", "---:", *("---" for _ in names))
    for one in data["decision"]["computed"]:
        cells = (shares(one["targets"][name]) for name in names)
        yield row(f"**{one['criterion']}**: {one['about']}", str(one["pipelines"]), *cells)
    yield f"\n{ties(data)}.\n\n## {_ASKED}\n\n"
    for one in data["decision"]["asked"]:
        yield f"- [ ] **{one['criterion']}**: {one['question']}\n"


def _is_untouched(one: Mapping[str, Any]) -> bool:
    return not {"lossy", "refused"} & {cell["status"] for cell in one["targets"].values()}


def as_html(data: Mapping[str, Any]) -> str:
    """One page that needs nothing else."""
    names = list(data["targets"])
    return page(
        "report.html.j2",
        {"bar": _bar, "shares": shares, "where": where},
        data=data,
        facts=facts(data),
        ties=ties(data),
        rolled_up={name: rolled_up(data, name) for name in names},
        meanings=_MEANINGS,
        computed=_COMPUTED,
        asked=_ASKED,
        causes=[
            (name, status, cause)
            for name in names
            for status in ("refused", "lossy")
            for cause in in_the_way(data, name, status)
        ],
    )


def _bar(counts: Mapping[str, int]) -> Markup:
    """The shares as one bar, which says them too."""
    total, at = sum(counts.values()) or 1, 0
    parts = Markup("")
    for word, number in counts.items():
        if number:
            parts += Markup('<rect class="{}" x="{}" width="{}" height="1"/>').format(
                word, at, number
            )
            at += number
    return Markup(
        '<svg class="bar" viewBox="0 0 {} 1" preserveAspectRatio="none" role="img">'
        "<title>{}</title>{}</svg>"
    ).format(total, shares(counts), parts)
