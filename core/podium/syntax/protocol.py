"""The protocol between checker and worker: frames of JSON and bytes, without I/O.

A frame is a four-byte length and a JSON object; the file contents in a request follow as raw bytes,
which JSON cannot represent. Both sides are the same program, so the protocol has no version.
"""

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TypedDict, assert_never, cast

from podium.syntax.symbols import Outline, Symbol, SymbolKind
from podium.syntax.values import (
    Edit,
    Intent,
    Position,
    ProblemCode,
    Severity,
    Status,
    SyntaxProblem,
    SyntaxReport,
)

READY = b"podium-syntax\n"
"""The first message of a worker."""
LENGTH_BYTES = 4
_LENGTH = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """Requests a check of a file.

    Args:
        path: the path, for the report.
        language: the language's name in the registry.
        text: the content to check.
        base: the content before the change; None for a new file.
        intent: what the task declares about the change, if anything.
    """

    path: str
    language: str
    text: bytes
    base: bytes | None
    intent: Intent | None = None


@dataclass(frozen=True, slots=True)
class OutlineRequest:
    """Requests the definitions in a file.

    Args:
        language: the language's name in the registry.
        text: the file's content.
    """

    language: str
    text: bytes


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """Requests that the worker open a document and check it.

    Args:
        path: the path, for the reports.
        language: the language's name in the registry.
        document: the document's number in later requests.
        text: the current content.
        base: the content that reports compare with; None for a new file.
    """

    path: str
    language: str
    document: int
    text: bytes
    base: bytes | None


@dataclass(frozen=True, slots=True)
class EditRequest:
    """Requests that the worker edit an open document and check it.

    Args:
        document: the document's number.
        edits: the replacements, in order.
    """

    document: int
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class CloseRequest:
    """Requests that the worker close a document."""

    document: int


Request = CheckRequest | OutlineRequest | OpenRequest | EditRequest | CloseRequest


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The worker does not have the document: it is a new worker, or the document was closed."""


@dataclass(frozen=True, slots=True)
class WorkerFailed:
    """The worker's last message: an internal error, in one sentence."""

    what: str


@dataclass(frozen=True, slots=True)
class _Header:
    """The header of every request; each kind uses the fields that it needs."""

    kind: str
    path: str = ""
    language: str = ""
    document: int = 0
    text_bytes: int = 0
    base_bytes: int | None = None
    removes: Sequence[str] | None = None
    expects: Sequence[str] = ()
    edits: Sequence[Sequence[int | str]] = ()


def size_of(request: Request) -> int:
    """Return the number of bytes of a request's texts; 0 if it has none."""
    match request:
        case CheckRequest(text=text, base=base) | OpenRequest(text=text, base=base):
            return len(text) + len(base or b"")
        case OutlineRequest(text=text):
            return len(text)
        case _:
            return 0


def pack_request(request: Request) -> bytes:
    """Encode a request as a frame."""
    match request:
        case CheckRequest(path, language, text, base, intent):
            header = _Header("check", path, language)
            if intent is not None:
                removes, expects = sorted(intent.removes), sorted(intent.expects)
                header = replace(header, removes=removes, expects=expects)
            return _with_texts(header, text, base)
        case OutlineRequest(language, text):
            return _with_texts(_Header("outline", language=language), text, None)
        case OpenRequest(path, language, document, text, base):
            return _with_texts(_Header("open", path, language, document), text, base)
        case EditRequest(document, edits):
            listed = [(*_numbers(each.start), *_numbers(each.end), each.text) for each in edits]
            return _pack(asdict(_Header("edit", document=document, edits=listed)))
        case CloseRequest(document):
            return _pack(asdict(_Header("close", document=document)))
        case _:
            assert_never(request)


def read_request(read: Callable[[int], bytes]) -> Request | None:
    """Read a request; return None if the pipe has been closed.

    Args:
        read: returns exactly the given number of bytes, or fewer at the end of the stream.
    """
    length = read(LENGTH_BYTES)
    if len(length) < LENGTH_BYTES:
        return None
    header = _Header(**json.loads(read(unpack_length(length))))
    text = read(header.text_bytes)
    base = read(header.base_bytes) if header.base_bytes is not None else None
    match header.kind:
        case "check":
            intent = None
            if header.removes is not None:
                intent = Intent(frozenset(header.removes), frozenset(header.expects))
            return CheckRequest(header.path, header.language, text, base, intent)
        case "outline":
            return OutlineRequest(header.language, text)
        case "open":
            return OpenRequest(header.path, header.language, header.document, text, base)
        case "edit":
            return EditRequest(header.document, tuple(map(_edit, header.edits)))
        case _:
            return CloseRequest(header.document)


def _with_texts(header: _Header, text: bytes, base: bytes | None) -> bytes:
    base_bytes = len(base) if base is not None else None
    sized = replace(header, text_bytes=len(text), base_bytes=base_bytes)
    return _pack(asdict(sized)) + text + (base or b"")


def _numbers(position: Position) -> tuple[int, int]:
    return position.line, position.column


def _edit(fields: Sequence[int | str]) -> Edit:
    from_line, from_column, to_line, to_column, text = fields
    start = Position(int(from_line), int(from_column))
    return Edit(start, Position(int(to_line), int(to_column)), str(text))


def unpack_length(length: bytes) -> int:
    """Return the number of JSON bytes that follow."""
    return cast("int", _LENGTH.unpack(length)[0])


Reply = SyntaxReport | Outline | Forgotten | WorkerFailed


def pack_reply(reply: Reply) -> bytes:
    """Encode a reply as a frame."""
    return _pack(asdict(reply))


def unpack_reply(payload: bytes) -> Reply:
    """Parse the JSON of a reply."""
    fields = cast("dict[str, object]", json.loads(payload))
    if not fields:
        return Forgotten()
    if "what" in fields:
        return WorkerFailed(str(fields["what"]))
    if "symbols" in fields:
        outline = cast("_OutlineFields", fields)
        return Outline(tuple(map(_symbol, outline["symbols"])), outline["outside_hash"])
    reply = cast("_ReportFields", fields)
    return SyntaxReport(
        path=reply["path"],
        language=reply["language"],
        status=Status(reply["status"]),
        reason=reply["reason"],
        problems=tuple(_problem(each) for each in reply["problems"]),
    )


class _PositionFields(TypedDict):
    line: int
    column: int


class _ProblemFields(TypedDict):
    code: str
    severity: str
    message: str
    start: _PositionFields
    end: _PositionFields
    opened_at: _PositionFields | None
    expected: str


class _ReportFields(TypedDict):
    path: str
    language: str
    status: str
    reason: str
    problems: list[_ProblemFields]


class _SymbolFields(TypedDict):
    path: str
    kind: str
    start: _PositionFields
    end: _PositionFields
    own_hash: str
    signature_hash: str


class _OutlineFields(TypedDict):
    symbols: list[_SymbolFields]
    outside_hash: str


def _symbol(fields: _SymbolFields) -> Symbol:
    return Symbol(
        path=fields["path"],
        kind=SymbolKind(fields["kind"]),
        start=Position(**fields["start"]),
        end=Position(**fields["end"]),
        own_hash=fields["own_hash"],
        signature_hash=fields["signature_hash"],
    )


def _problem(fields: _ProblemFields) -> SyntaxProblem:
    return SyntaxProblem(
        code=ProblemCode(fields["code"]),
        severity=Severity(fields["severity"]),
        message=fields["message"],
        start=Position(**fields["start"]),
        end=Position(**fields["end"]),
        opened_at=Position(**fields["opened_at"]) if fields["opened_at"] is not None else None,
        expected=fields["expected"],
    )


def _pack(value: object) -> bytes:
    payload = json.dumps(value).encode()
    return _LENGTH.pack(len(payload)) + payload
