"""A scenario as a command line has it, and what can be asked of any scenario."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dagglot import yaml_reader
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.diagnostics.suggest import did_you_mean
from dagglot.frozen import dataclass
from dagglot.ir.expand import freeze
from dagglot.ir.model import Json, Pipeline
from dagglot.ir.params import from_text
from dagglot.semantics.replay import replayed
from dagglot.semantics.scenario import Given, Place, Refused, read
from dagglot.semantics.simulate import NotSimulatedError, UnansweredError
from dagglot.semantics.states import State

# --- what is given on a command line ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Words:
    """A scenario as a command line has it; ``scenario`` names a test that it begins with."""

    given: Mapping[str, str]
    params: Mapping[str, str]
    partition: str | None = None
    scenario: str | None = None

    @property
    def acts(self) -> bool:
        """Whether outcomes are given, so that no real body may run."""
        return bool(self.given) or self.scenario is not None


@dataclass(frozen=True, slots=True)
class Said:
    """What the words mean, what is wrong with them, and their text for the snippets."""

    given: Given
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]


def from_words(pipeline: Pipeline, words: Words) -> Said:
    """The scenario of a command line; its own words win over those of the test it begins with."""
    found: list[Diagnostic] = []
    sources: dict[str, str] = {}
    written: dict[str, Json] = {}
    if words.scenario is not None:
        written.update(_named(pipeline, words.scenario, found))
    for key, text in words.given.items():
        value, wrong = _outcome(key, text)
        found.extend(wrong)
        sources[_option(key)] = text
        if not wrong:
            written[key] = value
    params = written.get("params")
    values = dict(params) if isinstance(params, Mapping) else {}
    declared = {param.name: param for param in pipeline.params}
    for name, text in words.params.items():
        param = declared.get(name)
        values[name] = freeze(from_text(param, text)) if param is not None else text
    if values:
        written["params"] = values
    if words.partition is not None:
        written["partition"] = words.partition
    given, refused = read(pipeline, written)
    found.extend(_refusal(one) for one in refused)
    return Said(given, tuple(found), sources)


def _named(pipeline: Pipeline, name: str, found: list[Diagnostic]) -> Mapping[str, Json]:
    tests = {scenario.name: scenario for scenario in pipeline.tests}
    if name in tests:
        return tests[name].given
    help = did_you_mean(name, tests) or (None if tests else "the document has no `tests`")
    message = f"the pipeline `{pipeline.id}` has no such test"
    found.append(codes.GIVEN.at(None, option=f"`--scenario {name}`", message=message, help=help))
    return {}


def _option(key: str) -> str:
    return f"--given {key}"


def _outcome(key: str, text: str) -> tuple[Json, tuple[Diagnostic, ...]]:
    """The value of a ``--given``, read as a document would be."""
    documents, found = yaml_reader.load(text, _option(key))
    if not found and len(documents) != 1:
        message = "there is nothing after the `=`" if not documents else "it is one value"
        found = (codes.GIVEN.at(None, option=f"`{_option(key)}`", message=message),)
    wrong = found or documents[0].found
    return (None, wrong) if wrong else (freeze(documents[0].value), ())


def _refusal(refused: Refused) -> Diagnostic:
    key, help = refused.key, refused.help
    option = f"`{_option(key)}`"
    if key == "params":  # one without a default
        option, name = "`--param`", refused.message.split("`")[1]
        help = f"give it with `--param {name}=…`"
    elif key.startswith("params."):
        option = f"`--param {key.partition('.')[2]}`"
    elif key == "partition":
        option = "`--partition`"
    return codes.GIVEN.at(None, option=option, message=refused.message, help=help)


# --- simulated ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Possible:
    """What a target may do where it decides by the order of events: the states of each instance,
    None where it may be missing, and the ends of the run."""

    states: Mapping[Place, frozenset[State | None]]
    runs: frozenset[str]


def possible(pipeline: Pipeline, given: Given) -> Possible:
    """Every end that Airflow may come to; see `dagglot.semantics.early`."""
    from dagglot.semantics import early

    ends = early.ends(pipeline, given)
    places = dict.fromkeys(place for end in ends for place in end.simulated.states())
    states: dict[Place, frozenset[State | None]] = {}
    for place in places:
        seen: set[State | None] = {end.simulated.states().get(place) for end in ends}
        if any(place in end.relabelled for end in ends):
            seen.add(State.SKIPPED)
        states[place] = frozenset(seen)
    return Possible(states, frozenset(end.simulated.run for end in ends))


def decides_early(target: str) -> bool:
    """Whether a target settles tasks by the order of events (semantics.md, "Trigger rules")."""
    return target.partition("@")[0] == "airflow"


def open_question(error: UnansweredError, *, command_line: bool) -> tuple[str, str | None]:
    """What a scenario leaves open, in words, and what to give."""
    if isinstance(error, NotSimulatedError):
        return f"{error.what}, which is not simulated", None
    if not error.key:
        return f"{error.what}, which no scenario can give", None
    message = f"{error.what}, which is not given"
    if not command_line:
        return message, f"give `{error.key}: {error.value}`"
    if error.key == "partition":
        return message, "give it with `--partition KEY`"
    word = f"{error.key}={error.value}"
    quoted = f"'{word}'" if set(word) & set(" {}[]*…") else word
    return message, f"give it with `--given {quoted}`"


_LONGEST: Final = 100
"""Characters of an id that a replayed pipeline keeps."""


def acted_out(pipeline: Pipeline, given: Given, number: int = 0) -> Pipeline:
    """The pipeline with bodies that act a scenario out; the number makes its id one of its own."""
    return replayed(pipeline, given, f"{pipeline.id[:_LONGEST]}_acted_{number}")
