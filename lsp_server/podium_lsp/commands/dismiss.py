"""Dismisses findings, asking for a reason if none is given."""

from typing import Any

from podium.operations.finding.dismiss import DismissParams, dismiss
from podium_lsp.commands.choose import choose_value
from podium_lsp.commands.run import NOT_CONFIRMED, CommandRun, answer_of
from podium_lsp.session.projects import Project
from podium_lsp.session.session import Session

NO_REASON = "?"
"""A placeholder for a reason that the user has yet to choose."""


async def dismiss_in_editor(
    session: Session, project: Project, run: CommandRun, params: DismissParams
) -> Any:
    """Dismiss a finding for the given reason, or for one that the user chooses."""
    del project
    if params.reason == NO_REASON:
        finding = await run.ask("finding.show", finding=params.finding)
        question = f"Why dismiss this finding? {finding.message}"
        reason = await choose_value(
            session.client,
            run,
            question,
            ("finding.dismiss", "reason"),
            {"finding": params.finding},
        )
        if reason is None:
            return NOT_CONFIRMED
        params = params.model_copy(update={"reason": reason})
    return answer_of(await run.perform(dismiss, params))
