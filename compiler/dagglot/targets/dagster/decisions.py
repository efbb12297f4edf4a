"""What the op of a gate or a branch does with its answer.

`ToldDecisions`: it tells the ops below whom it skips, for `pipeline_helpers.rules`.
`NativeDecisions`: it is a generator that yields for those that it does not skip.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from dagglot import pycode
from dagglot.ir.model import BranchBody, Pipeline, Task, Value
from dagglot.pycode import INDENT, LINE_LENGTH, Call, Code
from dagglot.targets.dagster import control_flow, retries
from dagglot.targets.dagster.names import FileNames, node_name
from dagglot.targets.dagster.scope import Scope, returns, statement

_PAD = " " * INDENT


class Decisions(ABC):
    """The end of the body of a gate or a branch, added to a scope."""

    def __init__(self, task: Task, pipeline: Pipeline, names: FileNames, scope: Scope) -> None:
        self.task = task
        self.pipeline = pipeline
        self.names = names
        self.scope = scope
        self.made = scope.made

    @abstractmethod
    def gate_of_call(self, called: Call) -> None: ...

    @abstractmethod
    def gate_of_condition(self, condition: Value) -> None: ...

    @abstractmethod
    def branch_of_call(self, called: Call) -> None: ...

    @abstractmethod
    def branch_of_cases(self, body: BranchBody) -> None: ...

    def keeps(self) -> dict[str, tuple[str, ...]]:
        return control_flow.keeps(self.pipeline, self.task)

    def cases(self, body: BranchBody, indent: int) -> list[str]:
        """``if … elif … else`` that say what is chosen, line by line at an indent."""
        lines: list[str] = []
        word = "if"
        for case in body.cases:
            test = self.scope.condition(case.condition)
            lines.append(statement(f"{word} ", test, ":", indent))
            lines.append(_PAD + pycode.assignment("chosen", list(case.to), indent + INDENT))
            word = "elif"
        chosen = pycode.assignment("chosen", list(body.otherwise), indent + INDENT)
        return [*lines, "else:", _PAD + chosen]


class ToldDecisions(Decisions):
    def gate_of_call(self, called: Call) -> None:
        self.made.guarded = True
        self.decide(called, "is_open", self.gate())

    def gate_of_condition(self, condition: Value) -> None:
        self.decide(self.scope.condition(condition), "is_open", self.gate())

    def gate(self) -> Call:
        closes = [node_name(id) for id in control_flow.closes(self.pipeline, self.task.id)]
        return Call(self.scope.rule("gate"), (), (("closes", closes),))

    def branch_of_call(self, called: Call) -> None:
        self.made.guarded = True
        self.decide(called, "chosen", self.branch())

    def branch_of_cases(self, body: BranchBody) -> None:
        lines = self.cases(body, INDENT)
        self.made.statements.append(Code(f"\n{_PAD}".join(lines)))
        self.made.returns = self.scope.rule("Decision")
        self.made.statements.append(returns(_given("chosen", self.branch())))

    def branch(self) -> Call:
        keeps = {name: [node_name(id) for id in ids] for name, ids in self.keeps().items()}
        return Call(self.scope.rule("branch"), (), (("keeps", keeps),))

    def decide(self, value: object, name: str, decision: Call) -> None:
        """``return decision(value, …)``, a value of several lines in a variable of its own."""
        self.made.returns = self.scope.rule("Decision")
        flat = pycode.literal(value)
        if "\n" not in flat and 2 * INDENT + pycode.width(flat) < LINE_LENGTH:
            self.made.statements.append(returns(_given(value, decision)))
            return
        named = isinstance(value, Call)
        self.made.statements.append(
            pycode.assignment(name, value, INDENT) if named else statement(f"{name} = ", Code(flat))
        )
        self.made.statements.append(returns(_given(name, decision)))


class NativeDecisions(Decisions):
    def gate_of_call(self, called: Call) -> None:
        self.attempt(lambda indent: [pycode.assignment("is_open", called, indent)])
        self.yield_if(Code("is_open"))

    def gate_of_condition(self, condition: Value) -> None:
        test = self.scope.condition(condition)
        if self.task.timeout is None:
            self.yield_if(test)
        else:
            self.attempt(lambda indent: [statement("is_open = ", test, "", indent)])
            self.yield_if(Code("is_open"))

    def yield_if(self, test: Code) -> None:
        self.yields("bool")
        test = statement("if ", test, ":")
        self.made.statements.append(Code(f"{test}\n{_PAD * 2}yield dg.Output(True)"))

    def branch_of_call(self, called: Call) -> None:
        self.attempt(lambda indent: [pycode.assignment("chosen", called, indent)])
        self.choose(list(self.keeps()))

    def branch_of_cases(self, body: BranchBody) -> None:
        def lines(indent: int) -> list[str]:
            return self.cases(body, indent)

        if self.task.timeout is None:
            self.made.statements.append(Code(f"\n{_PAD}".join(lines(INDENT))))
        else:
            self.attempt(lines)
        lists = [case.to for case in body.cases] + [body.otherwise]
        if all(self.is_what_stays(chosen) for chosen in lists):
            self.yields("list[str]")
            self.made.statements.append(
                Code(f"for output in chosen:\n{_PAD * 2}yield dg.Output(chosen, output)")
            )
        else:
            self.choose(list(dict.fromkeys(name for chosen in lists for name in chosen)))

    def is_what_stays(self, chosen: Sequence[str]) -> bool:
        """Whether a list has each output that is to be yielded, under its name, once."""
        keeps, outputs = self.keeps(), self.names.outputs[self.task.id]
        stays = [outputs[id] for name in chosen for id in keeps[name]]
        return len(set(chosen)) == len(chosen) and set(stays) == set(chosen)

    def choose(self, names: list[str]) -> None:
        self.yields("list[str]")
        self.made.helpers.add(("branches", "choose"))
        outputs = self.names.outputs[self.task.id]
        keeps = {name: [outputs[id] for id in self.keeps()[name]] for name in names}
        chosen = Call("choose", (Code("chosen"),), (("keeps", keeps),))
        text = pycode.layout(chosen, INDENT, len("yield from "))
        self.made.statements.append(Code(f"yield from {text}"))

    def yields(self, kind: str) -> None:
        self.made.imports_of_file.add(("collections.abc", "Iterator"))
        self.made.returns = f"Iterator[dg.Output[{kind}]]"
        self.made.yields = True

    def attempt(self, lines: Callable[[int], Sequence[str]]) -> None:
        """A block for what may end in any way. As a decorator it would only see to it that there
        is a generator."""
        self.made.helpers.add(("attempts", "attempt"))
        limit = self.task.timeout
        words = {"timeout": retries.seconds(limit)} if limit is not None else {}
        made = pycode.call("attempt", (), words)
        inside = "".join(f"\n{_PAD * 2}{line}" for line in lines(2 * INDENT))
        self.made.statements.append(Code(f"with {made}:{inside}"))


def decisions(task: Task, pipeline: Pipeline, names: FileNames, scope: Scope) -> Decisions:
    made = ToldDecisions if names.has_outcomes else NativeDecisions
    return made(task, pipeline, names, scope)


def _given(value: object, decision: Call) -> Call:
    """The call with its first argument; a `str` is a name."""
    first = Code(value) if isinstance(value, str) else value
    return Call(decision.function, (first, *decision.args), decision.kwargs)
