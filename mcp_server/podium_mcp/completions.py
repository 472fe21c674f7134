"""Completes ids and other arguments of prompts and resource templates."""

from collections.abc import Callable
from typing import get_args

import mcp_types as wire

from podium.entities.plans import find_plan, plan_ids
from podium.entities.runs import all_runs
from podium.errors import PodiumError
from podium.operations.engine import Engine
from podium.operations.finding.views import all_findings
from podium.operations.session.views import all_sessions
from podium_mcp.context.elicitation import Context
from podium_mcp.context.project import Project
from podium_mcp.tools.plans.plan_export import PlanExport

_MOST = 100


class Completions:
    """The handler of `completion/complete`."""

    def __init__(self, project: Project) -> None:
        self._project = project

    async def __call__(
        self, context: Context, params: wire.CompleteRequestParams
    ) -> wire.CompleteResult:
        """Return the values that start with the argument."""
        del context
        known = _SOURCES.get(params.argument.name)
        given = params.context.arguments if params.context is not None else None
        values = self._values(known, (given or {}).get("plan", "")) if known is not None else []
        found = [each for each in values if each.startswith(params.argument.value)]
        return wire.CompleteResult(
            completion=wire.Completion(
                values=found[:_MOST], total=len(found), has_more=len(found) > _MOST
            )
        )

    def _values(self, known: "Source", plan: str) -> list[str]:
        try:
            return known(self._project.reader, plan)
        except PodiumError:
            return []


Source = Callable[[Engine, str], list[str]]


def _plans(engine: Engine, plan: str) -> list[str]:
    del plan
    return plan_ids(engine.store)


def _tasks(engine: Engine, plan: str) -> list[str]:
    return [task.id for task in find_plan(engine.store, plan).tasks]


def _sessions(engine: Engine, plan: str) -> list[str]:
    del plan
    return [session.id for session in all_sessions(engine.store)]


def _runs(engine: Engine, plan: str) -> list[str]:
    del plan
    return [run.id for run in all_runs(engine.store)]


def _findings(engine: Engine, plan: str) -> list[str]:
    del plan
    return [finding.id for finding in all_findings(engine.store)]


def _formats(engine: Engine, plan: str) -> list[str]:
    del engine, plan
    return [*get_args(PlanExport.model_fields["format"].annotation)]


_SOURCES: dict[str, Source] = {
    "plan": _plans,
    "task": _tasks,
    "session": _sessions,
    "run": _runs,
    "finding": _findings,
    "format": _formats,
}
