"""Checks that a suggested edit was applied, then settles its findings.

An editor may report success for an edit that it rejected, so only the text is conclusive.
"""

import hashlib
from typing import Any

import anyio
import anyio.to_thread

from podium.model.states import FindingStatus
from podium.operations.finding.settle import SettleParams, settle
from podium_lsp.commands.run import in_thread
from podium_lsp.session.documents import Documents
from podium_lsp.session.projects import Project
from podium_lsp.session.text import Text

_TRIES = 20
_PAUSE_SECONDS = 0.1


def fingerprint(text: Text) -> str:
    """Return a hash of `text`."""
    return hashlib.sha256(text.content.encode("utf-8", "surrogatepass")).hexdigest()[:16]


async def verify_edit(documents: Documents, project: Project, arguments: dict[str, Any]) -> Any:
    """Mark findings as fixed if their edit was applied.

    Args:
        arguments: `uri`, `findings` (ids) and `expects`, the fingerprint of the edited text.
    """
    uri, expects = str(arguments.get("uri", "")), str(arguments.get("expects", ""))
    if not await _becomes(documents, uri, expects):
        return {"fixed": [], "reason": "the editor did not apply the edit"}
    engine = await anyio.to_thread.run_sync(project.engine)
    fixed: list[str] = []
    for name in arguments.get("findings", ()):
        params = SettleParams(
            finding=str(name), status=FindingStatus.FIXED, reason="the suggested edit was applied"
        )
        fixed.append((await in_thread(settle).run(engine, params)).id)
    return {"fixed": fixed, "reason": ""}


async def text_becomes(documents: Documents, uri: str, text: Text) -> bool:
    """Return whether an open document has, or soon will have, a certain text."""
    return await _becomes(documents, uri, fingerprint(text))


async def _becomes(documents: Documents, uri: str, expects: str) -> bool:
    for _ in range(_TRIES):
        document = documents.get(uri)
        if document is not None and fingerprint(document.text) == expects:
            return True
        await anyio.sleep(_PAUSE_SECONDS)
    return False
