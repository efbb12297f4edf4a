"""Where Dagster's own skipping and failing is exactly what a pipeline means.

Dagster runs a step when all that it is given is there. What an op does not yield is missing, as is
what an op yields that was skipped. With that a step of the job

- is skipped where an input is missing, or each one in a list of inputs, whatever else failed;
- else has no event at all where an upstream failed, or has none either;
- else runs, be it with a part of a list.

Gates and branches are ops that do not yield. `is_native` says whether they and the trigger rules of
a pipeline need no more than this. It takes no chances: where it says no, the ops tell each other
how they ended (`wiring.OutcomeNodes`), which is right for every pipeline.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from dagglot.expressions.tree import TaskOutput, references
from dagglot.ir import flow, graph
from dagglot.ir.model import BranchBody, CheckBody, GateBody, NoopBody, Pipeline, Task, TriggerRule
from dagglot.ir.task_values import values_of
from dagglot.targets.dagster import control_flow

_RULES = frozenset(
    {
        TriggerRule.ALL_SUCCESS,
        TriggerRule.NONE_FAILED,
        TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
    }
)


def needs_outcomes(pipeline: Pipeline) -> bool:
    """Whether its ops must tell each other how they ended."""
    return not is_native(pipeline)


def is_native(pipeline: Pipeline) -> bool:
    """Whether Dagster's own behaviour is the semantics', for every run of the pipeline."""
    if all(
        not task.upstream or task.trigger_rule is TriggerRule.ALL_SUCCESS for task in pipeline.tasks
    ) and not deciders(pipeline):
        return _has_only_native_parts(pipeline)
    return (
        pipeline.fail_run_on == "any"
        and _has_only_native_parts(pipeline)
        and _Flow(pipeline).is_exact()
    )


def deciders(pipeline: Pipeline) -> frozenset[str]:
    """The gates and the branches."""
    return frozenset(
        task.id for task in pipeline.tasks if isinstance(task.body, GateBody | BranchBody)
    )


def may_be_missing(pipeline: Pipeline) -> frozenset[str]:
    """The tasks that may not yield, of a pipeline whose control flow is Dagster's own."""
    return flow.may_skip(pipeline) | deciders(pipeline)


def _has_only_native_parts(pipeline: Pipeline) -> bool:
    """What a task does by itself fails or succeeds, and its failure fails the run.

    A check that only warns takes its timeout for what it found, so that it never fails.
    """
    return not control_flow.maps(pipeline) and not any(
        task.teardown_of
        or (task.allow_failure and not isinstance(task.body, CheckBody))
        or flow.skips_itself(task)
        or (task.produces and isinstance(task.body, GateBody | BranchBody))
        or (task.upstream and task.trigger_rule not in _RULES)
        for task in pipeline.tasks
    )


@dataclass(eq=False, slots=True)
class Skip:
    """An answer of a gate or a branch for which tasks are skipped, if nothing else is the matter.

    ``decreed`` are those that it skips whatever else failed, ``fallen`` all that do not run then.
    """

    decider: str
    decreed: frozenset[str]
    fallen: frozenset[str]


class _Flow:
    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        tasks = {task.id: task for task in pipeline.tasks}
        self.upstream = {id: task.upstream for id, task in tasks.items()}
        self.below = flow.downstream(pipeline)
        self.tasks = [tasks[id] for id in graph.topological(self.upstream)]
        self.joins = frozenset(id for id, task in tasks.items() if joins(task))
        self.may_fail = frozenset(
            id for id, task in tasks.items() if not isinstance(task.body, NoopBody)
        )
        self.skips = tuple(self.possible_skips())
        self.needed = {one.decider: flow.needed_for(pipeline, [one.decider]) for one in self.skips}

    def is_exact(self) -> bool:
        return all(
            (task.trigger_rule is not TriggerRule.NONE_FAILED or self.surely_there(task))
            and (self.is_exact_join(task) if task.id in self.joins else self.is_exact_step(task))
            for task in self.tasks
            if self.upstream[task.id]
        )

    # --- what can happen ------------------------------------------------------------------------

    def possible_skips(self) -> Iterator[Skip]:
        for task in self.tasks:
            if isinstance(task.body, GateBody):
                reach = flow.gate_reach(self.pipeline, task.id)
                below = flow.below(task.id, self.below)
                everything = task.body.skips == "all_downstream"
                yield Skip(task.id, reach, below if everything else self.fallen(reach))
            elif isinstance(task.body, BranchBody):
                kept = flow.kept_by(self.pipeline, task.id)
                for gone in _not_kept(task.body, kept):
                    yield Skip(task.id, gone, self.fallen(gone))

    def fallen(self, decreed: frozenset[str]) -> frozenset[str]:
        found = set(decreed)
        left = list(decreed)
        while left:
            for id in self.below[left.pop()]:
                if id not in found and (
                    id not in self.joins or found.issuperset(self.upstream[id])
                ):
                    found.add(id)
                    left.append(id)
        return frozenset(found)

    @cached_property
    def causes(self) -> dict[str, frozenset[Skip]]:
        """For each task the answers of which one has been given where it is skipped."""
        found: dict[str, frozenset[Skip]] = {}
        decrees = self.decrees
        for task in self.tasks:
            above = [found[id] for id in self.upstream[task.id]]
            if task.id in self.joins and not all(above):
                above = []  # it runs for the one that is never skipped
            found[task.id] = frozenset().union(decrees[task.id], *above)
        return found

    @cached_property
    def decrees(self) -> dict[str, frozenset[Skip]]:
        """For each task the answers that skip it whatever its upstream tasks did."""
        found: dict[str, set[Skip]] = {task.id: set() for task in self.tasks}
        for one in self.skips:
            for id in one.decreed:
                found[id].add(one)
        return {id: frozenset(skips) for id, skips in found.items()}

    @cached_property
    def may_be_stopped(self) -> frozenset[str]:
        """The tasks that a failure above may keep from running."""
        found: set[str] = set()
        for task in self.tasks:
            if any(id in self.may_fail or id in found for id in self.upstream[task.id]):
                found.add(task.id)
        return frozenset(found)

    def surely_there(self, task: Task) -> frozenset[str]:
        """The upstream tasks that are not skipped, unless the task is so whatever its rule says."""
        decrees = self.decrees[task.id]
        return frozenset(id for id in self.upstream[task.id] if self.causes[id] <= decrees)

    # --- whether Dagster does the same ----------------------------------------------------------

    def is_exact_step(self, task: Task) -> bool:
        """With an input for each upstream task, a missing one counts more than failures.

        Neither may a failure reach it beside a skip, unless a gate or a branch skips it anyhow,
        nor may an op be given up beside a skip: there Dagster's in-process executor never ends, as
        it looks for steps to skip, then for steps to give up, and not again for those to skip.
        """
        if len(self.upstream[task.id]) == 1:
            return True
        missing: dict[Skip, set[str]] = {}
        for id in self.upstream[task.id]:
            for one in self.causes[id]:
                missing.setdefault(one, set()).add(id)
        for one in self.decrees[task.id]:
            if one.decider in self.upstream[task.id]:
                missing.setdefault(one, set()).add(one.decider)
        for one, upstream in missing.items():
            needed = self.needed[one.decider]
            for other in self.upstream[task.id]:
                if other in one.fallen or other in needed or upstream == {other}:
                    continue
                if other in self.may_be_stopped or (
                    task.id not in one.decreed and other in self.may_fail
                ):
                    return False
        return True

    def is_exact_join(self, task: Task) -> bool:
        """With all upstream tasks in one list, which is there while one of them is."""
        for one in self.decrees[task.id]:
            if not one.fallen.union([one.decider]).issuperset(self.upstream[task.id]):
                return False
        leaves = references(tuple(values_of(task)))
        read = {leaf.task for leaf in leaves if isinstance(leaf, TaskOutput)}
        return self.surely_there(task).issuperset(read)


def _not_kept(body: BranchBody, kept: Mapping[str, frozenset[str]]) -> Iterator[frozenset[str]]:
    """What a branch skips by each of its answers; of a function, which may choose anything, by
    each choice that is not made."""
    if body.call is None:
        for chosen in (*(case.to for case in body.cases), body.otherwise):
            yield frozenset(kept).difference(*(kept.get(id, ()) for id in chosen))
    else:
        for child in kept:
            # whoever keeps it is not chosen either, and would be kept only with it
            yield frozenset(id for id, keeps in kept.items() if child in keeps)


def joins(task: Task) -> bool:
    """Whether some of its upstream tasks may be skipped although it runs."""
    return len(task.upstream) > 1 and task.trigger_rule is not TriggerRule.ALL_SUCCESS
