"""think: records one step of reasoning."""

from pydantic import Field

from podium_mcp.context.calls import Call
from podium_mcp.presenters.results import Facts
from podium_mcp.tools.arguments import Id, Line, Text
from podium_mcp.tools.tool import Hint, Input, Tool


class Think(Input):
    """The arguments of think."""

    thought: Text
    total: int | None = Field(None, description="estimate")
    revises: int | None = None
    branch_from: int | None = None
    branch: Line | None = None
    session: Id | None = None


async def think(call: Call, given: Think) -> Facts:
    """Record one step of reasoning."""
    added = await call.operate(
        "thought.add",
        text=given.thought,
        session=given.session,
        total=given.total,
        revises=given.revises,
        branch_from=given.branch_from,
        branch=given.branch,
    )
    number, total = added.thought.number, added.thought.total
    then = "think again" if number < total else "plan_create, or act"
    return {"session": added.session_id, "thought": f"{number}/{total}", "next": then}


TOOL = Tool(
    name="think",
    order=150,
    description="Record one step of reasoning. May revise or branch.",
    hint=Hint.ADDS,
    input=Think,
    handler=think,
    serves={"thought.add": "think"},
)
