"""`textDocument/definition`: from a task's id to its file."""

from lsprotocol import types as t

from podium.model import layout
from podium_lsp.asked import offset_of, plan_file_of
from podium_lsp.plan_language.reading import task_at
from podium_lsp.server import PodiumServer


async def handle(server: PodiumServer, params: t.DefinitionParams) -> t.Location | None:
    """Return where the task that a place names is written down."""
    asked = await plan_file_of(server, params.text_document.uri)
    if asked is None:
        return None
    offset = offset_of(server, asked.document, params.position)
    named = task_at(asked.file, asked.document.text, offset)
    if named is None or (await asked.around()).task(named[0]) is None:
        return None
    key = layout.task(asked.file.plan_id, named[0])
    start = t.Position(line=0, character=0)
    uri = asked.project.uri(f".podium/{key.path}")
    return t.Location(uri=uri, range=t.Range(start=start, end=start))
