"""`textDocument/foldingRange`: objects and sections of plan files."""

from lsprotocol import types as t

from podium_lsp.plan_language.outline import folds_of
from podium_lsp.requests.snapshot import DocumentSnapshot


async def handle(
    snapshot: DocumentSnapshot, params: t.FoldingRangeParams
) -> list[t.FoldingRange] | None:
    """Return what can be folded: whatever spans several lines."""
    file = snapshot.plan_file()
    if file is None:
        return None
    text = snapshot.text
    lines = [(text.line_of(span.start), text.line_of(span.end)) for span in folds_of(file, text)]
    # The last line of an object holds its closer, which stays in sight.
    return [t.FoldingRange(start_line=a, end_line=b) for a, b in lines if b > a]
