"""`textDocument/completion`: fields, ids, roles, agents and enum values in plan files."""

from lsprotocol import types as t

from podium_lsp.convert import to_range
from podium_lsp.plan_language.completion.plan_file import suggestions_at
from podium_lsp.plan_language.results import Suggestion
from podium_lsp.requests.snapshot import DocumentSnapshot
from podium_lsp.session.text import Encoding, Text


async def handle(snapshot: DocumentSnapshot, params: t.CompletionParams) -> t.CompletionList | None:
    """Return the completions at a position."""
    file = snapshot.plan_file()
    if file is None:
        return None
    text = snapshot.text
    offset = snapshot.offset_of(params.position)
    rows = suggestions_at(file, text, offset, await snapshot.context(file))
    items = [_item(text, each, snapshot.encoding) for each in rows]
    return t.CompletionList(is_incomplete=False, items=items)


def _item(text: Text, suggestion: Suggestion, encoding: Encoding) -> t.CompletionItem:
    replaced = to_range(text, suggestion.span, encoding)
    return t.CompletionItem(
        label=suggestion.label,
        detail=suggestion.detail or None,
        documentation=suggestion.explanation or None,
        # Editors filter by the text before the cursor, which may contain a quote.
        filter_text=suggestion.text,
        text_edit=t.TextEdit(range=replaced, new_text=suggestion.text),
    )
