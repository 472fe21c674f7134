"""`textDocument/codeLens`: where a plan, a task or a function stands, and what can be done."""

from lsprotocol import types as t

from podium.provenance.blame import Blamed
from podium_lsp.asked import plan_file_of
from podium_lsp.blame_words import lens_title
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
        return await _functions(server, uri)
    text = asked.document.text
    rows = lenses_of(asked.file, text, await asked.around())
    return [_lens(server, text, uri, each) for each in rows]


async def _functions(server: PodiumServer, uri: str) -> list[t.CodeLens] | None:
    """Return a lens above every function that a task changed."""
    document = server.documents.get(uri)
    project = await server.workroom.project_of(uri) if document else None
    if document is None or project is None:
        return None
    found = await server.workroom.blames.of(project, document)
    rows = [_task(document.text, each) for each in found]
    return [_lens(server, document.text, uri, each) for each in rows] or None


def _task(text: Text, blamed: Blamed) -> Lens:
    maker = blamed.maker
    offset = text.core_offset(blamed.name_line, 1)
    # Without a title the project does not have the task, so there is nothing to open.
    known = (("task", f"{maker.plan_id}/{maker.task_id}"),) if maker.title else ()
    return Lens(offset, lens_title(blamed), "open" if known else "", known)


def _lens(server: PodiumServer, text: Text, uri: str, lens: Lens) -> t.CodeLens:
    place = to_range(text, Span(lens.offset, lens.offset), server.documents.encoding)
    command = t.Command(title=lens.title, command="")
    if lens.operation:
        arguments = {**dict(lens.arguments), "uri": uri}
        name = command_of(lens.operation)
        command = t.Command(title=lens.title, command=name, arguments=[arguments])
    return t.CodeLens(range=place, command=command)
