"""`textDocument/documentSymbol`: the outline of a plan file."""

from lsprotocol import types as t

from podium_lsp.convert import to_range
from podium_lsp.plan_language.outline import symbols_of
from podium_lsp.plan_language.results import Symbol
from podium_lsp.requests.snapshot import DocumentSnapshot
from podium_lsp.session.text import Encoding, Text

_KINDS = {
    "object": t.SymbolKind.Object,
    "array": t.SymbolKind.Array,
    "string": t.SymbolKind.String,
    "number": t.SymbolKind.Number,
    "heading": t.SymbolKind.Class,
}


async def handle(
    snapshot: DocumentSnapshot, params: t.DocumentSymbolParams
) -> list[t.DocumentSymbol] | None:
    """Return the outline."""
    file = snapshot.plan_file()
    if file is None:
        return None
    text = snapshot.text
    return [_symbol(text, each, snapshot.encoding) for each in symbols_of(file, text)]


def _symbol(text: Text, symbol: Symbol, encoding: Encoding) -> t.DocumentSymbol:
    return t.DocumentSymbol(
        name=symbol.name,
        detail=symbol.detail or None,
        kind=_KINDS.get(symbol.kind, t.SymbolKind.Constant),
        range=to_range(text, symbol.span, encoding),
        selection_range=to_range(text, symbol.name_span, encoding),
        children=[_symbol(text, each, encoding) for each in symbol.children] or None,
    )
