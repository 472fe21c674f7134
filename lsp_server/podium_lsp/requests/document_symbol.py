"""`textDocument/documentSymbol`: the parts of a plan file that have names."""

from lsprotocol import types as t

from podium_lsp.asked import plan_file_of
from podium_lsp.convert import to_range
from podium_lsp.plan_language.reading import symbols_of
from podium_lsp.plan_language.words import Symbol
from podium_lsp.server import PodiumServer
from podium_lsp.text import Text

_KINDS = {
    "object": t.SymbolKind.Object,
    "array": t.SymbolKind.Array,
    "string": t.SymbolKind.String,
    "number": t.SymbolKind.Number,
    "heading": t.SymbolKind.Class,
}


async def handle(
    server: PodiumServer, params: t.DocumentSymbolParams
) -> list[t.DocumentSymbol] | None:
    """Return the outline."""
    asked = await plan_file_of(server, params.text_document.uri)
    if asked is None:
        return None
    text = asked.document.text
    return [_symbol(server, text, each) for each in symbols_of(asked.file, text)]


def _symbol(server: PodiumServer, text: Text, symbol: Symbol) -> t.DocumentSymbol:
    encoding = server.documents.encoding
    return t.DocumentSymbol(
        name=symbol.name,
        detail=symbol.detail or None,
        kind=_KINDS.get(symbol.kind, t.SymbolKind.Constant),
        range=to_range(text, symbol.span, encoding),
        selection_range=to_range(text, symbol.name_span, encoding),
        children=[_symbol(server, text, each) for each in symbol.children] or None,
    )
