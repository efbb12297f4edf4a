"""The tasks of a document: flat, with full ids, and the tree of groups above them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, Literal, cast

from dagglot.beside import Beside
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic, Span
from dagglot.diagnostics.suggest import did_you_mean
from dagglot.expressions.evaluate import text_of
from dagglot.expressions.parse import Scope, split
from dagglot.ir import bodies, defaults
from dagglot.ir.bodies import read_body
from dagglot.ir.expand import Constants, Expanded, Expander, id_of
from dagglot.ir.model import (
    Backoff,
    Body,
    BranchBody,
    Check,
    Dependency,
    ForEach,
    Group,
    Pool,
    PythonBody,
    Retries,
    SqlBody,
    Task,
    TriggerRule,
)
from dagglot.ir.reader import Reader
from dagglot.source import Map, Places, Seq, expression_span, with_file


@dataclass(slots=True, eq=False, repr=False)
class Names:
    """Every id of the pipeline, and what a matrix made of an id, by the path as it is written."""

    tasks: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    checks: set[str] = field(default_factory=set)
    copies: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def resolve(self, name: str, group: str) -> tuple[str, ...] | None:
        """Full ids for a name as written inside a group: siblings first, then outwards.

        None where there is no such name; nothing for a matrix that is wrong itself.
        """
        for prefix in _outwards(group):
            full = f"{prefix}.{name}" if prefix else name
            if full in self.tasks or full in self.groups or full in self.checks:
                return (full,)
            if full in self.copies:
                return self.copies[full]
        return None

    def one_task(self, name: str, group: str) -> str | None:
        """The single task that a name means, for ``tasks.name.output``."""
        found = self.resolve(name, group)
        return (
            found[0] if found is not None and len(found) == 1 and found[0] in self.tasks else None
        )

    def visible(self, group: str) -> list[str]:
        """The names that may be written inside a group, nearest first."""
        inner = [
            full.removeprefix(f"{group}.")
            for full in (*sorted(self.tasks), *sorted(self.groups))
            if group and full.startswith(f"{group}.")
        ]
        return [*inner, *sorted(self.tasks | self.groups | set(self.copies))]


def _outwards(group: str) -> list[str]:
    parts = group.split(".") if group else []
    return [".".join(parts[:depth]) for depth in range(len(parts), -1, -1)]


def build(
    expanded: Expanded,
    scope: Scope,
    layers: Sequence[Map],
    beside: Beside,
    found: list[Diagnostic],
) -> tuple[tuple[Task, ...], tuple[Group, ...]]:
    """The tasks and groups below ``tasks:``; ``layers`` are the defaults, nearest first."""
    declared: Map = expanded.value["tasks"]
    builder = _Tasks(expanded, scope, beside, found)
    builder.collect(declared, "")
    _, groups = builder.members(declared, "", tuple(layers), None)
    return tuple(builder.tasks), groups


_SECRET_KEYS: Final = frozenset({"args", "parameters", "env", "headers"})


class _Tasks:
    def __init__(
        self, expanded: Expanded, scope: Scope, beside: Beside, found: list[Diagnostic]
    ) -> None:
        self.copies = expanded.copies
        self.of_copies = expanded.of_copies
        self.scope = scope
        self.beside = beside
        self.found = found
        self.read = Reader(found, cast("Constants", scope.constants))
        self.names = Names()
        self.scopes: dict[tuple[str, bool, bool], Scope] = {}
        self.tasks: list[Task] = []

    def collect(self, declared: Map, group: str) -> None:
        """Every id, before the first reference is resolved."""
        for id, value in declared.items():
            full = f"{group}.{id}" if group else id
            if isinstance(value, Map) and isinstance(value.get("tasks"), Map):
                self.names.groups.add(full)
                self.collect(value["tasks"], full)
            else:
                self.names.tasks.add(full)
                if isinstance(value, Map) and value.get("checks"):
                    self.names.checks.update(f"{full}.{one['name']}" for one in value["checks"])
        for id, made in self.copies.get(id_of(declared), {}).items():
            full = f"{group}.{id}" if group else id
            self.names.copies[full] = tuple(f"{group}.{one}" if group else one for one in made)

    def members(
        self, declared: Map, group: str, layers: tuple[Map, ...], for_each: ForEach | None
    ) -> tuple[tuple[str, ...], tuple[Group, ...]]:
        members: list[str] = []
        groups: list[Group] = []
        for id, value in declared.items():
            full = f"{group}.{id}" if group else id
            members.append(full)
            if isinstance(value.get("tasks"), Map):
                groups.append(self.group(declared, id, full, value, layers, for_each))
            else:
                self.tasks.append(self.task(declared, id, full, group, value, layers, for_each))
        return tuple(members), tuple(groups)

    def group(
        self,
        declared: Map,
        id: str,
        full: str,
        value: Map,
        layers: tuple[Map, ...],
        outer: ForEach | None,
    ) -> Group:
        read = self.read
        parent = full.rpartition(".")[0]
        scope = self.task_scope(parent, outer is not None)
        for_each = self.for_each(value, scope)
        own = value.get("defaults")
        inner = (own, *layers) if isinstance(own, Map) else layers
        members, groups = self.members(value["tasks"], full, inner, for_each or outer)
        return Group(
            id=full,
            members=members,
            groups=groups,
            depends_on=self.dependencies(value, "depends_on", full, parent),
            description=read.text(value, "description"),
            docs=read.text(value, "docs"),
            owner=read.text(value, "owner"),
            tags=read.names(value, "tags"),
            for_each=for_each,
            moved_from=_moved(read, value),
            span=declared.key_span(id),
        )

    def task(
        self,
        declared: Map,
        id: str,
        full: str,
        group: str,
        written: Map,
        layers: tuple[Map, ...],
        outer: ForEach | None,
    ) -> Task:
        read = self.read
        kind = str(written.get("type"))
        value = defaults.merged(written, kind, layers) if layers else written
        if kind == "sql" and value.get("file") is not None:
            value = self.with_file(value, self.of_copies.get(id_of(written)))
        mapped = outer is not None or value.get("for_each") is not None
        scope = self.task_scope(group, mapped)
        secret = self.task_scope(group, mapped, secrets=True)
        outside = self.task_scope(group, outer is not None)
        return Task(
            id=full,
            body=self.body(kind, value, scope, secret, full, group),
            group=group,
            depends_on=self.dependencies(value, "depends_on", full, group),
            trigger_rule=_trigger_rule(read, value),
            when=read.value(value, "when", scope) if "when" in value else True,
            for_each=self.for_each(value, outside),
            retries=self.retries(value),
            pool=self.pool(value),
            env=read.value_map(value, "env", secret) if "env" in value else {},
            checks=tuple(self.checks(value, scope, secret)) if value.get("checks") else (),
            teardown_of=tuple(
                dependency.task
                for dependency in self.dependencies(value, "teardown_of", full, group)
            ),
            options=cast("Mapping[str, Mapping[str, Any]]", read.json_map(value, "targets")),
            moved_from=_moved(read, value),
            span=declared.key_span(id),
            places=Places(value, lambda: _script_places(value)),
            # of these most tasks have few; what is not there has the model's own default
            **{
                key: reader(read, value, key)
                for key, reader in _PLAIN.items()
                if key in value and not (key == "timeout" and kind in defaults.WHOLE_WAIT)
            },
        )

    def with_file(self, value: Map, constants: Constants | None) -> Map:
        """The task with the text of its file, constants in their places, as its ``sql``."""
        rest = value.copy_as({k: v for k, v in value.items() if k != "file"}, value.marks)
        name = self.read.text(value, "file")
        if not name:  # it was said that it needs a run
            return rest
        text, shown, wrong = self.beside.text(name, value.span("file"))
        if wrong is not None:
            self.found.append(wrong)
        if text is None:
            return rest
        known = constants or cast("Constants", self.scope.constants)
        made = Expander(known, self.found).replace(text)
        return with_file(rest, "sql", made if isinstance(made, str) else text_of(made), text, shown)

    def body(
        self, kind: str, value: Map, scope: Scope, secret: Scope, full: str, group: str
    ) -> Body:
        """The body; the names that a branch may choose are resolved from where it stands."""
        body = read_body(self.read, kind, value, scope, secret)
        if not isinstance(body, BranchBody):
            return body
        ids = {name: self.names.resolve(name, group) for name in self.names.visible(group)}
        body = replace(body, choices={name: found for name, found in ids.items() if found})
        if body.call is not None:
            return body
        cases = tuple(
            replace(case, to=self.chosen(given, "to", full, group))
            for case, given in zip(body.cases, value["cases"], strict=True)
        )
        return replace(body, cases=cases, otherwise=self.chosen(value, "else", full, group))

    def chosen(self, value: Map, key: str, full: str, group: str) -> tuple[str, ...]:
        made: dict[str, None] = {}
        for name, span in self.read.placed_names(value, key):
            resolved = self.names.resolve(name, group)
            if resolved is None:
                help = did_you_mean(name, self.names.visible(group))
                what = "is not a task of this pipeline"
                self.found.append(
                    codes.BRANCH_CHOICE.at(span, task=full, name=name, what=what, help=help)
                )
            made |= dict.fromkeys(resolved or ())
        return tuple(made)

    def task_scope(self, group: str, mapped: bool, *, secrets: bool = False) -> Scope:
        """What names mean in the tasks of a group."""
        names, key = self.names, (group, mapped, secrets)
        if key not in self.scopes:
            self.scopes[key] = replace(
                self.scope,
                resolve_task=lambda name: names.one_task(name, group),
                task_names=_Visible(names, group),
                for_each=mapped,
                secrets=secrets,
            )
        return self.scopes[key]

    def dependencies(self, value: Map, key: str, full: str, group: str) -> tuple[Dependency, ...]:
        if key not in value:
            return ()
        made: dict[str, Dependency] = {}
        for name, span in self.read.placed_names(value, key):
            resolved = self.names.resolve(name, group)
            if resolved is None:
                help = did_you_mean(name, self.names.visible(group))
                self.found.append(
                    codes.UNKNOWN_DEPENDENCY.at(span, task=full, needs=name, help=help)
                )
            for id in resolved or ():
                if id == full or full.startswith(f"{id}."):
                    what = "itself" if id == full else f"the group `{id}`, which it is in"
                    self.found.append(codes.SELF_DEPENDENCY.at(span, task=full, needs=what))
                elif id in made:
                    self.found.append(codes.DUPLICATE_DEPENDENCY.at(span, task=full, needs=name))
                else:
                    made[id] = Dependency(task=id, span=span)
        return tuple(made.values())

    def for_each(self, value: Map, scope: Scope) -> ForEach | None:
        given = value.get("for_each")
        if not isinstance(given, Map):
            return None
        return ForEach(
            items=self.read.value(given, "in", scope),
            max_parallel=self.read.whole(given, "max_parallel"),
            span=value.span("for_each"),
        )

    def retries(self, value: Map) -> Retries:
        read, given = self.read, value.get("retries")
        if given is None:
            return Retries()
        span = value.span("retries") if "retries" in value.marks else value.place()
        if not isinstance(given, Map):
            count = (
                given.get("count", 0) if isinstance(given, dict) else read.whole(value, "retries")
            )
            return Retries(count=count or 0, span=span)
        delay = read.duration(given, "delay")
        return Retries(
            count=read.whole(given, "count") or 0,
            delay=delay if delay is not None else Retries().delay,
            backoff=Backoff(read.text(given, "backoff", "constant")),
            max_delay=read.duration(given, "max_delay"),
            jitter=read.duration(given, "jitter"),
            span=span,
        )

    def pool(self, value: Map) -> Pool | None:
        given = value.get("pool")
        if isinstance(given, Map):
            return Pool(
                name=self.read.text(given, "name"), slots=self.read.whole(given, "slots") or 1
            )
        if isinstance(given, dict):
            return Pool(name=str(given["name"]), slots=int(given.get("slots", 1)))
        return Pool(name=self.read.text(value, "pool")) if given is not None else None

    def checks(self, value: Map, scope: Scope, secret: Scope) -> Iterator[Check]:
        given: Seq = value["checks"]
        for index, written in enumerate(given):
            item = written
            if item.get("file") is not None:
                item = self.with_file(item, self.of_copies.get(id_of(written)))
            look: SqlBody | PythonBody
            if "call" in item:
                look = bodies.python(self.read, item, secret)
            else:
                look = replace(bodies.sql(self.read, item, scope, secret), output="scalar")
            severity = self.read.text(item, "severity", "error")
            yield Check(
                name=self.read.text(item, "name"),
                look=look,
                severity=cast('Literal["error", "warn"]', severity),
                span=given.span(index),
                places=Places(item, partial(_script_places, item)),
            )


def _texts(read: Reader, value: Map, key: str) -> dict[str, str]:
    given = read.json_map(value, key)
    return {name: str(item) for name, item in given.items()}


_PLAIN: Final[Mapping[str, Callable[[Reader, Map, str], Any]]] = {
    "description": Reader.text,
    "docs": Reader.text,
    "owner": Reader.text,
    "tags": Reader.names,
    "timeout": Reader.duration,
    "priority": Reader.whole,
    "resources": _texts,
    "consumes": Reader.names,
    "produces": Reader.names,
    "on_failure": Reader.names,
    "on_success": Reader.names,
    "on_retry": Reader.names,
    "allow_failure": Reader.flag,
    "idempotent": Reader.flag,
    "depends_on_past": Reader.flag,
}
"""The keys of a task that are fields of the model as they stand, and how to read them."""


class _Visible(Collection[str]):
    """The names for a suggestion, worked out only when a name is wrong."""

    def __init__(self, names: Names, group: str) -> None:
        self._names, self._group = names, group

    def __iter__(self) -> Any:
        return iter(self._names.visible(self._group))

    def __len__(self) -> int:
        return len(self._names.tasks)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._names.one_task(name, self._group) is not None


_PLACED: Final = 100
"""Parts of a script that are placed; a mistake after those is shown at the script."""


def _script_places(value: Map) -> dict[str, Span]:
    """The places of the expressions in a script."""
    made: dict[str, Span] = {}
    for key in ("run", "sql"):
        text = value.get(key)
        if isinstance(text, str) and "${{" in text:
            for part in split(text)[0][:_PLACED]:
                if not isinstance(part, str):
                    begin, length = part.offset - len("${{"), len(part.text) + len("${{}}")
                    place = expression_span(value, key, text, begin, length)
                    made[f"{key}@{part.offset}"] = place
    return made


_RULES: Final = frozenset(rule.value for rule in TriggerRule)


def _trigger_rule(read: Reader, value: Map) -> TriggerRule:
    if "trigger_rule" not in value:
        return TriggerRule.ALL_SUCCESS
    word = read.text(value, "trigger_rule", "all_success")
    # a task of no known kind is refused as a whole: what else is wrong with it is still there
    return TriggerRule(word) if word in _RULES else TriggerRule.ALL_SUCCESS


def _moved(read: Reader, value: Map) -> str | None:
    moved = value.get("moved")
    return read.maybe_text(moved, "from") if isinstance(moved, Map) else None
