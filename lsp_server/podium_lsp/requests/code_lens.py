"""`textDocument/codeLens`: where a plan or a task stands, and what can be done about it."""

from lsprotocol import types as t

from podium_lsp.asked import plan_file_of
from podium_lsp.commands import command_of
from podium_lsp.convert import to_range
from podium_lsp.plan_language.lenses import lenses_of
from podium_lsp.plan_language.words import Lens
from podium_lsp.server import PodiumServer
from podium_lsp.text import Span, Text


async def handle(server: PodiumServer, params: t.CodeLensParams) -> list[t.CodeLens] | None:
    """Return the lenses, ready to be clicked."""
    if not server.settings.code_lens:
        return None
    uri = params.text_document.uri
    asked = await plan_file_of(server, uri)
    if asked is None:
        return None
    text = asked.document.text
    rows = lenses_of(asked.file, text, await asked.around())
    return [_lens(server, text, uri, each) for each in rows]


def _lens(server: PodiumServer, text: Text, uri: str, lens: Lens) -> t.CodeLens:
    place = to_range(text, Span(lens.offset, lens.offset), server.documents.encoding)
    command = t.Command(title=lens.title, command="")
    if lens.operation:
        arguments = {**dict(lens.arguments), "uri": uri}
        name = command_of(lens.operation)
        command = t.Command(title=lens.title, command=name, arguments=[arguments])
    return t.CodeLens(range=place, command=command)
