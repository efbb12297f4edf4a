"""One checked pipeline to its texts for one target: judged, lowered, rendered.

What this takes is imported where it is used: a compile that finds all as it was needs none of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from dagglot import paths
from dagglot.diagnostics import codes
from dagglot.diagnostics.model import Diagnostic
from dagglot.jobs import Job, Options, Result
from dagglot.paths import shown_path
from dagglot.project import Project

if TYPE_CHECKING:
    from dagglot.ir.model import Pipeline
    from dagglot.targets.base import View


class Lowering:
    """Of one job; what is found goes to the ``result``."""

    def __init__(self, job: Job, project: Project, options: Options, result: Result) -> None:
        self.job = job
        self.project = project
        self.options = options
        self.result = result

    def pipeline(
        self, pipeline: Pipeline
    ) -> tuple[dict[PurePosixPath, str], Mapping[str, Any], bool, tuple[str, ...]] | None:
        """Its files, its part in those of all, whether nothing was said, and what is accepted."""
        from dagglot import capabilities
        from dagglot.targets.base import Support

        job = self.job
        judged = capabilities.judge(pipeline, job.target, job.version, self.project.layers.accept)
        found = list(capabilities.findings(pipeline, job.target, job.version, judged))
        for judgement in judged if self.options.explain else ():
            if judgement.verdict.support is Support.EMULATED:
                self.result.emulated.append(
                    (
                        f"{job.target.title} {job.version}",
                        judgement.use.span,
                        judgement.use.feature.value,
                        judgement.verdict.note,
                    )
                )
        found.extend(job.target.refusals(pipeline, job.context))
        if self.options.strict:
            found = [_strict(diagnostic) for diagnostic in found]
        self.result.diagnostics.extend(found)
        if any(diagnostic.is_error for diagnostic in found):
            return None
        if self.options.keep_built:
            self.result.built.append(pipeline)
        lowered = job.target.lower(pipeline, job.context)
        texts = self.rendered(lowered.views)
        if texts is None:
            return None
        lossy = (one for one in judged if one.accepted and one.verdict.support is Support.LOSSY)
        accepted = tuple(sorted({one.use.feature.value for one in lossy}))
        return texts, lowered.contribution, not found, accepted

    def rendered(self, views: Sequence[View]) -> dict[PurePosixPath, str] | None:
        """The texts of the views. A template of the project may be wrong; one of ours is a bug."""
        from dagglot import emit

        folder = self.project.templates
        if folder is None:
            return emit.render(views)
        made: dict[PurePosixPath, str] = {}
        for view in views:
            try:
                made.update(emit.render([view], folder))
            except Exception as error:
                if not paths.is_file(folder / view.template):
                    raise
                problem = getattr(error, "message", None) or str(error) or type(error).__name__
                line = getattr(error, "lineno", None)
                where = f"line {line}: " if isinstance(line, int) else ""
                self.result.block(
                    [
                        codes.TEMPLATE.at(
                            None,
                            template=shown_path(folder / view.template),
                            problem=f"{where}{problem}",
                        )
                    ]
                )
                return None
        return made


def _strict(diagnostic: Diagnostic) -> Diagnostic:
    if diagnostic.rule is not codes.LOSSY:
        return diagnostic
    return replace(diagnostic, rule=codes.LOSSY_STRICT)
