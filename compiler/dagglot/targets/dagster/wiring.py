"""The nodes of a job: which op is given what by which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dagglot import pycode
from dagglot.expressions import tree
from dagglot.ir import graph
from dagglot.ir.model import Pipeline, Task
from dagglot.pycode import INDENT, Code
from dagglot.targets.dagster import control_flow, native_flow
from dagglot.targets.dagster.body import outputs_read
from dagglot.targets.dagster.control_flow import Map
from dagglot.targets.dagster.names import FileNames, helper_nodes, node_name
from dagglot.targets.dagster.nodes import Inputs, node, placed, unpacked

START_AFTER = "start_after"
"""The input that only waits."""


def read_outputs(task: Task) -> tuple[str, ...]:
    """The upstream tasks whose outputs a task reads, in the order of its edges."""
    found = outputs_read(task)
    return tuple(id for id in task.upstream if id in found)


def list_reads(one: Map) -> tuple[str, ...]:
    """The tasks whose outputs the list to map over is made of."""
    leaves = tree.references(one.for_each.items)
    found = (leaf.task for leaf in leaves if isinstance(leaf, tree.TaskOutput))
    return tuple(dict.fromkeys(found))


def waits_for(task: Task, read: Sequence[str]) -> list[str]:
    """The other upstream tasks, besides those whose outputs it reads."""
    return [id for id in task.upstream if id not in read]


class NativeNodes:
    """Every op in the job under its task's own name, after those that it waits for."""

    def __init__(self, pipeline: Pipeline, names: FileNames) -> None:
        self.names = names
        self.tasks = {task.id: task for task in pipeline.tasks}
        self.may_be_missing = native_flow.may_be_missing(pipeline)
        self.reads = {id: read_outputs(task) for id, task in self.tasks.items()}
        """The outputs that each task reads."""
        self.read = {id for ids in self.reads.values() for id in ids}

    def lines(self) -> Iterator[Code]:
        names = self.names
        edges = {id: task.upstream for id, task in self.tasks.items()}
        needed = {id for upstream in edges.values() for id in upstream}
        for id in graph.topological(edges):
            task = self.tasks[id]
            inputs: list[tuple[str, object]] = [
                (names.inputs[other], self.output(other, id)) for other in self.reads[id]
            ]
            inputs += self.waits(task)
            variable = names.variables[id] if id in needed else None
            yield node(variable, names.functions[id], node_name(id), inputs)

    def waits(self, task: Task) -> Inputs:
        """The inputs that only wait.

        A list is there while one of its sources is, which is what a join wants. Where all must be,
        and may be missing, each has an input of its own.
        """
        ids = waits_for(task, self.reads[task.id])
        if not self.may_be_missing.isdisjoint(task.upstream):
            if native_flow.joins(task):
                ids = list(task.upstream)
            elif len(ids) > 1:
                return [(self.names.outcomes[id], self.output(id, task.id)) for id in ids]
        outputs = [self.output(id, task.id) for id in ids]
        if not outputs:
            return []
        return [(START_AFTER, outputs[0] if len(outputs) == 1 else outputs)]

    def output(self, id: str, reader: str) -> Code:
        """What a later op is given: of a branch the output that is for it."""
        variable = self.names.variables[id]
        outputs = self.names.outputs.get(id, {})
        return Code(f"{variable}.{outputs[reader]}" if len(outputs) > 1 else variable)


class OutcomeNodes:
    """The same where each op is told by those before it how they ended."""

    def __init__(self, pipeline: Pipeline, names: FileNames) -> None:
        self.pipeline = pipeline
        self.names = names
        self.tasks = {task.id: task for task in pipeline.tasks}
        self.needed = {id for task in pipeline.tasks for id in task.upstream}
        self.helpers = helper_nodes(pipeline)

    def lines(self) -> Iterator[Code]:
        for one in control_flow.order(self.pipeline):
            if isinstance(one, Map):
                yield from self.mapped(one)
            else:
                yield self.node(one)

    def node(self, id: str, before: Inputs = (), indent: int = INDENT) -> Code:
        variable = self.names.variables[id] if id in self.needed else None
        inputs = (*before, *self.inputs(self.tasks[id]))
        return node(variable, self.names.functions[id], node_name(id), inputs, indent)

    def inputs(self, task: Task) -> Inputs:
        return (*self.results(read_outputs(task)), *self.outcomes(task.upstream))

    def results(self, ids: tuple[str, ...]) -> Inputs:
        names = self.names
        return [(names.inputs[id], Code(f"{names.variables[id]}.result")) for id in ids]

    def outcomes(self, ids: tuple[str, ...]) -> Inputs:
        names = self.names
        return [(names.outcomes[id], Code(f"{names.variables[id]}.outcome")) for id in ids]

    # --- fan-out --------------------------------------------------------------------------------

    def mapped(self, one: Map) -> Iterator[Code]:
        """The list, what is done for an element, and each task for all elements as one."""
        names = self.names.maps[one.id]
        reads = list_reads(one)
        inputs = (*self.results(reads), *self.outcomes(reads))
        yield node(names.variable, names.function, self.helpers["elements", one.id], inputs)
        yield Code("")
        yield Code(f"def {names.each}(element: Any) -> Any:\n{self.each(one)}")
        yield Code("")
        targets = [name for pair in names.instances.values() for name in pair]
        yield unpacked(targets, f"{names.variable}.map({names.each})")
        for id, (results, outcomes) in names.instances.items():
            gathers = [
                ("results", Code(f"{results}.collect()")),
                ("outcomes", Code(f"{outcomes}.collect()")),
            ]
            yield node(self.names.variables[id], "gather", self.helpers["all", id], gathers)

    def each(self, one: Map) -> str:
        element = ("element", Code("element"))
        indent = 2 * INDENT
        if len(one.tasks) == 1:
            (id,) = one.tasks
            inputs = (element, *self.inputs(self.tasks[id]))
            lines = [placed("return ", self.names.functions[id], node_name(id), inputs, indent)]
        else:
            edges = {
                id: [above for above in self.tasks[id].upstream if above in one.tasks]
                for id in one.tasks
            }
            ordered = graph.topological(edges)
            self.needed.add(ordered[-1])
            lines = [self.node(id, [element], indent) for id in ordered]
            lines.append(self.returned(one, ordered[-1], indent))
        return "\n".join(f"{' ' * indent}{line}" for line in lines)

    def returned(self, one: Map, last: str, indent: int) -> Code:
        """What is waited for outside; Dagster wants something to be returned."""
        ids = tuple(self.names.maps[one.id].instances)
        if not ids:
            return Code(f"return {self.names.variables[last]}.outcome")
        handles = tuple(
            Code(f"{self.names.variables[id]}.{output}")
            for id in ids
            for output in ("result", "outcome")
        )
        return Code(f"return {pycode.layout(handles, indent, len('return '))}")
