"""The texts that the editor holds, saved or not; must not know what is done with them.

The library's own documents end lines at form feeds and other characters that the protocol does
not count, so that texts with them drift apart from the editor's; these here do not.
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
    """How an edit moved lines, as the core counts them.

    Args:
        kept: lines up to this one stay where they are.
        line: those between `kept` and this one, included, are gone; those behind it moved.
        by: how many lines down they went.
    """

    kept: int
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
    """Return how an edit moves lines; a line is where what it begins with is, spaces apart."""
    keeps_first = _is_filled(content, span.start, first[1]) or first[0] == last[0]
    moves_last = not _is_filled(content, span.end, last[1])
    by = new.count("\n") - (last[0] - first[0])
    return LineShift(
        kept=first[0] if keeps_first else first[0] - 1,
        line=last[0] - 1 if moves_last else last[0],
        by=by,
    )


def _difference(old: Sequence[str], new: Sequence[str]) -> LineShift:
    """Return how lines moved where all that is known is both texts: by what they begin and end."""
    shorter = min(len(old), len(new))
    kept = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    left = shorter - kept
    same = next((at for at in range(left) if old[-1 - at] != new[-1 - at]), left)
    return LineShift(kept, len(old) - same, len(new) - len(old))


def _is_filled(content: str, offset: int, column: int) -> bool:
    """Tell whether more than white space stands before an offset in its line."""
    return bool(content[offset - column + 1 : offset].strip())


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
