"""run_status: reports the state of a run, immediately or on the next change."""

from pydantic import Field

from podium.errors import ValidationError
from podium.operations.run.status import RunStatus as Status
from podium_mcp.context.calls import Call
from podium_mcp.presenters.results import Facts
from podium_mcp.tools.arguments import Cursor, Id
from podium_mcp.tools.runs.news import LONGEST_WAIT, news_of, parse_cursor, run_answer
from podium_mcp.tools.tool import Hint, Input, Tier, Tool


class RunStatus(Input):
    """The arguments of run_status."""

    run: Id | None = Field(None, description="default: latest")
    since: Cursor | None = Field(None, description="cursor")
    wait_s: int = Field(0, description="0-50: until something changes")


async def run_status(call: Call, given: RunStatus) -> Facts:
    """Report the state of a run, immediately or on the next change."""
    if not 0 <= given.wait_s <= LONGEST_WAIT:
        raise ValidationError(
            f"wait_s must be 0 to {LONGEST_WAIT}", hints=["call run_status again afterwards"]
        )
    status: Status = await call.operate("run.status", run=given.run)
    if not given.since and (status.ended or not given.wait_s):
        return run_answer(call.connection, status)
    cursor = parse_cursor(given.since) if given.since else call.connection.cursor()
    seconds = 0 if status.ended else given.wait_s
    news = await news_of(call, status.run_id, cursor, seconds)
    status = await call.operate("run.status", run=status.run_id)
    # The status may be newer than the news, but an answer must include all events before its state.
    latest = await news_of(call, status.run_id, news.cursor, 0)
    return run_answer(call.connection, status, news.followed_by(latest))


TOOL = Tool(
    name="run_status",
    order=100,
    description="Get a run's state; with wait_s, on the next change.",
    hint=Hint.READS,
    input=RunStatus,
    handler=run_status,
    tier=Tier.CORE,
    serves={
        "run.status": "run_status {run}",
        "run.report": "run_status {run}",
    },
)
