"""The format of a journal line: how a transaction is written and read.

A line is `crc32 SP json`. Its newline is written only after the line itself is durable, so a line
with a newline was acknowledged, and a line without one was not necessarily acknowledged.

Each line contains the hash of the previous line, so that every changed, removed or moved line is
detectable; readers that only need the content do not check it.
"""

import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from pydantic import ValidationError as PydanticError

from podium.model.base import to_json
from podium.model.events import Actor, Event, Recorded

JsonObject: TypeAlias = dict[str, Any]

LINE_START = re.compile(
    rb'[0-9a-f]{8} \{"seq":(?P<sequence>\d+),(?:"prev":"[0-9a-f]*",)?"ts":"(?P<at>[^"]{1,60})"'
)
"""Matches the beginning of a line, up to its timestamp, within `LINE_START_BYTES` bytes."""

LINE_START_BYTES = 256

_HEADER = 9
_UNKNOWN_ACTOR = Actor(kind="external", name="unknown")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class Op:
    """One changed document.

    Args:
        path: relative to the store's folder.
        before: the content hash before; None if there was no document.
        after: the content hash after; None if the document was deleted.
        document: the content after; None if the document was deleted.
        text: the JSON text of `document` if the writer already has it; not stored.
    """

    path: str
    before: str | None
    after: str | None
    document: JsonObject | None
    text: bytes | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Record:
    """One transaction as stored in the journal.

    Args:
        sequence: its 1-based number, without gaps.
        at: the time when it was written, in ISO 8601 format.
        actor: its author, as JSON.
        ops: the changed documents.
        events: its events, as JSON.
        previous: the hash of the previous line; empty for the first line, None in format 1, which
            had no chain.
    """

    sequence: int
    at: str
    actor: JsonObject
    ops: tuple[Op, ...]
    events: tuple[JsonObject, ...]
    previous: str | None = None


@dataclass(frozen=True)
class Change:
    """One transaction as seen by a reader of the change feed.

    Args:
        sequence: its number; `Cursor(sequence)` continues after it.
        at: the time when it was written.
        actor: its author.
        paths: the changed documents, relative to the store's folder.
        events: its events.
    """

    sequence: int
    at: datetime
    actor: Actor
    paths: tuple[str, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Cursor:
    """A position in the change feed: everything up to and including `sequence` has been seen."""

    sequence: int


class InvalidLine(ValueError):
    """A line is not a record; the message states why."""


def encode_record(
    sequence: int,
    at: datetime,
    actor: Actor,
    transaction: str,
    ops: Sequence[Op],
    events: Sequence[Event],
    previous: str,
) -> bytes:
    """Return a transaction as a line, without its newline.

    Args:
        previous: the hash of the previous line; empty for the first line.
    """
    body = json.dumps(
        {
            "seq": sequence,
            "prev": previous,
            "ts": at.isoformat(),
            "actor": to_json(actor),
            "tx": transaction,
            "ops": [
                {"p": op.path, "before": op.before, "after": op.after, "doc": op.document}
                for op in ops
            ],
            "ev": [to_json(event) for event in events],
        },
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
    ).encode()
    return b"%08x %b" % (zlib.crc32(body), body)


def record_of(
    sequence: int,
    at: datetime,
    actor: Actor,
    ops: Sequence[Op],
    events: Sequence[Event],
    previous: str,
) -> Record:
    """Return what `decode_record` returns for the line of a transaction."""
    return Record(
        sequence=sequence,
        at=at.isoformat(),
        actor=to_json(actor),
        ops=tuple(ops),
        events=tuple(to_json(event) for event in events),
        previous=previous,
    )


def decode_record(line: bytes) -> Record:
    """Return the record of a complete line, given without its newline.

    Raises:
        InvalidLine: the line is damaged or is not a record.
    """
    body = line[_HEADER:]
    if line[:_HEADER] != b"%08x " % zlib.crc32(body):
        raise InvalidLine("its checksum does not match its content")
    try:
        fields = json.loads(body)
        return Record(
            sequence=fields["seq"],
            at=fields["ts"],
            actor=fields["actor"],
            ops=tuple(Op(op["p"], op["before"], op["after"], op["doc"]) for op in fields["ops"]),
            events=tuple(fields["ev"]),
            previous=fields.get("prev"),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidLine("it is not a record of this format") from error


def complete_length(tail: bytes) -> int | None:
    """Return the length of the complete line at the start of a journal's unfinished tail.

    A power loss may leave any bytes after a line that is already durable, so the line ends where
    its JSON ends. None if the line is torn.
    """
    text = tail[_HEADER:].decode(errors="surrogateescape")
    try:
        _, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    body = text[:end].encode(errors="surrogateescape")
    whole = tail[:_HEADER] == b"%08x " % zlib.crc32(body)
    return _HEADER + len(body) if whole else None


def change_of(record: Record) -> Change:
    """Convert a record to a change for the feed."""
    return Change(
        sequence=record.sequence,
        at=datetime.fromisoformat(record.at),
        actor=_actor_of(record),
        paths=tuple(op.path for op in record.ops),
        events=_events_of(record),
    )


def recorded_of(record: Record) -> list[Recorded]:
    """Return a record's events for the history."""
    at, actor = datetime.fromisoformat(record.at), _actor_of(record)
    return [
        Recorded(sequence=record.sequence, at=at, actor=actor, event=event)
        for event in _events_of(record)
    ]


def _actor_of(record: Record) -> Actor:
    """Return the actor; a kind from a newer program becomes "unknown"."""
    try:
        return Actor.model_validate(record.actor)
    except PydanticError:
        return _UNKNOWN_ACTOR


def _events_of(record: Record) -> tuple[Event, ...]:
    """Return the events, except for kinds from a newer program."""
    events: list[Event] = []
    for fields in record.events:
        try:
            events.append(Event.model_validate(fields))
        except PydanticError:
            continue
    return tuple(events)
