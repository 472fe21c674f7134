"""Texts and positions agree in every encoding, for any content and any edits."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types as t

from podium_lsp.session.documents import Documents, LineShift, path_of
from podium_lsp.session.text import Encoding, Place, Span, Text

LETTERS = st.sampled_from(
    ["a", "é", "語", "😀", "\n", "\r\n", "\r", "\x0c", "\u2028", "\x85", "\t"]
)
TEXTS = st.lists(LETTERS, max_size=40).map("".join)
ENCODINGS = st.sampled_from(Encoding)


def units(text: str, encoding: Encoding) -> int:
    """Return the length of a text in units, by Python's codecs."""
    width = {Encoding.UTF8: 1, Encoding.UTF16: 2, Encoding.UTF32: 4}[encoding]
    codec = {Encoding.UTF8: "utf-8", Encoding.UTF16: "utf-16-le", Encoding.UTF32: "utf-32-le"}
    return len(text.encode(codec[encoding])) // width


@given(TEXTS, ENCODINGS)
def test_every_offset_has_a_place_that_leads_back_to_it(content: str, encoding: Encoding) -> None:
    text = Text(content)
    for offset in range(len(content) + 1):
        if content[offset - 1 : offset + 1] == "\r\n":
            continue  # there is no position inside a line ending
        place = text.place(offset, encoding)
        assert text.offset(place, encoding) == offset
        start = text.line_span(place.line).start
        assert place.column == units(content[start:offset], encoding)


@given(TEXTS, ENCODINGS, st.integers(0, 60), st.integers(0, 60))
def test_any_place_is_an_offset_of_the_text(
    content: str, encoding: Encoding, line: int, column: int
) -> None:
    assert 0 <= Text(content).offset(Place(line, column), encoding) <= len(content)


@pytest.mark.parametrize(
    ("content", "lines"),
    [("", 1), ("a", 1), ("a\n", 2), ("a\r\nb\rc\nd", 4), ("a\x0cb\u2028c\x85d", 1), ("\r\r\n", 3)],
)
def test_lines_end_where_the_protocol_ends_them(content: str, lines: int) -> None:
    assert Text(content).line_count == lines


def test_a_place_inside_a_character_is_its_beginning() -> None:
    assert Text("a😀b").offset(Place(0, 2), Encoding.UTF16) == 1
    assert Text("a😀b").offset(Place(0, 3), Encoding.UTF8) == 1


@dataclass
class Edit:
    """An edit by offsets, for the model."""

    start: int
    end: int
    text: str


EDITS = st.lists(st.builds(Edit, st.integers(0, 50), st.integers(0, 50), TEXTS), max_size=6)


@given(TEXTS, EDITS, ENCODINGS)
def test_edits_leave_the_text_that_the_editor_has(
    content: str, edits: list[Edit], encoding: Encoding
) -> None:
    documents = Documents()
    documents.encoding = encoding
    documents.open(t.TextDocumentItem(uri="file:///a", language_id="x", version=0, text=content))
    for version, edit in enumerate(edits, 1):
        start, end = sorted((min(edit.start, len(content)), min(edit.end, len(content))))
        if "\r\n" in (content[start - 1 : start + 1], content[end - 1 : end + 1]):
            continue
        change = t.TextDocumentContentChangePartial(
            range=t.Range(
                start=position(content, start, encoding), end=position(content, end, encoding)
            ),
            text=edit.text,
        )
        which = t.VersionedTextDocumentIdentifier(uri="file:///a", version=version)
        documents.change(which, [change])
        content = content[:start] + edit.text + content[end:]
    document = documents.get("file:///a")
    assert document is not None
    assert document.text.content == content
    assert places_of(document.text) == places_of(Text(content)), "as though it was read anew"


def places_of(text: Text) -> list[object]:
    """Return all positions of a text."""
    lines = [text.core_line(line) for line in range(1, text.core_line_count + 1)]
    spans = [text.line_span(line) for line in range(text.line_count)]
    return [*lines, *spans, *map(text.core_place, range(len(text.content) + 1))]


def position(content: str, offset: int, encoding: Encoding) -> t.Position:
    place = Text(content).place(offset, encoding)
    return t.Position(line=place.line, character=place.column)


@pytest.mark.parametrize(
    ("start", "end", "text", "shift"),
    [
        (1, 1, "x", LineShift(1, 1, 0)),
        (0, 0, "x\ny\n", LineShift(1, 0, 2)),
        (1, 1, "\n", LineShift(1, 1, 1)),
        (2, 6, "", LineShift(1, 3, -2)),
        (2, 7, "z\n", LineShift(1, 4, -1)),
        (3, 7, "z\n", LineShift(2, 4, -1)),
    ],
)
def test_an_edit_says_how_it_moved_lines(start: int, end: int, text: str, shift: LineShift) -> None:
    content = "a\nb\nc\nd\n"
    documents = Documents()
    documents.open(t.TextDocumentItem(uri="file:///a", language_id="x", version=0, text=content))
    change = t.TextDocumentContentChangePartial(
        range=t.Range(
            start=position(content, start, Encoding.UTF16),
            end=position(content, end, Encoding.UTF16),
        ),
        text=text,
    )
    which = t.VersionedTextDocumentIdentifier(uri="file:///a", version=1)
    assert [each.shift for each in documents.change(which, [change])] == [shift]


@pytest.mark.parametrize(
    ("text", "shift"),
    [
        ("a\nb\nc\n", LineShift(4, 4, 0)),
        ("z\na\nb\nc\n", LineShift(0, 0, 1)),
        ("a\nb\nz\nc\n", LineShift(2, 2, 1)),
        ("a\nc\n", LineShift(1, 2, -1)),
        ("a\na\na\n", LineShift(1, 3, 0)),
        ("", LineShift(0, 3, -3)),
    ],
)
def test_a_whole_new_text_says_so_too(text: str, shift: LineShift) -> None:
    documents = Documents()
    opened = t.TextDocumentItem(uri="file:///a", language_id="x", version=0, text="a\nb\nc\n")
    documents.open(opened)
    which = t.VersionedTextDocumentIdentifier(uri="file:///a", version=1)
    change = t.TextDocumentContentChangeWholeDocument(text=text)
    assert [each.shift for each in documents.change(which, [change])] == [shift]


def test_changes_of_a_text_that_is_not_open_are_passed_over() -> None:
    which = t.VersionedTextDocumentIdentifier(uri="file:///a", version=1)
    assert Documents().change(which, [t.TextDocumentContentChangeWholeDocument(text="x")]) == []


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///a/b%20c.py", "/a/b c.py"),
        ("file://localhost/a", "/a"),
        ("file:///a/../b", "/b"),
        ("untitled:Untitled-1", None),
        ("file://host/a", None),
        ("file:///a%00b", None),
        ("", None),
    ],
)
def test_a_uri_names_a_file_or_none(uri: str, path: str | None) -> None:
    found = path_of(uri)
    assert (str(found) if found else None) == path


def test_a_span_replaced_is_another_text() -> None:
    assert Text("abc").replaced(Span(1, 2), "xy").content == "axyc"
