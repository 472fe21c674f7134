"""`textDocument/formatting`: formats documents as the store does, so that git can merge them."""

import json

from lsprotocol import types as t

from podium.errors import ValidationError
from podium.model.base import canonical_text
from podium_lsp.convert import whole
from podium_lsp.plan_language.parsing.json_tree import read_json
from podium_lsp.plan_language.parsing.tree import PROSE_KINDS, YAML_KINDS
from podium_lsp.requests.snapshot import DocumentSnapshot

_UNTOUCHED = PROSE_KINDS | YAML_KINDS
"""Kinds that people write by hand and the store never formats."""


async def handle(
    snapshot: DocumentSnapshot, params: t.DocumentFormattingParams
) -> list[t.TextEdit] | None:
    """Return an edit to the entire file; None if it is invalid, empty if already formatted."""
    file = snapshot.plan_file()
    if file is None or file.kind in _UNTOUCHED:
        return None
    text = snapshot.text
    if read_json(text.content).problems:
        return None
    try:
        written = canonical_text(json.loads(text.content))
    except (ValueError, ValidationError):
        return None
    if written == text.content:
        return []
    return [t.TextEdit(range=whole(text, snapshot.encoding), new_text=written)]
