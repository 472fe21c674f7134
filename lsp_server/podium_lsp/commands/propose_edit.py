"""Proposes an edit to an open document; the user can review the edit first.

The edit carries the document version that it applies to. Whether it was applied is determined from
the text, because an editor may report success for an edit that it rejected.
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import anyio.to_thread
from lsprotocol import types as t

from podium_lsp.commands.open import show_text
from podium_lsp.commands.verify_edit import text_becomes
from podium_lsp.convert import to_range, workspace_edit
from podium_lsp.session.documents import Document
from podium_lsp.session.projects import Project
from podium_lsp.session.session import Session
from podium_lsp.session.text import Encoding, Span, Text

NOT_SAVED = "the change is in the editor; save the file to keep the change"
_MOVED_ON = "the text has changed in the meantime, so the proposed change is shown as a diff"


@dataclass(frozen=True)
class ProposedEdit:
    """The outcome of a proposed edit.

    Args:
        applied: whether the document has the new text.
        reason: an explanation for the user.
    """

    applied: bool
    reason: str


def editable_document(session: Session, uri: str) -> Document | None:
    """Return an open document if the editor supports edits, or None."""
    return session.documents.get(uri) if session.client.applies_edits else None


async def propose_edit(
    session: Session, project: Project, held: Document, content: str, title: str
) -> ProposedEdit:
    """Propose new content for a document.

    Args:
        held: the document version that the new content is based on.
        title: the title of the change in the editor's preview.
    """
    now = session.documents.get(held.uri)
    if now is None or now.text.content != held.text.content:
        name = f"{PurePosixPath(held.uri).name}.diff"
        await show_text(session.client, project.root, name, _diff(held, content))
        return ProposedEdit(applied=False, reason=_MOVED_ON)
    if held.text.content == content:
        return ProposedEdit(applied=False, reason="the text already has this change")
    edits = await anyio.to_thread.run_sync(_edits, session.documents.encoding, now, content)
    edit = workspace_edit(
        now.uri,
        now.version,
        edits,
        label=title,
        confirm=True,
        annotated=session.client.annotates_edits,
    )
    if not await session.client.apply_edit(edit, title):
        return ProposedEdit(applied=False, reason="not confirmed")
    if not await text_becomes(session.documents, now.uri, Text(content)):
        return ProposedEdit(applied=False, reason="the editor did not apply the edit")
    return ProposedEdit(applied=True, reason=NOT_SAVED)


def _edits(encoding: Encoding, document: Document, content: str) -> list[t.TextEdit]:
    text = document.text
    return [
        t.TextEdit(range=to_range(text, span, encoding), new_text=new)
        for span, new in replacements(text.content, content)
    ]


def replacements(before: str, after: str) -> Iterator[tuple[Span, str]]:
    """Yield the replacements of entire lines that turn the old text into the new one."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, first, last, new_first, new_last in matcher.get_opcodes():
        if kind != "equal":
            yield Span(starts[first], starts[last]), "".join(new[new_first:new_last])


def _diff(held: Document, content: str) -> str:
    old = held.text.content.splitlines(keepends=True)
    rows = difflib.unified_diff(old, content.splitlines(keepends=True), "before", "proposed")
    return "".join(row if row.endswith("\n") else f"{row}\n" for row in rows)
