"""`textDocument/foldingRange`: objects and sections of plan files."""

from lsprotocol import types as t

from podium_lsp.asked import plan_file_of
from podium_lsp.plan_language.reading import folds_of
from podium_lsp.server import PodiumServer


async def handle(server: PodiumServer, params: t.FoldingRangeParams) -> list[t.FoldingRange] | None:
    """Return what can be folded: whatever spans several lines."""
    asked = await plan_file_of(server, params.text_document.uri)
    if asked is None:
        return None
    text = asked.document.text
    lines = [
        (text.line_of(span.start), text.line_of(span.end)) for span in folds_of(asked.file, text)
    ]
    # The last line of an object holds its closer, which stays in sight.
    return [t.FoldingRange(start_line=a, end_line=b) for a, b in lines if b > a]
