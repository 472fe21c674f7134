"""`textDocument/foldingRange`: objects and sections of plan files."""

from lsprotocol import types as t

from podium_lsp.plan_language.outline import folds_of
from podium_lsp.requests.snapshot import DocumentSnapshot


async def handle(
    snapshot: DocumentSnapshot, params: t.FoldingRangeParams
) -> list[t.FoldingRange] | None:
    """Return the parts of the file that span several lines."""
    file = snapshot.plan_file()
    if file is None:
        return None
    text = snapshot.text
    lines = [(text.line_of(span.start), text.line_of(span.end)) for span in folds_of(file, text)]
    # Exclude the last line, so that the closing bracket stays visible.
    return [t.FoldingRange(start_line=a, end_line=b) for a, b in lines if b > a]
