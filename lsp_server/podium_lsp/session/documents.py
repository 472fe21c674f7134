"""The documents that are open in the editor, with their unsaved changes.

These replace pygls's own documents, which also break lines at form feeds and other characters that
the protocol does not treat as line ends, so their text can diverge from the editor's.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lsprotocol import types as t

from podium_lsp.session.text import Encoding, Place, Span, Text

Change = t.TextDocumentContentChangePartial | t.TextDocumentContentChangeWholeDocument


@dataclass(frozen=True)
class Document:
    """One version of an open document.

    Args:
        uri: the URI as the editor spells it.
        version: the editor's version number.
        language: the editor's language id.
    """

    uri: str
    version: int
    language: str
    text: Text

    @property
    def path(self) -> Path | None:
        """Return the path, or None if the document is not a file, such as an unnamed buffer."""
        return path_of(self.uri)


@dataclass(frozen=True)
class LineShift:
    """How an edit shifted lines, with the core's line numbers.

    Args:
        kept: the last line before the edit; lines up to here are unchanged.
        line: the last line that the edit replaced; the lines after it shifted.
        by: the number of lines by which they shifted down.
    """

    kept: int
    line: int
    by: int


@dataclass(frozen=True)
class Replacement:
    """A replaced range, in the core's 1-based lines and columns.

    Args:
        start: the start of the range.
        end: the end of the range, exclusive.
        text: the new text of the range.
        shift: how the edit shifted lines.
    """

    start: tuple[int, int]
    end: tuple[int, int]
    text: str
    shift: LineShift


_WHOLE = (1, 1), (2**30, 1)


class Documents:
    """All open documents.

    Args:
        encoding: the unit of columns, which `initialize` negotiates.
    """

    def __init__(self) -> None:
        self.encoding = Encoding.UTF16
        self._open: dict[str, Document] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(list(self._open.values()))

    def get(self, uri: str) -> Document | None:
        """Return an open document, or None."""
        return self._open.get(unquote(uri))

    def open(self, item: t.TextDocumentItem) -> Document:
        """Add a document that the editor opened."""
        document = Document(item.uri, item.version, item.language_id, Text(item.text))
        self._open[unquote(item.uri)] = document
        return document

    def close(self, uri: str) -> None:
        """Remove a document."""
        self._open.pop(unquote(uri), None)

    def change(
        self, which: t.VersionedTextDocumentIdentifier, changes: list[Change] | tuple[Change, ...]
    ) -> list[Replacement]:
        """Apply changes in order; changes to a document that is not open are ignored."""
        document = self.get(which.uri)
        if document is None:
            return []
        text, made = document.text, list[Replacement]()
        for each in changes:
            text, replacement = self._apply(text, each)
            made.append(replacement)
        self._open[unquote(which.uri)] = replace(document, version=which.version, text=text)
        return made

    def _apply(self, text: Text, change: Change) -> tuple[Text, Replacement]:
        if isinstance(change, t.TextDocumentContentChangePartial):
            start, end = change.range.start, change.range.end
            span = Span(
                text.offset(Place(start.line, start.character), self.encoding),
                text.offset(Place(end.line, end.character), self.encoding),
            )
            span = Span(span.start, max(span.start, span.end))
            first, last = text.core_place(span.start), text.core_place(span.end)
            after = text.replaced(span, change.text)
            shift = _shift(text.content, span, first, last, change.text)
            return after, Replacement(first, last, change.text, shift)
        after = Text(change.text)
        shift = _difference(text.content.split("\n"), after.content.split("\n"))
        return after, Replacement(*_WHOLE, change.text, shift)


def _shift(
    content: str, span: Span, first: tuple[int, int], last: tuple[int, int], new: str
) -> LineShift:
    """Return how an edit shifts lines; a line moves with its first non-blank character."""
    keeps_first = _is_filled(content, span.start, first[1]) or first[0] == last[0]
    moves_last = not _is_filled(content, span.end, last[1])
    by = new.count("\n") - (last[0] - first[0])
    return LineShift(
        kept=first[0] if keeps_first else first[0] - 1,
        line=last[0] - 1 if moves_last else last[0],
        by=by,
    )


def _difference(old: Sequence[str], new: Sequence[str]) -> LineShift:
    """Return the shift between two versions, from their common leading and trailing lines."""
    shorter = min(len(old), len(new))
    kept = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    left = shorter - kept
    same = next((at for at in range(left) if old[-1 - at] != new[-1 - at]), left)
    return LineShift(kept, len(old) - same, len(new) - len(old))


def _is_filled(content: str, offset: int, column: int) -> bool:
    """Return whether the line has non-blank characters before an offset."""
    return bool(content[offset - column + 1 : offset].strip())


def path_of(uri: str) -> Path | None:
    """Return the path of a `file` URI, or None for any other URI."""
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return None
    path = unquote(parts.path)
    return Path(os.path.normpath(path)) if path.startswith("/") and "\0" not in path else None


def uri_of(path: Path) -> str:
    """Return the `file` URI of a path."""
    return path.as_uri()
