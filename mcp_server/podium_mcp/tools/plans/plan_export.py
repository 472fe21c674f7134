"""plan_export: exports a plan to the answer or to a file."""

from typing import Annotated, Literal

from pydantic import Field

from podium_mcp.context.calls import Call
from podium_mcp.presenters.results import IN_FULL, Facts
from podium_mcp.tools.arguments import Id, at_most
from podium_mcp.tools.tool import Hint, Input, Tool

_EXPORT_CHARACTERS = 40_000


class PlanExport(Input):
    """The arguments of plan_export."""

    plan: Id
    format: Literal["markdown", "json", "csv", "mermaid"] = "markdown"
    path: Annotated[str, at_most(1024)] | None = Field(None, description="in the project")


async def plan_export(call: Call, given: PlanExport) -> Facts:
    """Export a plan to the answer or to a file in the project."""
    exported = await call.operate(
        "plan.export", plan=given.plan, format=given.format, path=given.path
    )
    if exported.path:
        return {"plan": exported.plan_id, "path": exported.path, "next": "tell the person"}
    text = exported.text[:_EXPORT_CHARACTERS]
    return {"plan": exported.plan_id, "text": text, "next": "pass a path to write it", IN_FULL: 1}


TOOL = Tool(
    name="plan_export",
    order=60,
    description="Export a plan as text, or to a file.",
    hint=Hint.SETTLES,
    input=PlanExport,
    handler=plan_export,
    serves={"plan.export": "plan_export {plan}"},
)
