"""Tools about findings, sessions, thoughts and texts."""

from typing import Any

from podium.errors import ValidationError
from podium.operations.syntax.check import SyntaxCheck
from podium_mcp.context.calls import Call
from podium_mcp.presenters.findings import finding_facts
from podium_mcp.presenters.paging import page_of, start_of
from podium_mcp.presenters.results import Facts
from podium_mcp.presenters.sessions import session_facts, session_row
from podium_mcp.tools.arguments import CheckSyntax, FindingList, FindingUpdate, SessionList, Think

_PAGE = 25


async def finding_list(call: Call, given: FindingList) -> Facts:
    """List findings, worst first."""
    start = start_of(given.cursor)
    where = given.where if given.where is not None else "status:open"
    found = await call.operate("finding.list", where=where, limit=10_000)
    rows = [finding_facts(each) for each in found.findings[start : start + _PAGE]]
    shown, following = page_of(rows, start, found.total)
    then = "fix it, then finding_update status=fixed" if rows else "plan_check"
    return {"findings": shown} | following | {"next": then}


async def finding_update(call: Call, given: FindingUpdate) -> Facts:
    """Add a finding, or settle one."""
    if given.finding is None:
        if given.path is None or given.message is None:
            raise ValidationError(
                "Name a finding to settle, or path and message to add one",
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
        raise ValidationError("A finding is settled by a status", hints=["status=fixed"])
    settled = await call.operate(
        "finding.settle", finding=given.finding, status=given.status, reason=given.reason
    )
    return finding_facts(settled) | {"next": "finding_list"}


async def session_list(call: Call, given: SessionList) -> Facts:
    """List sessions, or read one with its last messages."""
    if given.session is not None:
        view = await call.operate("session.show", session=given.session)
        return session_facts(view)
    start = start_of(given.cursor)
    found = await call.operate("session.list", where=given.where, limit=10_000)
    page = found.sessions[start : start + _PAGE]
    then = f"session_list session={page[0].id}" if page else "think opens one"
    shown, following = page_of([session_row(row) for row in page], start, found.total)
    return {"sessions": shown} | following | {"next": then}


async def think(call: Call, given: Think) -> Facts:
    """Write one step of thinking down."""
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


async def check_syntax(call: Call, given: CheckSyntax) -> Facts:
    """Say whether a file or a text is whole."""
    found: SyntaxCheck = await call.operate("syntax.check", path=given.path, text=given.text)
    problems = [_problem(each) for each in found.problems[:_PAGE]]
    facts: Facts = {"path": found.path, "whole": found.whole, "problems": problems}
    if found.reason:
        facts["reason"] = found.reason
    return facts | {"next": "go on" if found.whole else "correct it and check again"}


def _problem(problem: Any) -> str:
    opened = f", opened in line {problem.opened_at.line}" if problem.opened_at else ""
    return f"{problem.start.line}:{problem.start.column} {problem.message}{opened}"
