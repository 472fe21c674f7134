"""run_control: pauses, resumes or cancels a run, or retries failed tasks."""

from typing import Literal

from podium_mcp.context.calls import Call
from podium_mcp.presenters.results import Facts
from podium_mcp.tools.arguments import Id
from podium_mcp.tools.runs.news import run_answer
from podium_mcp.tools.runs.run_start import RunStart, run_start
from podium_mcp.tools.tool import Hint, Input, Tool


class RunControl(Input):
    """The arguments of run_control."""

    run: Id
    action: Literal["pause", "resume", "cancel", "retry"]


async def run_control(call: Call, given: RunControl) -> Facts:
    """Pause, resume or cancel a run, or start another one for the failed tasks."""
    if given.action == "retry":
        status = await call.operate("run.status", run=given.run)
        return await run_start(call, RunStart.model_validate({"plan": status.plan_id}))
    status = await call.operate(f"run.{given.action}", run=given.run)
    return run_answer(call.connection, status)


TOOL = Tool(
    name="run_control",
    order=110,
    description="Pause, resume or cancel a run, or retry failed tasks.",
    hint=Hint.ACTS,
    input=RunControl,
    handler=run_control,
    serves={
        "run.resume": "run_control resume {run}",
        "run.pause": "run_control pause {run}",
        "run.cancel": "run_control cancel {run}",
    },
)
