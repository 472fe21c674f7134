"""run_start: lets agents carry out an approved plan in the background."""

from typing import Any

from pydantic import Field

from podium.errors import NotTrusted
from podium.model.base import content_hash
from podium.model.config import executable_settings
from podium_mcp.context.calls import Call, operate
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
        if not await _trusted_by_person(call):
            raise
        status = await call.operate("run.start", **wanted)
    return run_answer(call.engine, status)


async def _trusted_by_person(call: Call) -> bool:
    """Ask the person whether the project's settings may choose commands and agents."""
    if not call.asker.can_ask:
        return False
    settings = executable_settings(call.engine.config.config)
    count = sum(bool(value) for value in settings.values())
    question = (
        f"Let this project's settings (version {content_hash(settings)[:12]}, "
        f"{count} of them choose agents or commands) run on this machine? "
        "To read them first: podium config"
    )
    if not await call.asker.confirm("trust", question):
        return False
    with call.project.as_person() as engine:
        if executable_settings(engine.config.config) != settings:
            return False
        await operate(engine, "project.trust")
    return True


TOOL = Tool(
    name="run_start",
    order=90,
    description="Let agents carry an approved plan out in the background. Then run_status.",
    hint=Hint.ACTS,
    input=RunStart,
    handler=run_start,
    tier=Tier.CORE,
)
