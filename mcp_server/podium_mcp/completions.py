"""Completes ids and other arguments of prompts and resource templates."""

import mcp_types as wire

from podium.errors import PodiumError
from podium.operations.prompt.choices import Choices
from podium_mcp.context.calls import operate
from podium_mcp.context.elicitation import Context
from podium_mcp.context.project import Project

_MOST = 100

_PARAMETERS: dict[str, tuple[tuple[str, str], ...]] = {
    "plan": (("plan.show", "plan"),),
    "task": (("task.show", "task"),),
    "session": (("session.show", "session"),),
    "run": (("run.status", "run"),),
    "finding": (("finding.show", "finding"), ("finding.reopen", "finding")),
    "format": (("plan.export", "format"),),
}
"""The operation parameters that provide the values of each argument."""


class Completions:
    """The handler of `completion/complete`."""

    def __init__(self, project: Project) -> None:
        self._project = project

    async def __call__(
        self, context: Context, params: wire.CompleteRequestParams
    ) -> wire.CompleteResult:
        """Return the values that start with the argument."""
        del context
        given = params.context.arguments if params.context is not None else None
        values = await self._values(params.argument.name, (given or {}).get("plan", ""))
        found = [each for each in values if each.startswith(params.argument.value)]
        return wire.CompleteResult(
            completion=wire.Completion(
                values=found[:_MOST], total=len(found), has_more=len(found) > _MOST
            )
        )

    async def _values(self, argument: str, plan: str) -> list[str]:
        try:
            values = [
                value
                for operation, parameter in _PARAMETERS.get(argument, ())
                for value in await self._choices(operation, parameter)
            ]
            if argument != "task" or not values:
                return values
            return _of_plan(values, plan or (await self._choices("plan.show", "plan"))[0])
        except PodiumError:
            return []

    async def _choices(self, operation: str, parameter: str) -> list[str]:
        wanted = {"operation": operation, "parameter": parameter}
        found: Choices = await operate(self._project.reader, "prompt.choices", **wanted)
        return [each.value for each in found.choices]


def _of_plan(tasks: list[str], plan: str) -> list[str]:
    """Return the ids of a plan's tasks, without the plan's own id."""
    return [name.partition("/")[2] for name in tasks if name.startswith(plan)]
