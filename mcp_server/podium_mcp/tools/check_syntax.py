"""check_syntax: checks the syntax of a file or of unsaved text."""

from typing import Annotated, Any

from pydantic import Field

from podium.operations.syntax.check import SyntaxCheck
from podium_mcp.context.calls import Call
from podium_mcp.presenters.results import Facts
from podium_mcp.tools.arguments import at_most
from podium_mcp.tools.tool import Hint, Input, Tier, Tool

_MOST_PROBLEMS = 25


class CheckSyntax(Input):
    """The arguments of check_syntax."""

    path: Annotated[str, at_most(1024)]
    text: Annotated[str, at_most(1_000_000)] | None = Field(None, description="unsaved text")


async def check_syntax(call: Call, given: CheckSyntax) -> Facts:
    """Check the syntax of a file or of unsaved text."""
    found: SyntaxCheck = await call.operate("syntax.check", path=given.path, text=given.text)
    problems = [_problem(each) for each in found.problems[:_MOST_PROBLEMS]]
    facts: Facts = {"path": found.path, "whole": found.whole, "problems": problems}
    if found.reason:
        facts["reason"] = found.reason
    return facts | {"next": "continue" if found.whole else "correct the code and check again"}


def _problem(problem: Any) -> str:
    opened = f", opened on line {problem.opened_at.line}" if problem.opened_at else ""
    return f"{problem.start.line}:{problem.start.column} {problem.message}{opened}"


TOOL = Tool(
    name="check_syntax",
    order=160,
    description="Check a file or text: brackets, strings, placeholders, conflict markers.",
    hint=Hint.READS,
    input=CheckSyntax,
    handler=check_syntax,
    tier=Tier.ALL,
)
