"""session_list: lists sessions, or reads one."""

from pydantic import Field

from podium.operations.text.lines import line
from podium_mcp.context.calls import Call
from podium_mcp.presenters.paging import page_of, start_of
from podium_mcp.presenters.results import Facts
from podium_mcp.presenters.sessions import session_facts
from podium_mcp.sanitize import one_line
from podium_mcp.tools.arguments import Cursor, Id, Text
from podium_mcp.tools.tool import Hint, Input, Tool

_PAGE = 25


class SessionList(Input):
    """The arguments of session_list."""

    session: Id | None = Field(None, description="read this one")
    where: Text | None = Field(None, description="e.g. type:planning state:active words")
    cursor: Cursor | None = None


async def session_list(call: Call, given: SessionList) -> Facts:
    """List sessions, or read one with its latest messages."""
    if given.session is not None:
        view = await call.operate("session.show", session=given.session)
        return session_facts(view)
    start = start_of(given.cursor)
    found = await call.operate("session.list", where=given.where, limit=10_000)
    page = found.sessions[start : start + _PAGE]
    then = f"session_list session={page[0].id}" if page else "think opens one"
    shown, following = page_of([one_line(line(row), 300) for row in page], start, found.total)
    return {"sessions": shown} | following | {"next": then}


TOOL = Tool(
    name="session_list",
    order=140,
    description="List sessions, or read one.",
    hint=Hint.READS,
    input=SessionList,
    handler=session_list,
    serves={
        "session.list": "session_list",
        "session.show": "session_list {session}",
    },
)
