"""`textDocument/references`: every place of a plan that names a task."""

from collections.abc import Iterator

import anyio.to_thread
from lsprotocol import types as t

from podium.model import layout
from podium_lsp.asked import Asked, offset_of, plan_file_of
from podium_lsp.convert import to_range
from podium_lsp.plan_language.reading import mentions, task_at
from podium_lsp.server import PodiumServer
from podium_lsp.text import Text


async def handle(server: PodiumServer, params: t.ReferenceParams) -> list[t.Location]:
    """Return the places; the task's own id only when the editor asks for it."""
    asked = await plan_file_of(server, params.text_document.uri)
    if asked is None:
        return []
    offset = offset_of(server, asked.document, params.position)
    named = task_at(asked.file, asked.document.text, offset)
    if named is None:
        return []
    around = await asked.around()
    plan = asked.file.plan_id
    keys = [layout.plan_header(plan).path, *(layout.task(plan, x.id).path for x in around.tasks)]
    texts = await anyio.to_thread.run_sync(_texts, server, asked, keys)
    own = params.context.include_declaration
    encoding = server.documents.encoding
    return [
        t.Location(uri=uri, range=to_range(text, span, encoding))
        for uri, text in texts
        for span in mentions(text, named[0], own=own)
    ]


def _texts(server: PodiumServer, asked: Asked, keys: list[str]) -> list[tuple[str, Text]]:
    return [row for key in keys for row in _text(server, asked, key)]


def _text(server: PodiumServer, asked: Asked, key: str) -> Iterator[tuple[str, Text]]:
    uri = asked.project.uri(f".podium/{key}")
    document = server.documents.get(uri)
    if document is not None:
        yield uri, document.text
        return
    try:
        path = asked.project.root / ".podium" / key
        yield uri, Text(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return
