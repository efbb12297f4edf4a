"""A made pipeline as the YAML of a user, and its scenario in the words of a document's tests."""

from __future__ import annotations

from typing import Any, Final

import yaml

from .model import ALWAYS, NO_LIST, Box, Made, Plan, Step

ACTOR: Final = "conformance_actor"
SKIPS: Final = 99
SCRIPT: Final = """\
[ "$SKIPS" = no ] || exit 99
[ ${{ run.attempt }} -gt "$FAILS" ] || { [ "$SLEEPS" = no ] || sleep 60; exit 3; }
echo "$SAYS"
"""
MAPPED_SCRIPT: Final = """\
read -ra fails <<< "$FAILS"
read -ra skips <<< "$SKIPS"
read -ra says <<< "$SAYS"
[ "${skips[$INDEX]:-no}" = no ] || exit 99
[ ${{ run.attempt }} -gt "${fails[$INDEX]:-0}" ] || exit 3
echo "${says[$INDEX]:-said}"
"""
ELEMENTS: Final = 4
"""More than a list of ours has."""


def text(made: Made, tests: Any = None) -> str:
    """The document. ``tests`` are its tests, when it is to be read by people."""
    document: dict[str, Any] = {"dagglot": 1, "pipeline": made.id}
    if made.leaf:
        document["fail_run_on"] = "leaf"
    if made.params:
        document["params"] = {one.name: {"default": one.default} for one in made.params}
    document["tasks"] = _tasks(made, "")
    if tests is not None:
        document["tests"] = tests
    return yaml.dump(
        document,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=100,
    )


class _Dumper(yaml.SafeDumper):
    """Without anchors, which nobody would write here."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    """Scripts as blocks."""
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _tasks(made: Made, inside: str) -> dict[str, Any]:
    prefix = f"{inside}." if inside else ""
    found: dict[str, Any] = {}
    boxes = {box.id: box for box in made.boxes}
    for step in made.steps:
        if not step.id.startswith(prefix):
            continue
        name, dot, _ = step.id[len(prefix) :].partition(".")
        if not dot:
            found[name] = _task(made, step)
        elif name not in found:
            found[name] = _group(made, boxes[prefix + name])
    return found


def _group(made: Made, box: Box) -> dict[str, Any]:
    group: dict[str, Any] = {}
    if box.after:
        group["depends_on"] = list(box.after)
    if box.each != NO_LIST:
        group["for_each"] = {"in": _each(box.each)}
    group["tasks"] = _tasks(made, box.id)
    return group


def _each(each: Any) -> Any:
    return _expression(each) if isinstance(each, str) else each


def _expression(source: str) -> str:
    return f"${{{{ {source} }}}}"


def _task(made: Made, step: Step) -> dict[str, Any]:
    task: dict[str, Any] = {"type": step.kind}
    mapped = made.is_mapped(step)
    match step.kind:
        case "gate" if step.condition:
            task["if"] = _expression(step.condition)
        case "branch" if step.cases:
            task["cases"] = [
                {"if": _expression(condition), "to": list(to)} for condition, to in step.cases
            ]
            if step.otherwise:
                task["else"] = list(step.otherwise)
        case "shell":
            task |= _shell(step, mapped)
        case "python" | "gate" | "branch":
            task["call"] = f"{ACTOR}:act"
            task["args"] = _args(made, step, mapped)
            if step.kind == "python" and _skips(step):
                task["skip_on"] = f"{ACTOR}:SkipTask"
    if step.direct:
        task["skips"] = "direct"
    if step.each != NO_LIST:
        task["for_each"] = {"in": _each(step.each)}
        if step.parallel:
            task["for_each"]["max_parallel"] = step.parallel
    for key, value, default in (
        ("depends_on", list(step.after), []),
        ("trigger_rule", step.rule, "all_success"),
        ("when", step.when and _expression(step.when), ""),
        ("retries", step.retries, 0),
        ("timeout", _timeout(step) if step.timeout else None, None),
        ("allow_failure", step.allow_failure, False),
        ("teardown_of", list(step.teardown_of), []),
    ):
        if value != default:
            task[key] = value
    return task


def _timeout(step: Step) -> str:
    """Short where no attempt is to end in time: a busy machine is slow."""
    if not step.plan.sleeps:
        return "5m"
    return "1s" if step.plan.fails == ALWAYS else "8s"


def _skips(step: Step) -> bool:
    return step.plan.skips or any(plan.skips for _, plan in step.at)


def _args(made: Made, step: Step, mapped: bool) -> dict[str, Any]:
    args: dict[str, Any] = {"name": f"{made.id}/{step.id}", "attempt": _expression("run.attempt")}
    if mapped:
        args["index"] = _expression("index")
    args |= _told(step, step.plan)
    if step.at:
        args["at"] = {str(index): _told(step, plan) for index, plan in step.at}
    if step.reads:
        args["reads"] = [_expression(source) for source in step.reads]
    return args


def _told(step: Step, plan: Plan) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if plan.fails:
        told["fails"] = "always" if plan.fails == ALWAYS else plan.fails
    if plan.skips:
        told["skips"] = True
    if plan.sleeps:
        told["sleeps"] = True
    if plan.echoes:
        told["echoes"] = True
    elif plan.returns is not None:
        told["returns"] = plan.returns
    if step.kind == "branch" and isinstance(plan.returns, list) and len(plan.returns) == 1:
        told["returns"] = plan.returns[0]  # one id may stand alone
    return told


def _shell(step: Step, mapped: bool) -> dict[str, Any]:
    if step.plan == Plan() and not step.at and not step.reads:
        return {"run": "echo said"}
    plans = dict.fromkeys(range(ELEMENTS), step.plan) | dict(step.at)
    told = list(plans.values()) if mapped else [step.plan]
    env = {
        "SKIPS": " ".join("yes" if plan.skips else "no" for plan in told),
        "FAILS": " ".join("999" if plan.fails == ALWAYS else str(plan.fails) for plan in told),
        "SAYS": " ".join(plan.returns or "said" for plan in told),
    }
    if mapped:
        env["INDEX"] = _expression("index")
    else:
        env["SLEEPS"] = "yes" if step.plan.sleeps else "no"
    for number, source in enumerate(step.reads):
        env[f"READ_{number}"] = _expression(source)
    task: dict[str, Any] = {"run": MAPPED_SCRIPT if mapped else SCRIPT, "env": env}
    if _skips(step):
        task["skip_exit_code"] = SKIPS
    return task


# --- the scenario ---------------------------------------------------------------------------------


def given(made: Made) -> dict[str, Any]:
    """What is given to the simulated run."""
    found: dict[str, Any] = {}
    for step in made.steps:
        if step.kind == "noop" or step.condition or step.cases:
            continue
        found[step.id] = _outcome(step, step.plan)
        for index, plan in step.at:
            found[f"{step.id}[{index}]"] = _outcome(step, plan)
    if params := made.params_given():
        found["params"] = params
    return found


def _outcome(step: Step, plan: Plan) -> Any:
    if plan.skips and step.works:
        return "skipped"
    if plan.fails == ALWAYS or plan.returns == ["nowhere"]:
        return "failed"
    if plan.echoes:
        return f"failed {plan.fails}" if plan.fails else "success"
    returns = plan.returns
    if step.kind == "branch":
        returns = returns or []
    if step.kind == "shell":
        returns = returns or "said"
    outcome: dict[str, Any] = {"output": returns}
    if plan.fails:
        outcome["failed"] = plan.fails
    return outcome
