"""run_start: runs an approved plan with agents, in the background."""

from typing import Any

from pydantic import Field

from podium.errors import NotTrusted
from podium_mcp.context.calls import Call
from podium_mcp.presenters.results import Facts
from podium_mcp.tools.arguments import Id
from podium_mcp.tools.runs.news import run_answer
from podium_mcp.tools.tool import Hint, Input, Tier, Tool


class RunStart(Input):
    """The arguments of run_start."""

    plan: Id
    parallel: int | None = Field(None, description="tasks at once")
    agent: Id | None = None


async def run_start(call: Call, given: RunStart) -> Facts:
    """Start a run of an approved plan in the background."""
    wanted: dict[str, Any] = {
        "plan": given.plan,
        "max_parallel": given.parallel,
        "agent": given.agent,
    }
    try:
        status = await call.operate("run.start", **wanted)
    except NotTrusted:
        if not await call.is_agreed("project.trust"):
            raise
        status = await call.operate("run.start", **wanted)
    return run_answer(call.connection, status)


TOOL = Tool(
    name="run_start",
    order=90,
    description="Have agents carry out an approved plan in the background. Then call run_status.",
    hint=Hint.ACTS,
    input=RunStart,
    handler=run_start,
    tier=Tier.CORE,
    serves={"run.start": "run_start {plan} to let agents do the tasks"},
    starts_run=True,
)
