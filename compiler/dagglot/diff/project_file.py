"""What changed of the project file for all pipelines together: what they are compiled for, and how.

What each pipeline gets of it (defaults, vars, connections, alerts) is compared there. What says
nothing of a run (the name, lint, waivers) is no change.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from dagglot.diagnostics import changes
from dagglot.diagnostics.model import Diagnostic, Span
from dagglot.diff.aftermath import On
from dagglot.diff.compare import Change, Kind
from dagglot.diff.judge import Judged, PipelineDiff, fingerprint
from dagglot.diff.rules.base import Risk, Verdict, counted, says, some
from dagglot.diff.show import Plain, plain
from dagglot.frozen import dataclass
from dagglot.ir.model import Pipeline
from dagglot.project import FILE_NAME, NO_PROJECT, PoolSize, Project, TargetConfig
from dagglot.source import Path as Steps
from dagglot.targets import registry
from dagglot.targets.base import Event

_WORST_FIRST: Final = {risk: number for number, risk in enumerate(Risk)}
_ABSENT: Final = object()
_NAMING: Final = ("work_pool", "work_queue", "queue", "executor", "io_manager")
"""Options that name something which somebody else has made."""


class _Values(NamedTuple):
    before: Plain
    after: Plain


def changed(
    before: Project | None, after: Project | None, pipelines: Sequence[Pipeline]
) -> PipelineDiff | None:
    """What became of the project file; None where nothing did, or there was none: then all of it is
    new. ``pipelines`` are those of the base."""
    if before is None or before.document is None:
        return None
    comparison = _Comparison(before, after or NO_PROJECT, pipelines)
    found = sorted(comparison.all(), key=lambda one: _WORST_FIRST[one.risk])
    if not found:
        return None
    spans = (_place(before, ()), _place(after, ()) if after is not None else None)
    return PipelineDiff(FILE_NAME, Kind.CHANGED, tuple(found), spans=spans)


def versions(project: Project, made: Sequence[tuple[str, str]]) -> PipelineDiff | None:
    """Which targets the project is compiled for in another version than generated files were
    ``made`` for; None where there is none, or the project does not name them."""
    comparison = _Comparison(NO_PROJECT, project, ())
    found = [
        one
        for name, was in made
        if name in project.targets
        for one in comparison.version(name, was, project.targets[name])
    ]
    if not found:
        return None
    spans = (None, _place(project, ()))
    return PipelineDiff(FILE_NAME, Kind.CHANGED, tuple(found), spans=spans)


def _place(project: Project, path: Steps) -> Span | None:
    if project.document is None:
        return None
    return project.document.span(path or ("dagglot",), on_key=True)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Both sides, and the pipelines that were deployed from the old one."""

    before: Project
    after: Project
    pipelines: Sequence[Pipeline]

    def all(self) -> Iterator[Judged]:
        old, new = self.before.targets, self.after.targets
        for name in dict.fromkeys((*old, *new)):
            if name not in new:
                yield self._removed(name)
            elif name not in old:
                yield self._added(name)
            else:
                yield from self._target(name, old[name], new[name])
        yield from self._pools()
        yield from self._templates()
        yield from self._environments()

    def _judged(
        self, path: Steps, verdict: Verdict, values: _Values, on: tuple[On, ...] = ()
    ) -> Judged:
        steps = tuple(map(str, path))
        kind = Kind.CHANGED
        spans = [_place(self.before, path), _place(self.after, path)]
        for at, (value, mark) in enumerate(zip(values, (Kind.ADDED, Kind.REMOVED), strict=True)):
            if value is None:
                kind, spans[at] = mark, None
        change = Change(kind, steps, None, None, "Project", steps[0], (spans[0], spans[1]))
        said = [verdict.rule.code, FILE_NAME, change.path, *values]
        return Judged(change, verdict, *values, fingerprint(said), on=on)

    # --- targets ----------------------------------------------------------------------------------

    def _added(self, name: str) -> Judged:
        known, word = _version(name, self.after.targets[name])
        verdict = says(changes.TARGET_ADDED, f"is compiled for {_title(name)} {word} too")
        others = [_title(one) for one in self.before.targets if one in self.after.targets]
        fires = [one.id for one in self.pipelines if _fires(one)]
        if others and fires:
            words = f", so that {_schedules(fires)} {'fire' if len(fires) > 1 else 'fires'} there"
            words = f"{verdict.consequence}{words} as well as on {' and '.join(others)}"
            verdict = says(changes.TARGET_ADDED, words, Risk.REVIEW)
        if not known:
            verdict = says(changes.TARGET_ADDED, _unknown(name, word), Risk.BREAKING)
        return self._judged(("targets", name), verdict, _Values(None, name))

    def _removed(self, name: str) -> Judged:
        out = _out(name, self.before.targets[name])
        words = (
            f"is not compiled for {_title(name)} any more: the files in `{out}` stay, and what is "
            "deployed from them goes on running until somebody stops it"
        )
        verdict = says(changes.TARGET_REMOVED, words)
        left = tuple(self._left(name))
        return self._judged(("targets", name), verdict, _Values(name, None), left)

    def _left(self, name: str) -> Iterator[On]:
        """What stays of the pipelines that were deployed there, and the way to stop it: those of
        which the same is true together."""
        if name not in registry.NAMES:
            return
        told: dict[tuple[str, str | None], list[tuple[str, tuple[str, ...]]]] = {}
        of = registry.aftermath(name)
        for one in self.pipelines:
            found = of(Event.REMOVED, one, one)
            if found is not None:
                told.setdefault((found.note, found.risk), []).append((one.id, found.commands))
        for (note, risk), some_of in told.items():
            names = some([id for id, _ in some_of])
            commands = tuple(line for _, lines in some_of for line in lines)
            yield On(name, Risk(risk) if risk else Risk.REVIEW, f"{names}: {note}", commands)

    def _target(self, name: str, old: TargetConfig, new: TargetConfig) -> Iterator[Judged]:
        place: Steps = ("targets", name)
        yield from self.version(name, _version(name, old)[1], new)
        was, now = _out(name, old), _out(name, new)
        if was != now:
            words = (
                f"is written to `{now}`: the files in `{was}` stay, are not brought up to date any "
                "more, and go on running where they are deployed from"
            )
            verdict = says(changes.TARGET_OUTPUT, words)
            yield self._judged((*place, "out"), verdict, _Values(was, now))
        for path, before, after in _differing(old.options, new.options):
            words = (
                f"all pipelines that do not say it themselves are compiled for {_title(name)} with "
                f"another `{path[0]}`"
            )
            if path[0] in _NAMING:
                words += ": what it names has to be there before they are deployed"
            verdict = says(changes.TARGET_OPTION, words)
            yield self._judged((*place, *path), verdict, _Values(before, after))

    def version(self, name: str, was: str, new: TargetConfig) -> Iterator[Judged]:
        """Another version than that of before."""
        known, now = _version(name, new)
        if was == now:
            return
        words = (
            f"is compiled for {_title(name)} {now}, was for {was}: `dagglot diff --from "
            f"{name}@{was} --to {name}@{now}` says what that changes"
        )
        verdict = says(changes.TARGET_VERSION, words)
        if not known:
            verdict = says(changes.TARGET_VERSION, _unknown(name, now), Risk.BREAKING)
        yield self._judged(("targets", name, "version"), verdict, _Values(was, now))

    # --- the rest ---------------------------------------------------------------------------------

    def _pools(self) -> Iterator[Judged]:
        old, new = self.before.layers.pools, self.after.layers.pools
        for name in dict.fromkeys((*old, *new)):
            was, now = old.get(name), new.get(name)
            if was == now:
                continue
            values = _Values(was.slots if was else None, now.slots if now else None)
            if was is not None and now is not None and was.slots == now.slots:
                words = "what makes the pool describes it otherwise"
                values = _Values(was.description, now.description)
                path: Steps = ("pools", name, "description")
                yield self._judged(path, says(changes.POOL_SIZE, words, Risk.COSMETIC), values)
            else:
                verdict = says(changes.POOL_SIZE, _slots(name, was, now))
                yield self._judged(("pools", name), verdict, values)

    def _templates(self) -> Iterator[Judged]:
        was, now = (
            posixpath.normpath(one.templates.relative_to(one.root).as_posix())
            if one.templates is not None
            else None
            for one in (self.before, self.after)
        )
        if was != now:
            words = "other templates write the generated code: `dagglot compile --diff` shows it"
            verdict = says(changes.PROJECT_TEMPLATES, words)
            yield self._judged(("templates",), verdict, _Values(was, now))

    def _environments(self) -> Iterator[Judged]:
        """But for the one that is asked for: what it changes is told of the pipelines."""
        old, new = _environments(self.before), _environments(self.after)
        for name in dict.fromkeys((*old, *new)):
            if name not in new:
                verdict = says(changes.ENVIRONMENT, f"`--env {name}` is an error now")
                yield self._judged(("environments", name), verdict, _Values(name, None))
            elif name not in old:
                words = f"changes nothing until it is asked for: `--env {name}`"
                verdict = says(changes.ENVIRONMENT, words, Risk.SAFE)
                yield self._judged(("environments", name), verdict, _Values(None, name))
            elif name != self.after.environment:
                for path, before, after in _differing(old[name], new[name]):
                    words = f"`dagglot diff --env {name}` tells what it changes of each pipeline"
                    verdict = says(changes.ENVIRONMENT, words)
                    yield self._judged(
                        ("environments", name, *path), verdict, _Values(before, after)
                    )


def _environments(project: Project) -> Mapping[str, Mapping[str, Any]]:
    value = project.document.value.get("environments") if project.document is not None else None
    return {name: one or {} for name, one in (value or {}).items()}


def _differing(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[tuple[str, ...], Plain, Plain]]:
    """Where two mappings differ, key by key, as deep as both are mappings."""
    for key in dict.fromkeys((*before, *after)):
        was, now = before.get(key, _ABSENT), after.get(key, _ABSENT)
        if str(key).startswith("x-") or _same(was, now):
            continue
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            for path, old, new in _differing(was, now):
                yield (key, *path), old, new
        else:
            yield (key,), _shown(was, key), _shown(now, key)


def _same(one: Any, other: Any) -> bool:
    """By type too: ``1`` is not ``true``. The order of keys has no meaning."""
    if _ABSENT in (one, other):
        return one is other
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _shown(value: Any, key: str) -> Plain:
    """As one scalar, without secrets; None where there is nothing."""
    if value is _ABSENT:
        return None
    if value is None:
        return "null"
    return plain(tuple(value) if isinstance(value, list) else value, key)


def _version(name: str, config: TargetConfig) -> tuple[bool, str]:
    """The version that is compiled for, and whether there is such a one."""
    parsed = registry.parse(f"{name}@{config.version}" if config.version else name)
    if isinstance(parsed, Diagnostic):
        return False, str(config.version)
    return True, parsed[1]


def _unknown(name: str, version: str) -> str:
    known = ", ".join(registry.get(name).versions)
    return f"dagglot cannot compile for {_title(name)} {version}: there is {known}"


def _title(name: str) -> str:
    return registry.get(name).title if name in registry.NAMES else name


def _out(name: str, config: TargetConfig) -> str:
    return posixpath.normpath(config.out or f"build/{name}")


def _fires(pipeline: Pipeline) -> bool:
    return pipeline.schedule.is_set and pipeline.schedule.enabled


def _schedules(ids: Sequence[str]) -> str:
    return f"the schedule{'s' if len(ids) > 1 else ''} of {some(ids)}"


def _slots(name: str, was: PoolSize | None, now: PoolSize | None) -> str:
    """What another size of a pool means, once the pool has it."""
    if now is None or was is None:
        size = counted(now.slots, "slot") if now is not None else "a size of your own"
        return f"what makes the pool `{name}` says {size}: one that is there keeps its size"
    less = "fewer tasks run at once" if now.slots < was.slots else "more tasks run at once"
    return (
        f"what makes the pool `{name}` says {counted(now.slots, 'slot')}, was {was.slots}: {less} "
        "when it is run; a pool that is there keeps its size until then"
    )
