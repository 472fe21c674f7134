"""finding_list: lists findings, most severe first."""

from pydantic import Field

from podium_mcp.context.calls import Call
from podium_mcp.presenters.findings import finding_facts
from podium_mcp.presenters.paging import page_of, start_of
from podium_mcp.presenters.results import Facts
from podium_mcp.tools.arguments import Cursor, Text
from podium_mcp.tools.tool import Hint, Input, Tool

_PAGE = 25


class FindingList(Input):
    """The arguments of finding_list."""

    where: Text | None = Field(None, description="e.g. severity:error path:src/a.py words")
    cursor: Cursor | None = None


async def finding_list(call: Call, given: FindingList) -> Facts:
    """List findings, most severe first."""
    start = start_of(given.cursor)
    where = given.where if given.where is not None else "status:open"
    found = await call.operate("finding.list", where=where, limit=10_000)
    rows = [finding_facts(each) for each in found.findings[start : start + _PAGE]]
    shown, following = page_of(rows, start, found.total)
    then = "fix it, then finding_update status=fixed" if rows else "plan_check"
    stale = {"stale": found.stale} if found.stale else {}
    return {"findings": shown} | following | stale | {"next": then}


TOOL = Tool(
    name="finding_list",
    order=120,
    description="Review findings, worst first; open ones by default.",
    hint=Hint.READS,
    input=FindingList,
    handler=finding_list,
    serves={
        "finding.list": "finding_list",
        "finding.show": "finding_list {finding}",
    },
)
