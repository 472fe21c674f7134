"""The least that a server made with the same library can be: the limit for our start."""

from lsprotocol import types as t
from pygls.lsp.server import LanguageServer

server = LanguageServer("bare", "1")


@server.feature(t.TEXT_DOCUMENT_HOVER)
def hover(params: t.HoverParams) -> None:
    del params


server.start_io()
