"""What is left of a wrong document when all that is wrong with its shape is taken out.

The rest is valid as written, so that the next arrows can look for their own mistakes in it: a slip
in one task does not hide a dangling reference in another. What is taken out may have been what the
rest refers to; `Pruned.may_cause` tells which findings may follow from that. In doubt they do: a
finding that is none misleads, one that is missing comes with the next run.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.frozen import dataclass
from dagglot.schema import Path, Violation, document, violations
from dagglot.source import Document, Map, Seq, walk


@dataclass(frozen=True, slots=True)
class Pruned:
    """A valid document, and what findings about it may owe to what was taken out.

    ``names`` may exist, in whatever is no longer there; ``sections`` have lost entries without a
    name; ``touched`` are the tasks and groups, by path, of which something is missing.
    """

    value: Map
    names: tuple[re.Pattern[str], ...]
    sections: frozenset[str]
    touched: tuple[re.Pattern[str], ...]
    teardown_lost: bool
    constants_lost: bool
    defaults_lost: bool

    def may_cause(self, finding: Diagnostic) -> bool:
        """Whether a finding about the rest may follow from what was taken out."""
        rule, message = finding.rule, finding.message
        quoted = _QUOTED.findall(message)
        if rule in _OF_GRAPH or rule in (codes.SCENARIO, codes.KIND_NEEDS):
            help = finding.help if rule is codes.BRANCH_CHOICE else None  # it names the task
            words = [*quoted, *_QUOTED.findall(help or "")]
            if any(one.match(word) for one in self.touched for word in words):
                return True
        if self.teardown_lost and (rule in _OF_GRAPH or rule is codes.CYCLE):
            return True
        if rule in _OF_KINDS and self.defaults_lost:
            return True
        if rule in _OF_CONSTANTS and self.constants_lost:
            return True
        if rule in _OF_TIMES and not self.sections.isdisjoint(("schedule", "partitions")):
            return True
        if any(one.search(word) for one in self.names for word in quoted):
            return True
        return any(_SECTIONS[section].search(message) for section in self.sections)


_QUOTED: Final = re.compile("`([^`]*)`")
_OF_GRAPH: Final = (codes.IMPLICIT_NEEDS_EDGE, codes.BRANCH_CHOICE, codes.TEARDOWN)
_OF_KINDS: Final = frozenset(
    {codes.CONNECTION_TYPE, codes.SQL_PARAMETER, codes.CONTAINER_KEYS, codes.KIND_NEEDS}
)
_OF_CONSTANTS: Final = (codes.MATRIX_EMPTY, codes.MATRIX_COPIES_ALIKE, codes.TOO_MANY_COPIES)
_OF_TIMES: Final = (codes.SCHEDULE_NEEDS, codes.PARAM_REQUIRED, codes.WINDOW_EMPTY)
_SECTIONS: Final = {
    "params": re.compile(r"\bparams?\b"),
    "vars": re.compile(r"\bvars\b"),
    "matrix": re.compile(r"\bmatrix\b"),
    "partitions": re.compile(r"\bpartitions?\b"),
    "connections": re.compile(r"\bconnections?\b"),
    "alerts": re.compile(r"\balerts?\b"),
    "assets": re.compile(r"\bassets?\b"),
    "schedule": re.compile(r"^the schedule\b"),
}
"""The sections that others refer to, and the words in which a finding speaks of their entries."""
_BY_NAME: Final = frozenset({"params", "vars", "connections", "alerts", "assets"})
_ROUNDS: Final = 6
"""Each round takes out what the last one left incomplete, further out; a document that is not valid
after these is not looked at."""


@dataclass(frozen=True, slots=True)
class Doubled:
    """A key that stands twice in its mapping: the first value is lost."""

    path: Path

    def hides(self, violation: Violation) -> bool:
        """Whether a violation may follow: the other `type` is the one that the keys are for."""
        holder = self.path[:-1]
        return self.path[-1] == "type" and holder in (violation.path, violation.path[:-1])


def doubled(written: Document) -> tuple[Doubled, ...]:
    """The keys of a document that the reader found twice."""
    spans = {one.span for one in written.found if one.rule is codes.DUPLICATE_KEY}
    if not spans:
        return ()
    return tuple(
        Doubled((*path, key))
        for path, node in walk(written.value)
        if isinstance(node, Map)
        for key in node.marks
        if node.key_span(key) in spans
    )


def pruned(
    value: Any, wrong: tuple[Violation, ...], twice: tuple[Doubled, ...] = ()
) -> Pruned | None:
    """A valid document without what is wrong; None where too little would be left."""
    if not isinstance(value, Map) or any(map(_is_hopeless, wrong)):
        return None
    pruning = _Pruning(_copied(value))
    for one in twice:
        pruning.take_out(Violation(one.path, True, "wrong-type", "it stands twice"))
    for _ in range(_ROUNDS):
        for violation in reversed(wrong):  # from the end, so that the items of a list stay in place
            pruning.take_out(violation)
        pruning.complete()
        wrong = violations(pruning.value, "pipeline")
        if not wrong:
            return pruning.done()
        if any(map(_is_hopeless, wrong)):
            break
    return None


def _is_hopeless(violation: Violation) -> bool:
    """A key that is not text, nesting without end, another version of the language."""
    nowhere = violation.kind == "bad-key" and not violation.on_key
    return violation.kind == "too-deep" or nowhere or violation.path[:1] == ("dagglot",)


class _Pruning:
    def __init__(self, value: Map) -> None:
        self.value = value
        self.names: dict[str, None] = {}
        self.checked: dict[str, None] = {}
        self.sections: set[str] = set()
        self.touched: dict[tuple[str, ...], None] = {}
        self.ids_lost = False
        self.constants_lost = False
        self.defaults_lost = False
        self.teardown_lost = False

    def done(self) -> Pruned:
        return Pruned(
            self.value,
            (*map(_name_pattern, self.names), *map(_check_pattern, self.checked)),
            frozenset(self.sections),
            tuple(_path_pattern(ids) for ids in self.touched),
            self.teardown_lost,
            self.constants_lost or not self.sections.isdisjoint(("vars", "matrix")),
            self.defaults_lost,
        )

    def take_out(self, violation: Violation) -> None:
        path = violation.path
        if not path:
            return  # what is missing from the pipeline itself: see `complete`
        section = str(path[0])
        self.defaults_lost |= section == "defaults" or violation.meant == "defaults"
        if section == "tasks" and len(path) > 1:
            self.take_out_of_task(violation)
            return
        if violation.kind == "unknown-key" and len(path) == 1:
            self.sections |= self.meant(violation)
        elif section in _BY_NAME and len(path) > 1:
            # of an entry that is not as it was meant nothing can be said
            self.names.update(dict.fromkeys(_readings(str(path[1]))))
            self.constants_lost |= section == "vars"
            path = path[:2]
        elif section in _SECTIONS:
            self.sections.add(section)
        wholes = {"matrix": 1, "tests": 4}  # a part of an outcome of a test means nothing
        self.delete(path[: wholes.get(section)])

    def meant(self, violation: Violation) -> set[str]:
        """The sections that an unknown one may have been meant to be."""
        if violation.meant is not None:
            return {violation.meant} & set(_SECTIONS)
        if isinstance(self.value.get(str(violation.path[0])), (Map, Seq)):
            self.defaults_lost = True
            return {section for section in _SECTIONS if section not in self.value}
        return {"schedule"} - set(self.value)

    # --- tasks and groups -------------------------------------------------------------------------

    def take_out_of_task(self, violation: Violation) -> None:
        path, ids = violation.path, _owner(violation.path, self.value)
        at: Path = tuple(step for id in ids for step in ("tasks", id))
        holder: Map = self.at(at[:-1])
        if not isinstance(holder, Map) or ids[-1] not in holder:
            return  # taken out already, with what it stands in
        if path == at and violation.kind == "bad-key":
            self.lose_ids(ids)
            self.names.update(dict.fromkeys(_readings(ids[-1])))
            del holder[ids[-1]]
            return
        self.touched[ids] = None
        task = holder[ids[-1]]
        if isinstance(task, Map) and "checks" in task:
            self.checked[ids[-1]] = None  # others may depend on one that goes with this
        lost = self.lost(violation, task, path[len(at) :])
        self.defaults_lost |= "defaults" in lost
        if "teardown_of" in lost:
            self.teardown_lost = True
        if lost & {"tasks", "matrix"}:
            self.lose_ids(ids)
        whole = path == at and violation.kind == "wrong-type"
        if whole:
            self.lose_ids(ids)
        if whole or not isinstance(task, Map) or lost & {"tasks", "matrix", "for_each"}:
            self.stand_in(holder, ids)
        elif path == at or "type" in lost or _needs_all(task, lost):
            if "type" not in task and not any(key in _keys_of_kinds() for key in task):
                self.lose_ids(ids)  # it may have been meant to be a group
            self.without_body(holder, ids)
        else:
            self.delete(path)

    def lost(self, violation: Violation, task: Any, rest: Path) -> set[str]:
        """The keys of a task that are missing from it now, or may be."""
        if not rest:
            return set()
        key = str(rest[0])
        if violation.kind != "unknown-key" or len(rest) > 1 or key in _keys_of_tasks():
            return {key}
        if violation.meant is not None:
            return {violation.meant}
        container = isinstance(task, Map) and isinstance(task.get(key), (Map, Seq))
        return {"tasks", "matrix", "for_each", "teardown_of"} if container else {key, "teardown_of"}

    def lose_ids(self, ids: tuple[str, ...]) -> None:
        """Below this id, or made of it, may be others."""
        self.ids_lost = True
        self.names[ids[-1]] = None

    def without_body(self, holder: Map, ids: tuple[str, ...]) -> None:
        """A task that does nothing, with the edges and all else that any task may have."""
        task: Map = holder[ids[-1]]
        if "tasks" in task:
            self.lose_ids(ids)
        kept = {key: item for key, item in task.items() if key in _keys_of_noop()}
        if task.get("type") == "noop":
            self.stand_in(holder, ids)
        else:
            marks = {**task.marks, "type": holder.marks[ids[-1]]}
            holder[ids[-1]] = task.copy_as({**kept, "type": "noop"}, marks)

    def stand_in(self, holder: Map, ids: tuple[str, ...]) -> None:
        """Something of which nothing but its id is known, in the place of a task or a group."""
        id = ids[-1]
        task = holder[id]
        inner = task.get("tasks") if isinstance(task, Map) else None
        self.touched[ids] = None
        if isinstance(task, Map) and "matrix" in task:
            self.lose_ids(ids)  # its copies are gone with it
        if isinstance(task, Map) and "teardown_of" in task:
            self.teardown_lost = True
        if isinstance(inner, Map) and "type" not in task and inner:
            for one in inner:
                self.stand_in(inner, (*ids, one))
            holder[id] = task.copy_as({"tasks": inner}, task.marks)
        else:
            holder[id] = holder.copy_as({"type": "noop"}, {"type": holder.marks[id]})

    # --- the document -----------------------------------------------------------------------------

    def at(self, path: Path) -> Any:
        node: Any = self.value
        for step in path:
            try:
                node = node[step]
            except (KeyError, IndexError, TypeError):
                return None
        return node

    def delete(self, path: Path) -> None:
        holder, key = self.at(path[:-1]), path[-1]
        if isinstance(holder, Map):
            holder.pop(str(key), None)
        elif isinstance(holder, Seq) and isinstance(key, int) and key < len(holder):
            del holder[key], holder.marks[key]

    def complete(self) -> None:
        """What every pipeline has, in the place of what was taken out; tests of what is known."""
        value, mark = self.value, next(iter(self.value.marks.values()))
        for key, stand_in in (("pipeline", _NAMELESS), ("tasks", None)):
            if key not in value:
                value.marks[key] = mark
                value[key] = stand_in
        if not isinstance(value["tasks"], Map) or not value["tasks"]:
            self.ids_lost = True
            noop = value.copy_as({"type": "noop"}, {"type": mark})
            value["tasks"] = value.copy_as({_NAMELESS: noop}, {_NAMELESS: mark})
        tests = value.get("tests")
        if self.ids_lost:
            value.pop("tests", None)
        elif isinstance(tests, Map):
            self.without_unknown(tests)

    def without_unknown(self, tests: Map) -> None:
        """Take out of the tests what speaks of something that is not as it was meant."""
        ids = "|".join(re.escape(ids[-1]) for ids in self.touched)
        about = re.compile(rf"(?:.*\.)?(?:{ids})(?:__.*)?(?:\[[0-9]+\])?") if ids else None
        for name, test in tests.items():
            if not isinstance(test, Map):
                continue
            for entries in (test.get("given"), test.get("expect")):
                if not isinstance(entries, Map):
                    continue
                for key in list(entries):
                    if (about and about.fullmatch(key)) or self.is_lost(key):
                        del entries[key]
            if not test.get("expect"):  # what is given can be looked at all the same
                mark = tests.marks[name]
                test["expect"] = test.copy_as({"run": "success"}, {"run": mark})
                test.marks["expect"] = mark

    def is_lost(self, key: str) -> bool:
        """Whether a key of a scenario is for a section that is not as it was meant."""
        about = {"params": {"params"}, "partition": {"partitions", "schedule"}}
        return not self.sections.isdisjoint(about.get(key, ()))


def _needs_all(task: Map, lost: set[str]) -> bool:
    """Whether the keys of a body are looked at together: what one lacks is said of another."""
    return task.get("type") not in _LOOSE and "tasks" not in task and bool(lost - _keys_of_noop())


_LOOSE: Final = frozenset({"python", "shell", "gate", "branch", "native", "noop"})
_NAMELESS: Final = "_"


def _owner(path: Path, value: Map) -> tuple[str, ...]:
    """The ids of the innermost task or group that a path leads into."""
    ids, node, place = [], value, 0
    while place + 1 < len(path) and path[place] == "tasks":
        ids.append(str(path[place + 1]))
        tasks = node.get("tasks")
        inner = tasks.get(ids[-1]) if isinstance(tasks, Map) else None
        if not isinstance(inner, Map) or not isinstance(inner.get("tasks"), Map):
            break
        node, place = inner, place + 2
    return tuple(ids)


def _readings(name: str) -> list[str]:
    """What a name that is none may be called where it is referred to."""
    words = re.findall(r"[^\W\d][\w-]*", name)
    return [name, *words, *(sign.join(words) for sign in "_-")] if words else [name]


def _name_pattern(name: str) -> re.Pattern[str]:
    """A name, or a copy of it, as a word of its own."""
    return re.compile(rf"(?<![\w-]){re.escape(name)}(?:__[\w-]*)?(?![\w-])")


def _check_pattern(task: str) -> re.Pattern[str]:
    """A check of a task, as others call it."""
    return re.compile(rf"(?<![\w-]){re.escape(task)}(?:__[\w-]*)?\.[\w-]+$")


def _path_pattern(ids: tuple[str, ...]) -> re.Pattern[str]:
    """A task or group by its full path, its copies, all that is in it, and the groups it is in."""
    steps = [rf"{re.escape(id)}(?:__[\w-]*)?" for id in ids]
    outer = [r"\.".join(steps[:depth]) + "$" for depth in range(1, len(steps))]
    return re.compile("|".join([*outer, r"\.".join(steps) + r"(?:\.|$)"]))


def _copied(value: Any) -> Any:
    """The same with containers of its own: what an alias repeats can be changed at one place."""
    if isinstance(value, Map):
        entries = {key: _copied(item) for key, item in value.items()}
        return value.copy_as(entries, value.marks)
    if isinstance(value, Seq):
        made = value.copy_as([_copied(item) for item in value])
        made.marks = list(value.marks)
        return made
    return value


@cache
def _keys_of_noop() -> frozenset[str]:
    return frozenset(document("pipeline")["$defs"]["noop_task"]["properties"])


@cache
def _keys_of_kinds() -> frozenset[str]:
    """The keys that only some kinds of task have, and no group."""
    defs = document("pipeline")["$defs"]
    return _keys_of_tasks() - frozenset(defs["task_keys"]["properties"]) - {"tasks", "defaults"}


@cache
def _keys_of_tasks() -> frozenset[str]:
    defs = document("pipeline")["$defs"]
    kinds = [defs[name] for name in defs if name.endswith("_task")]
    return frozenset(key for kind in (*kinds, defs["group"]) for key in kind["properties"])
