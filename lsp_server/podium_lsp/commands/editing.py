"""Commands that change files; if a file is open, the editor previews and applies the edit.

Podium writes a file itself only if it is not open in the editor, or if the editor does not support
edits.
"""

from typing import Any

import anyio.to_thread

from podium.errors import ConflictError
from podium.model.states import FindingStatus
from podium.operations.file.revert import RevertParams, RevertResult, revert
from podium.operations.finding.fix import FixParams, FixResult, fix
from podium.operations.finding.settle import SettleParams, settle
from podium.operations.perform import Performed
from podium.operations.writing import WrittenBy
from podium_lsp.commands.choose import choose_value
from podium_lsp.commands.propose_edit import editable_document, propose_edit
from podium_lsp.commands.run import NOT_CONFIRMED, CommandRun, answer_of
from podium_lsp.session.documents import Document
from podium_lsp.session.projects import Project
from podium_lsp.session.session import Session


async def fix_in_editor(
    session: Session, project: Project, run: CommandRun, params: FixParams
) -> Any:
    """Fix a finding and settle it once the editor has applied the fix."""
    await anyio.to_thread.run_sync(_check_saved, session, project)
    finding = await run.ask("finding.show", finding=params.finding)
    held = editable_document(session, project.uri(finding.path))
    if held is None or params.preview:
        return answer_of(await run.perform_long(fix, params))
    by_editor = params.model_copy(update={"written_by": WrittenBy.EDITOR})
    outcome = await run.perform_long(fix, by_editor)
    if not isinstance(outcome, Performed):
        return answer_of(outcome)
    fixed: FixResult = outcome.result
    title = f"Podium: fix {finding.message}"
    proposed = await propose_edit(session, project, held, fixed.content, title)
    if proposed.applied:
        by_agent = params.consultant or params.agent
        how = "fixed by the consultant" if by_agent else "the suggested edit was applied"
        await run.perform(
            settle, SettleParams(finding=finding.id, status=FindingStatus.FIXED, reason=how)
        )
    return {
        **fixed.model_dump(mode="json", exclude={"content"}),
        "applied": proposed.applied,
        "done": proposed.applied,
        "reason": proposed.reason,
    }


async def revert_in_editor(
    session: Session, project: Project, run: CommandRun, params: RevertParams
) -> Any:
    """Revert a file to a version that the user chooses, after a preview."""
    held = editable_document(session, project.uri(params.path))
    if params.token:
        return answer_of(await run.perform(revert, params))
    by = WrittenBy.EDITOR if held is not None else WrittenBy.PODIUM
    text = held.text.content if held is not None else params.text
    wanted = params.model_copy(update={"written_by": by, "text": text})
    if not params.to:
        question = f"Revert {params.path} to which version?"
        given = wanted.model_dump(mode="json", include={"path", "text", "written_by"})
        chosen = await choose_value(session.client, run, question, ("file.revert", "to"), given)
        if chosen is None:
            return NOT_CONFIRMED
        wanted = wanted.model_copy(update={"to": chosen})
    if held is None:
        return await _revert_file(session, project, run, wanted)
    # Podium saves a copy of the current text first: the editor may save the edit immediately.
    outcome = await run.perform(revert, wanted)
    if not isinstance(outcome, Performed):
        return answer_of(outcome)
    reverted: RevertResult = outcome.result
    title = f"Podium: revert {reverted.path} to {reverted.to.name}"
    proposed = await propose_edit(session, project, held, reverted.content, title)
    update = {"reverted": proposed.applied, "content": ""}
    shown = reverted.model_copy(update=update).model_dump(mode="json")
    return {**shown, "done": proposed.applied, "reason": proposed.reason}


async def _revert_file(
    session: Session, project: Project, run: CommandRun, wanted: RevertParams
) -> Any:
    """Write the reverted file on disk, if the user agrees."""
    document = session.documents.get(project.uri(wanted.path))
    if document is not None:
        await anyio.to_thread.run_sync(_check_one_saved, document)
    return answer_of(await run.perform(revert, wanted))


def _check_saved(session: Session, project: Project) -> None:
    """Check that no open document of a project has unsaved changes.

    Raises:
        ConflictError: a document has unsaved changes.
    """
    for document in session.documents:
        path = document.path
        if path is not None and project.relative(path) is not None:
            _check_one_saved(document)


def _check_one_saved(document: Document) -> None:
    path = document.path
    if path is None or not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace", newline="") as opened:
        saved = opened.read().removeprefix("\ufeff") == document.text.content
    if not saved:
        raise ConflictError(
            f"{path.name} has unsaved changes",
            why="Podium would change the file on disk, which differs from the text in the editor",
            hints=["save it, then try again"],
        )
