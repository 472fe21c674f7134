"""`textDocument/inlayHint`: the state of tasks behind their ids in plan files."""

from lsprotocol import types as t

from podium.model.progress import TaskProgress
from podium_lsp.asked import offset_of, plan_file_of
from podium_lsp.convert import to_range
from podium_lsp.plan_language.reading import mentions, state_words
from podium_lsp.server import PodiumServer


async def handle(server: PodiumServer, params: t.InlayHintParams) -> list[t.InlayHint] | None:
    """Return the hints of a part of a text."""
    asked = await plan_file_of(server, params.text_document.uri)
    if asked is None:
        return None
    text = asked.document.text
    first = offset_of(server, asked.document, params.range.start)
    last = offset_of(server, asked.document, params.range.end)
    around = await asked.around()
    rows: list[t.InlayHint] = []
    for task in around.tasks:
        estimate = f", {task.estimate.minutes:g} min" if task.estimate else ""
        words = state_words(around.progress.get(task.id, TaskProgress())) + estimate
        for span in mentions(text, task.id, own=False):
            if first <= span.start <= last:
                position = to_range(text, span, server.documents.encoding).end
                rows.append(t.InlayHint(position=position, label=words, padding_left=True))
    return rows
