"""The texts that the editor holds, saved or not; must not know what is done with them.

The library's own documents end lines at form feeds and other characters that the protocol does
not count, so that texts with them drift apart from the editor's; these here do not.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lsprotocol import types as t

from podium_lsp.text import Encoding, Place, Span, Text

Change = t.TextDocumentContentChangePartial | t.TextDocumentContentChangeWholeDocument


@dataclass(frozen=True)
class Document:
    """A text that the editor holds.

    Args:
        uri: as the editor writes it.
        version: the editor's count.
        language: the editor's name of the language.
    """

    uri: str
    version: int
    language: str
    text: Text

    @property
    def path(self) -> Path | None:
        """Return the file, or None when it is none, for instance an unnamed buffer."""
        return path_of(self.uri)


@dataclass(frozen=True)
class LineShift:
    """How an edit moved lines: those behind `line` of the core went `by` lines down."""

    line: int
    by: int


@dataclass(frozen=True)
class Replacement:
    """What an edit replaced, in lines and columns of the core, both from 1.

    Args:
        start: the first place that was replaced.
        end: the first one behind it.
        text: what stands there now.
        shift: how lines moved.
    """

    start: tuple[int, int]
    end: tuple[int, int]
    text: str
    shift: LineShift


_WHOLE = (1, 1), (2**30, 1)


class Documents:
    """All open texts.

    Args:
        encoding: what a column counts; settled by `initialize`.
    """

    def __init__(self) -> None:
        self.encoding = Encoding.UTF16
        self._open: dict[str, Document] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(list(self._open.values()))

    def get(self, uri: str) -> Document | None:
        """Return an open text, or None."""
        return self._open.get(unquote(uri))

    def open(self, item: t.TextDocumentItem) -> Document:
        """Take in a text that was opened."""
        document = Document(item.uri, item.version, item.language_id, Text(item.text))
        self._open[unquote(item.uri)] = document
        return document

    def close(self, uri: str) -> None:
        """Forget a text."""
        self._open.pop(unquote(uri), None)

    def change(
        self, which: t.VersionedTextDocumentIdentifier, changes: list[Change] | tuple[Change, ...]
    ) -> list[Replacement]:
        """Apply changes in their order; those of a text that is not open are ignored."""
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
            gone = text.content.count("\n", span.start, span.end)
            first, last = text.core_place(span.start), text.core_place(span.end)
            shift = LineShift(first[0] + gone, change.text.count("\n") - gone)
            after = text.replaced(span, change.text)
            return after, Replacement(first, last, change.text, shift)
        return Text(change.text), Replacement(*_WHOLE, change.text, LineShift(0, 0))


def path_of(uri: str) -> Path | None:
    """Return the file that a URI names, or None."""
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return None
    path = unquote(parts.path)
    return Path(os.path.normpath(path)) if path.startswith("/") and "\0" not in path else None


def uri_of(path: Path) -> str:
    """Return the URI of a file."""
    return path.as_uri()
