"""finding_update: adds a finding, or settles one."""

from typing import Annotated, Literal

from pydantic import Field

from podium.errors import ValidationError
from podium_mcp.context.calls import Call
from podium_mcp.presenters.findings import finding_facts
from podium_mcp.presenters.results import Facts
from podium_mcp.tools.arguments import Id, Text, at_most
from podium_mcp.tools.tool import Hint, Input, Tool


class FindingUpdate(Input):
    """The arguments of finding_update."""

    finding: Id | None = Field(None, description="omit to add one")
    status: Literal["open", "fixed", "dismissed"] | None = None
    reason: Text | None = None
    path: Annotated[str, at_most(1024)] | None = None
    line: int | None = None
    severity: Literal["error", "warning", "info", "hint"] | None = None
    message: Text | None = None
    task: Id | None = None


async def finding_update(call: Call, given: FindingUpdate) -> Facts:
    """Add a finding, or settle one."""
    if given.finding is None:
        if given.path is None or given.message is None:
            raise ValidationError(
                "Pass finding to settle one, or path and message to add one",
                hints=["finding_list"],
            )
        added = await call.operate(
            "finding.add",
            path=given.path,
            message=given.message,
            line=given.line,
            severity=given.severity,
            task=given.task,
        )
        return finding_facts(added) | {"next": "finding_list"}
    if given.status is None:
        raise ValidationError(
            "Settling a finding needs a status", hints=["finding_update with status=fixed"]
        )
    settled = await call.operate(
        "finding.settle", finding=given.finding, status=given.status, reason=given.reason
    )
    return finding_facts(settled) | {"next": "finding_list"}


TOOL = Tool(
    name="finding_update",
    order=130,
    description="Add a finding, or settle one.",
    hint=Hint.ADDS,
    input=FindingUpdate,
    handler=finding_update,
    serves={"finding.dismiss": "finding_update {finding}"},
)
