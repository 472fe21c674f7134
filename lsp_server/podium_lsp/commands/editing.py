"""Commands that end in another text of a file: where the editor holds it, it becomes an edit there.

Files are written only where no editor holds them, or where the editor takes no edits.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio.to_thread

from podium.errors import ConflictError
from podium.model.states import FindingStatus
from podium.operations.engine import Engine
from podium.operations.file.revert import Reverted, RevertParams, StateView, revert
from podium.operations.finding.fix import FixParams, fix
from podium.operations.finding.settle import SettleParams, settle
from podium.operations.finding.show import ShowParams, show
from podium.operations.writing import WrittenBy
from podium_lsp.commands.confirm import NOT_NOW
from podium_lsp.commands.propose_edit import editable_document, propose_edit
from podium_lsp.commands.run import run_long, run_short
from podium_lsp.session.documents import Document
from podium_lsp.session.projects import Project
from podium_lsp.session.session import Session

GO_BACK = "Bring it back"
_MOST_CHOICES = 6
_NOT_CONFIRMED = {"done": False, "reason": "not confirmed"}

Flow = Callable[[Session, Project, Engine, Any, str | int | None], Awaitable[Any]]
"""Takes the operation's parameters and the editor's name for the work; returns the answer."""


async def fix_in_editor(
    session: Session,
    project: Project,
    engine: Engine,
    params: FixParams,
    token: str | int | None,
) -> Any:
    """Have a finding mended; the finding is settled when the mended text is in the editor."""
    await anyio.to_thread.run_sync(_check_saved, session, project)
    finding = await run_short(show, engine, ShowParams(finding=params.finding))
    held = editable_document(session, project.uri(finding.path))
    if held is None or params.preview:
        return (await run_long(session.progress, fix, engine, params, token)).model_dump(
            mode="json"
        )
    asked = params.model_copy(update={"written_by": WrittenBy.EDITOR})
    fixed = await run_long(session.progress, fix, engine, asked, token)
    proposed = await propose_edit(
        session, project, held, fixed.content, f"Podium: mend {finding.message}"
    )
    if proposed.applied:
        by_agent = params.consultant or params.agent
        how = "mended by the consultant" if by_agent else "the suggested edit was applied"
        settled = SettleParams(finding=finding.id, status=FindingStatus.FIXED, reason=how)
        await run_short(settle, engine, settled)
    told = fixed.model_dump(mode="json", exclude={"content"})
    return {
        **told,
        "applied": proposed.applied,
        "done": proposed.applied,
        "reason": proposed.reason,
    }


async def revert_in_editor(
    session: Session,
    project: Project,
    engine: Engine,
    params: RevertParams,
    token: str | int | None,
) -> Any:
    """Bring a file back: the person chooses to which text, and sees the change first."""
    del token
    if params.token:
        return (await run_short(revert, engine, params)).model_dump(mode="json")
    held = editable_document(session, project.uri(params.path))
    by = WrittenBy.EDITOR if held is not None else WrittenBy.PODIUM
    text = held.text.content if held is not None else params.text
    asked = params.model_copy(update={"written_by": by, "text": text})
    preview: Reverted = await run_short(revert, engine, asked)
    if not params.to and len(preview.choices) > 1:
        chosen = await _choose(session, preview)
        if chosen is None:
            return _NOT_CONFIRMED
        asked = asked.model_copy(update={"to": chosen.name})
        preview = await run_short(revert, engine, asked)
    agreed = asked.model_copy(update={"to": preview.to.name, "token": preview.token})
    if held is None:
        return await _bring_back(session, project, engine, agreed, preview)
    # What is there is kept before the editor gets the edit: it may save at once.
    done: Reverted = await run_short(revert, engine, agreed)
    title = f"Podium: {done.path} as in {done.to.name}"
    proposed = await propose_edit(session, project, held, done.content, title)
    update = {"reverted": proposed.applied, "content": ""}
    told = done.model_copy(update=update).model_dump(mode="json")
    return {**told, "done": proposed.applied, "reason": proposed.reason}


async def _bring_back(
    session: Session,
    project: Project,
    engine: Engine,
    agreed: RevertParams,
    preview: Reverted,
) -> Any:
    """Have the file itself written, once the person agreed."""
    document = session.documents.get(project.uri(agreed.path))
    if document is not None:
        await anyio.to_thread.run_sync(_check_one_saved, document)
    question = (
        f"Bring {preview.path} back to {_format_state(preview.to)}? What is there now is kept."
    )
    if await session.client.choose(question, (GO_BACK, NOT_NOW)) != GO_BACK:
        return _NOT_CONFIRMED
    return (await run_short(revert, engine, agreed)).model_dump(mode="json")


async def _choose(session: Session, preview: Reverted) -> StateView | None:
    named = {_format_state(each): each for each in preview.choices[:_MOST_CHOICES]}
    chosen = await session.client.choose(f"Bring {preview.path} back to which text?", [*named])
    return named[chosen] if chosen else None


def _format_state(state: StateView) -> str:
    return f"{state.about} ({state.name}, {state.at.astimezone():%d %b %H:%M})"


def _check_saved(session: Session, project: Project) -> None:
    """Check that no open text of a project differs from its file.

    Raises:
        ConflictError: one does.
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
            f"{path.name} is not saved",
            why="the file would change under the text that the editor holds",
            hints=["save it, then try again"],
        )


IN_EDITOR: Mapping[str, Flow] = {"finding.fix": fix_in_editor, "file.revert": revert_in_editor}
"""By operation."""
