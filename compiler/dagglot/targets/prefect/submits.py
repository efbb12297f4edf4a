"""The body of a flow: its tasks submitted, by Prefect's own rule or by those of the helpers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from dagglot import pycode
from dagglot.expressions.tree import Param as ParamRef
from dagglot.expressions.tree import TaskOutput, references
from dagglot.ir import flow, graph
from dagglot.ir.model import Dependency, ForEach, NoopBody, Param, Pipeline, Task, TriggerRule
from dagglot.pycode import INDENT, Call, Code
from dagglot.targets.prefect import assets, control_flow
from dagglot.targets.prefect.body import statement
from dagglot.targets.prefect.imports import Imports
from dagglot.targets.prefect.names import PACKAGE, Naming
from dagglot.targets.prefect.params import is_literal_text
from dagglot.targets.prefect.values import Argument, Values
from dagglot.targets.prefect.view import ReaderView, function_signature

_PAD: Final = " " * INDENT


def plain(
    pipeline: Pipeline,
    naming: Naming,
    arguments: Mapping[str, Sequence[Argument]],
    guarded: bool,
) -> list[Code]:
    """Every task by `.submit`: Prefect runs it when all upstream completed.

    Prefect fails a flow run that returns what failed, but does not say which tasks did.
    """
    edges = {task.id: task.upstream for task in pipeline.tasks}
    lines = []
    ranked = any(task.priority is not None for task in pipeline.tasks)
    for id in control_flow.order(pipeline) if ranked else graph.topological(edges):
        given, others = _edges(pipeline.task(id), naming, arguments[id])
        keywords = {"wait_for": others} if others else {}
        call = Call(f"{naming.tasks[id]}.submit", given, tuple(keywords.items()))
        lines.append(Code(f"{_PAD}{pycode.assignment(naming.futures[id], call, INDENT)}"))
    if pipeline.on_failure:
        named = {task.id: Code(naming.futures[task.id]) for task in pipeline.tasks}
        lines.append(Code(f"{_PAD}{pycode.call('raise_failures', (named,), (), INDENT)}"))
        return [*lines, Code(f"{_PAD}return None")] if guarded else lines
    futures = [Code(naming.futures[task.id]) for task in pipeline.tasks]
    returned = pycode.layout(futures, INDENT, len("return "))
    return [*lines, Code(f"{_PAD}return {returned}")]


def _edges(
    task: Task, naming: Naming, arguments: Sequence[Argument]
) -> tuple[tuple[Code, ...], list[Code]]:
    """What a task is given, and the futures of the other tasks upstream."""
    given = tuple(
        Code(naming.params[one.source] if one.is_param else naming.futures[one.source])
        for one in arguments
    )
    data = {one.source for one in arguments if not one.is_param}
    others = [id for id in task.upstream if id not in data and id not in task.teardown_of]
    return given, [Code(naming.futures[id]) for id in others]


class ByRules:
    """The same with trigger rules, gates, branches, lists; ``helpers`` is what they call."""

    def __init__(self, pipeline: Pipeline, naming: Naming, imports: Imports) -> None:
        self.pipeline = pipeline
        self.naming = naming
        self.imports = imports
        self.deciders = control_flow.deciders(pipeline)
        self.helpers: set[str] = set()
        self.used: set[str] = set()
        self.readers: list[ReaderView] = []
        self.declared: set[str] = set()

    def lines(self, arguments: Mapping[str, Sequence[Argument]], guarded: bool) -> list[Code]:
        order = control_flow.order(self.pipeline)
        lines: list[Code] = []
        for id in order:
            task = self.pipeline.task(id)
            call = self.call(task, arguments[id], lines)
            lines.append(Code(f"{_PAD}{pycode.assignment(self.naming.futures[id], call, INDENT)}"))
        futures = [Code(self.naming.futures[id]) for id in order]
        if any(task.produces for task in self.pipeline.tasks):
            self.helpers.add("skips_update")
        keywords: dict[str, object] = {}
        if self.needs_leaves():
            self.helpers.add("leaves")
            leaves = flow.leaves(assets.without_steps(self.pipeline))
            keywords["leaves"] = [Code(self.naming.futures[id]) for id in leaves]
        end = pycode.call(self.rule("finish"), (futures,), keywords, INDENT)
        lines.append(Code(f"{_PAD}{end}"))
        return [*lines, Code(f"{_PAD}return None")] if guarded else lines

    def needs_leaves(self) -> bool:
        """Whether it matters that only the last tasks decide how the run ends."""
        return self.pipeline.fail_run_on == "leaf"

    def call(self, task: Task, arguments: Sequence[Argument], lines: list[Code]) -> Call:
        given, others = _edges(task, self.naming, arguments)
        head: list[object] = [Code(self.naming.tasks[task.id])]
        elements = control_flow.elements_of(self.pipeline, task)
        if elements is not None:
            head.append(self.items(task, *elements, lines))
        keywords: list[tuple[str, object]] = []
        if others:
            keywords.append(("after", others))
        if task.upstream and task.trigger_rule is not TriggerRule.ALL_SUCCESS:
            self.helpers.add(task.trigger_rule.value)
            keywords.append(("rule", task.trigger_rule.value))
        provided = self.provided(task)
        if provided:
            keywords.append(("provided", provided))
        if task.teardown_of:
            self.helpers.add(TriggerRule.ONE_SUCCESS.value)
            set_ups = [Code(self.naming.futures[id]) for id in task.teardown_of]
            keywords.append(("teardown_of", set_ups))
        if task.allow_failure:
            keywords.append(("allow_failure", True))
        helper = self.rule("submit" if elements is None else "submit_each")
        return Call(helper, (*head, *given), tuple(keywords))

    def provided(self, task: Task) -> list[object]:
        """The gates that must be open, and the branches that must have chosen the task."""
        found: list[object] = []
        for gate in self.deciders.gates.get(task.id, ()):
            found.append(Call(self.rule("is_open"), (Code(self.naming.futures[gate]),)))
        for branch, names in self.deciders.branches.get(task.id, {}).items():
            args = (Code(self.naming.futures[branch]), *names)
            found.append(Call(self.rule("chose"), args))
        return found

    def rule(self, helper: str) -> Code:
        self.helpers.add(helper)
        name = self.naming.rules[helper]
        self.imports.alias(f"{PACKAGE}.rules", helper, name)
        return Code(name)

    # --- lists ----------------------------------------------------------------------------------

    def items(self, task: Task, id: str, for_each: ForEach, lines: list[Code]) -> object:
        """The list of a mapped task, where it stands; of a group, once for all its tasks."""
        name = self.naming.items[id]
        if id not in self.declared:
            self.declared.add(id)
            keywords: list[tuple[str, object]] = []
            if for_each.max_parallel is not None:
                self.helpers.add("max_parallel")
                keywords.append(("max_parallel", for_each.max_parallel))
            made = Call(self.rule("Items"), self.source(id, for_each), tuple(keywords))
            if id == task.id:
                return made
            lines.append(Code(f"{_PAD}{pycode.assignment(name, made, INDENT)}"))
        return Code(name)

    def source(self, id: str, for_each: ForEach) -> tuple[object, ...]:
        """What `Items` is given: a constant, an output, a param, or a function of those."""
        leaves = list(references(for_each.items))
        match for_each.items:
            case TaskOutput(task=upstream):
                return (Code(self.naming.futures[upstream]),)
            case ParamRef(name=name) if not is_literal_text(self.param(name)):
                return (Code(self.naming.params[name]),)
            case items if not leaves:
                return (Values(self.pipeline, self.pipeline.tasks[0], self.imports).data(items),)
            case _:
                return self.reader(id, for_each)

    def param(self, name: str) -> Param:
        return next(param for param in self.pipeline.params if param.name == name)

    def reader(self, id: str, for_each: ForEach) -> tuple[object, ...]:
        upstream = (one.task for one in references(for_each.items) if isinstance(one, TaskOutput))
        edges = tuple(Dependency(task=one) for one in dict.fromkeys(upstream))
        asks = Task(id=id, body=NoopBody(), depends_on=edges)
        values = Values(self.pipeline, asks, self.imports)
        made = values.data(for_each.items)
        statements = [*values.window()]
        if values.whole_params:
            whole = pycode.assignment("params", values.whole(), INDENT)
            statements.append(Code(_PAD + whole))
        if isinstance(made, Code):
            statements.append(statement("return ", made))
        else:
            returned = pycode.layout(made, INDENT, len("return "))
            statements.append(Code(f"{_PAD}return {returned}"))
        values.import_values()
        self.used |= values.used
        self.helpers |= values.helpers
        arguments = values.arguments()
        self.imports.name("typing", "Any")
        written = [Code(f"{one.name}: {one.type}") for one in arguments]
        name = self.naming.readers[id]
        signature = function_signature(name, written, Code("Any"))
        text = pycode.docstring(f"The elements that `{id}` is run for.")
        self.readers.append(ReaderView(signature, text, tuple(statements)))
        given, _ = _edges(asks, self.naming, arguments)
        return (Code(name), *given)
