"""`textDocument/completion`: fields, ids, roles, agents and choices in plan files."""

from lsprotocol import types as t

from podium_lsp.asked import offset_of, plan_file_of
from podium_lsp.convert import to_range
from podium_lsp.plan_language.completion import suggestions_at
from podium_lsp.plan_language.words import Suggestion
from podium_lsp.server import PodiumServer
from podium_lsp.text import Text


async def handle(server: PodiumServer, params: t.CompletionParams) -> t.CompletionList | None:
    """Return what may be written at the place."""
    asked = await plan_file_of(server, params.text_document.uri)
    if asked is None:
        return None
    text = asked.document.text
    offset = offset_of(server, asked.document, params.position)
    rows = suggestions_at(asked.file, text, offset, await asked.around())
    items = [_item(server, text, each) for each in rows]
    return t.CompletionList(is_incomplete=False, items=items)


def _item(server: PodiumServer, text: Text, suggestion: Suggestion) -> t.CompletionItem:
    replaced = to_range(text, suggestion.span, server.documents.encoding)
    return t.CompletionItem(
        label=suggestion.label,
        detail=suggestion.detail or None,
        documentation=suggestion.explanation or None,
        # Editors filter by what stands at the place, which may be in quotes.
        filter_text=suggestion.text,
        text_edit=t.TextEdit(range=replaced, new_text=suggestion.text),
    )
