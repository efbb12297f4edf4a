"""What came of the tests of documents: for people, for programs, for pull requests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dagglot.diagnostics import codes, render
from dagglot.diagnostics.model import Diagnostic
from dagglot.reports.simulation import chain, links, name_of, why
from dagglot.reports.table import Paint, aligned, count
from dagglot.semantics.expectations import RUN, Miss, run_causes
from dagglot.semantics.states import Cause
from dagglot.testing import Tested

VERSION: Final = 1


def as_text(
    tests: Sequence[Tested], sources: Mapping[str, str], seconds: float, paint: Paint
) -> str:
    """A line for each pipeline, then every failure with its place and its causes, then the sum."""
    lines = [*_pipelines(tests, paint)]
    for tested in tests:
        if tested.status != "passed":
            lines += ["", *_failure(tested, sources, paint)]
    notes = [f"note: {_title(tested)}: {note}" for tested in tests for note in tested.notes]
    return (
        "\n".join([*lines, *([""] if notes else []), *notes, *_sum(tests, seconds, paint)]) + "\n"
    )


def _pipelines(tests: Sequence[Tested], paint: Paint) -> list[str]:
    by_pipeline: dict[tuple[str, str], list[Tested]] = {}
    for tested in tests:
        by_pipeline.setdefault((tested.pipeline.id, tested.target), []).append(tested)
    rows = []
    for (pipeline, target), those in by_pipeline.items():
        bad = [one.status for one in those if one.status != "passed"]
        word = "passed" if not bad else "failed" if "failed" in bad else "refused"
        good = len(those) - len(bad)
        counted = count(len(those), "test") if not bad else f"{good} of {count(len(those), 'test')}"
        mark = {"passed": "ok", "failed": "FAILED", "refused": "REFUSED"}[word]
        rows.append(((mark, word), (pipeline, ""), (target, "dim"), (counted, "")))
    return aligned(rows, paint, indent="")


def _title(tested: Tested) -> str:
    return f"{tested.name} on {tested.target}" if tested.target else tested.name


def _failure(tested: Tested, sources: Mapping[str, str], paint: Paint) -> Iterator[str]:
    yield paint(tested.status, f"{tested.status.upper()} {_title(tested)}")
    coloured = paint("bold", "x") != "x"
    if tested.problems:
        yield render.text(tested.problems, sources, colour=coloured).rstrip("\n")
    for miss in tested.misses:
        finding = codes.EXPECTATION.at(miss.span, test=tested.scenario.name, message=miss.message)
        yield render.text([finding], sources, colour=coloured).rstrip("\n")
        yield from _why(tested, miss, paint)


def _why(tested: Tested, miss: Miss, paint: Paint) -> Iterator[str]:
    """The chain of causes, by the semantics; and where a real run left them, that it did."""
    if tested.simulated is None:
        return
    if tested.target and not _as_simulated(tested, miss):
        yield f"      the semantics meet this expectation: {tested.target} does otherwise"
        return
    causes = _causes(tested, miss)
    if causes:
        yield from chain(tested.pipeline, tested.simulated, causes, paint)
    elif miss.key == RUN:
        yield "      every task that counts ends well"


def _as_simulated(tested: Tested, miss: Miss) -> bool:
    """Whether the real run did here what the semantics say."""
    if tested.simulated is None or tested.seen is None:
        return False
    if miss.key == RUN:
        return tested.seen.run == tested.simulated.run
    said = {place: state.value for place, state in tested.simulated.states().items()}
    return all(tested.seen.states.get(place) == said.get(place) for place in miss.places)


def _causes(tested: Tested, miss: Miss) -> tuple[Cause, ...]:
    if tested.simulated is None:
        return ()
    if miss.key == RUN:
        return run_causes(tested.pipeline, tested.simulated)
    states = tested.simulated.states()
    return tuple(Cause(*place, states[place]) for place in miss.places if place in states)


def _sum(tests: Sequence[Tested], seconds: float, paint: Paint) -> Iterator[str]:
    counts = {word: sum(one.status == word for one in tests) for word in _WORDS}
    words = [paint(word, f"{number} {word}") for word, number in counts.items() if number]
    pipelines = len({tested.pipeline.id for tested in tests})
    yield ""
    yield f"{count(pipelines, 'pipeline')}: {', '.join(words)} in {seconds:.2f} s"


_WORDS: Final = ("failed", "refused", "passed")


# --- for programs -------------------------------------------------------------------------------


def as_json(tests: Sequence[Tested], problems: Sequence[Diagnostic], seconds: float) -> str:
    """``{"dagglot_tests": 1, "passed", "failed", "refused", "seconds", "problems", "tests": […]}``.

    ``problems`` are findings that belong to no test: an environment that cannot be made, say.
    Each test has its ``pipeline``, ``test``, ``target`` (null: the semantics), ``status``
    (``passed``, ``failed``, ``refused``), ``file``, ``line``, ``seconds``, ``notes``, and
    ``failures``: findings in the shape of ``--format json`` elsewhere, each with the ``key`` of its
    expectation, what was ``expected``, what was ``seen`` by instance, and the ``causes``: instances
    with ``task``, ``index``, ``state`` and ``why``, those that decided first.
    """
    data: dict[str, Any] = {
        "dagglot_tests": VERSION,
        **{word: sum(one.status == word for one in tests) for word in reversed(_WORDS)},
        "seconds": round(seconds, 3),
        "problems": [render.as_data(one) for one in problems],
        "tests": [_test(tested) for tested in tests],
    }
    return json.dumps(data, indent=2) + "\n"


def _test(tested: Tested) -> dict[str, Any]:
    span = tested.scenario.span
    failures: list[dict[str, object]] = [render.as_data(one) for one in tested.problems]
    for miss in tested.misses:
        finding = codes.EXPECTATION.at(miss.span, test=tested.scenario.name, message=miss.message)
        failures.append({**render.as_data(finding), **_miss(tested, miss)})
    return {
        "pipeline": tested.pipeline.id,
        "test": tested.scenario.name,
        "target": tested.target or None,
        "status": tested.status,
        "file": span.file,
        "line": span.line,
        "seconds": round(tested.seconds, 3),
        "notes": list(tested.notes),
        "failures": failures,
    }


def _miss(tested: Tested, miss: Miss) -> dict[str, object]:
    seen = tested.seen
    states = {name_of(place): seen.states[place] for place in miss.places} if seen else {}
    if miss.key == RUN and seen:
        states = {RUN: seen.run}
    return {
        "key": miss.key,
        "expected": miss.expected,
        "seen": states,
        "causes": list(_links(tested, miss)),
    }


def _links(tested: Tested, miss: Miss) -> Iterator[dict[str, object]]:
    if tested.simulated is None or (tested.target and not _as_simulated(tested, miss)):
        return
    for link in links(tested.simulated, _causes(tested, miss)):
        one = link.one
        if one is not None and not link.again:
            state, reason = one.state.value, why(tested.pipeline, one)
            yield {"task": one.task, "index": one.index, "state": state, "why": reason}


# --- JUnit --------------------------------------------------------------------------------------


def junit(tests: Sequence[Tested], sources: Mapping[str, str]) -> str:
    """JUnit XML: a suite for each pipeline and target, a case for each test, with file and line.

    What a target refuses is an error. Source: https://github.com/testmoapp/junitxml
    """
    from xml.etree import ElementTree

    root = ElementTree.Element("testsuites", {"name": "dagglot test", **_totals(tests)})
    suites: dict[str, list[Tested]] = {}
    for tested in tests:
        name = f"{tested.pipeline.id} on {tested.target}" if tested.target else tested.pipeline.id
        suites.setdefault(name, []).append(tested)
    for name, those in suites.items():
        suite = ElementTree.SubElement(root, "testsuite", {"name": _xml(name), **_totals(those)})
        for tested in those:
            span = tested.scenario.span
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=_xml(name),
                name=_xml(tested.scenario.name),
                file=_xml(span.file),
                line=str(span.line),
                time=f"{tested.seconds:.3f}",
            )
            if tested.status == "passed":
                continue
            kind = "error" if tested.status == "refused" else "failure"
            first = tested.diagnostics[0]
            what = ElementTree.SubElement(
                case, kind, type=first.rule.name, message=_xml(first.message)
            )
            what.text = _xml("\n".join(list(_failure(tested, sources, lambda _, text: text))[1:]))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _totals(tests: Sequence[Tested]) -> dict[str, str]:
    return {
        "tests": str(len(tests)),
        "failures": str(sum(one.status == "failed" for one in tests)),
        "errors": str(sum(one.status == "refused" for one in tests)),
        "time": f"{sum(one.seconds for one in tests):.3f}",
    }


def _xml(text: str) -> str:
    """Text without the characters that XML has no place for, not even escaped."""
    return render.printable(text)
