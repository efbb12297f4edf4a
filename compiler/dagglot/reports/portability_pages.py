"""The portability of a project as Markdown, for a ticket, and as a page, for those who decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dagglot.reports import page
from dagglot.reports.markdown import code, prose, row
from dagglot.reports.portability import facts, in_the_way, rolled_up, shares, ties, where
from dagglot.reports.table import count

_DOTS: Final = {
    "native": "🟢",
    "emulated": "🟢",
    "accepted": "🔵",
    "lossy": "🟡",
    "refused": "🔴",
}
_CLASSES: Final = {
    "native": "green",
    "emulated": "green",
    "accepted": "blue",
    "lossy": "amber",
    "refused": "red",
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
    return page.page(_TITLE, "".join(_html(data)))


def _html(data: Mapping[str, Any]) -> Iterator[str]:
    names = list(data["targets"])
    heads = "".join(f"<th>{page.text(name)}</th>" for name in names)
    yield f'<h1>{_TITLE}</h1>\n<p class="dim">{page.text(facts(data))}</p>\n'
    yield "<table><thead><tr><th>target</th><th></th><th>how far they move</th></tr></thead>\n"
    yield "<tbody>\n"
    for name in names:
        yield f"<tr><td><b>{page.text(name)}</b></td><td>{_bar(data['targets'][name]['totals'])}"
        yield f"</td><td>{page.text(rolled_up(data, name))}</td></tr>\n"
    yield "</tbody></table>\n<p>"
    yield " · ".join(
        f'<span class="{_CLASSES[word]}">{word}</span> {page.text(words)}'
        for word, words in _MEANINGS.items()
    )
    yield "</p>\n"
    causes = [
        (name, status, cause)
        for name in names
        for status in ("refused", "lossy")
        for cause in in_the_way(data, name, status)
    ]
    if causes:
        yield "<h2>What is in the way</h2>\n"
    for name, status, cause in causes:
        number = count(len(cause["pipelines"]), "pipeline")
        yield f'<details open><summary><b>{page.text(name)}</b> <span class="{_CLASSES[status]}">'
        yield f"{status}</span> <code>{page.text(cause['feature'])}</code>, {number}</summary>\n"
        yield f"<p>{page.prose(cause['reason'])}</p>\n"
        yield f"<p><code>{page.text(where(cause['places'], 50))}</code></p></details>\n"
    yield f'<h2>{_COMPUTED}</h2>\n<div class="wide"><table><thead><tr><th>criterion</th>'
    yield f'<th class="number">pipelines</th>{heads}</tr></thead><tbody>\n'
    for one in data["decision"]["computed"]:
        yield f"<tr><td><b>{page.text(one['criterion'])}</b><br>"
        yield f'<span class="dim">{page.text(one["about"])}</span></td>'
        yield f'<td class="number">{one["pipelines"]}</td>'
        for name in names:
            counts = one["targets"][name]
            yield f"<td>{_bar(counts)}{page.text(shares(counts))}</td>"
        yield "</tr>\n"
    yield f"</tbody></table></div>\n<p>{page.text(ties(data))}.</p>\n"
    yield f"<h2>{_ASKED}</h2>\n<table><tbody>\n"
    for one in data["decision"]["asked"]:
        yield f"<tr><td><b>{page.text(one['criterion'])}</b></td><td>{page.text(one['question'])}"
        yield '<div class="answer"></div></td></tr>\n'
    yield "</tbody></table>\n<h2>Pipelines</h2>\n"
    yield f'<div class="wide"><table><thead><tr><th>pipeline</th>{heads}</tr></thead><tbody>\n'
    for one in data["pipelines"]:
        yield f"<tr><td><code>{page.text(one['pipeline'])}</code><br>"
        place = one["place"]
        yield f'<span class="dim">{page.text(place["file"])}:{place["line"]}</span></td>'
        yield from (_cell(one["targets"][name]) for name in names)
        yield "</tr>\n"
    yield "</tbody></table></div>\n"


def _bar(counts: Mapping[str, int]) -> str:
    """The shares as one bar; it says them too."""
    total = sum(counts.values()) or 1
    parts = "".join(
        f'<span class="{word}" style="width: {100 * number / total:.2f}%"></span>'
        for word, number in counts.items()
        if number
    )
    words = page.text(shares(counts))
    return f'<div class="bar" role="img" aria-label="{words}" title="{words}">{parts}</div>'


def _cell(cell: Mapping[str, Any]) -> str:
    """The status of a pipeline on a target; what it is made of opens."""
    word = f'<span class="{_CLASSES[cell["status"]]}">{cell["status"]}</span>'
    if not cell["findings"]:
        return f"<td>{word}</td>"
    items = "".join(
        f'<li><span class="{_CLASSES[one["status"]]}">{one["status"]}</span> '
        f"<code>{page.text(one['feature'])}</code> "
        f'<span class="dim">{page.text(where(one["places"], 5))}</span><br>'
        f"{page.prose(one['reason'])}</li>\n"
        for one in cell["findings"]
    )
    return f"<td><details><summary>{word}</summary><ul>{items}</ul></details></td>"
