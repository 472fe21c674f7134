"""The redo journal: appending, following and repairing it.

A transaction is committed when its line is durable, and becomes visible when its newline is written
afterwards: a reader, which does not take a lock, never sees a line that may still be undone.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from podium.errors import StoreReadOnly
from podium.ports.filesystem import FileSystem, opened
from podium.store.disk.durable import text_hash
from podium.store.disk.errors import damaged_journal
from podium.store.journal.record import (
    LINE_START,
    LINE_START_BYTES,
    InvalidLine,
    Record,
    complete_length,
    decode_record,
)

SEGMENT_BYTES = 4 * 1024 * 1024
"""A segment of at least this size is full; the next line starts a new one."""

_SUFFIX = ".jsonl"
_PIECE = 64 * 1024
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW


class Position(NamedTuple):
    """A position in the journal.

    Args:
        segment: the sequence number of the segment's first record; also the segment's name.
        offset: the number of bytes from the segment's beginning.
    """

    segment: int
    offset: int


@dataclass(frozen=True)
class LocatedRecord:
    """A record and its location: from `start` to `end`, including its newline.

    `digest` is the hash of this record's line; the next line includes it.
    """

    record: Record
    start: Position
    end: Position
    digest: str


class JournalReplaced(Exception):
    """A position is no longer in the journal, because another program removed or replaced it."""


def segment_name(first: int) -> str:
    """Return the file name of the segment that begins with sequence number `first`."""
    return f"{first:012d}{_SUFFIX}"


class Journal:
    """A folder of segments.

    Args:
        fs: the file operations.
        folder: the segments' folder.
        segment_bytes: the size at which a segment is full.
    """

    def __init__(self, fs: FileSystem, folder: str, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._fs = fs
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._failure = ""

    # -- reading, without a lock

    def segments(self) -> list[int]:
        """Return each segment's first sequence number, in ascending order."""
        names = [name for name in self._fs.listdir(self._folder) if name.endswith(_SUFFIX)]
        stems = [name.removesuffix(_SUFFIX) for name in names]
        return sorted(int(stem) for stem in stems if stem.isdigit())

    def beginning(self) -> tuple[Position, int]:
        """Return the first position and the sequence number before it."""
        segments = self.segments()
        first = segments[0] if segments else 1
        return Position(first, 0), first - 1

    def holds(self, position: Position) -> bool:
        """Return whether a record ends, or a segment begins, at `position`."""
        if position.offset == 0:
            has_records = self.size(position.segment) > 0
            return has_records or all(each < position.segment for each in self.segments())
        return self._read(Position(position.segment, position.offset - 1), 1) == b"\n"

    def has_more(self, position: Position, sequence: int) -> bool:
        """Return whether something was written after `position`; costs two `stat` calls.

        Raises:
            JournalReplaced: the journal no longer contains `position`.
        """
        size = self.size(position.segment)
        if size < position.offset or (size == 0 and not self.holds(position)):
            raise JournalReplaced
        return size > position.offset or self._continues(position, sequence)

    def follow(self, position: Position, sequence: int) -> Iterator[LocatedRecord]:
        """Yield the committed records after `position`; the first one follows record `sequence`.

        Raises:
            StoreCorrupted: an acknowledged line is damaged; all previous ones were yielded.
        """
        while True:
            data = self._read(position)
            start = 0
            while (newline := data.find(b"\n", start)) >= 0:
                place = Position(position.segment, position.offset + start)
                sequence += 1
                line = data[start:newline]
                record = self._decode(line, place, sequence)
                start = newline + 1
                end = Position(place.segment, position.offset + start)
                yield LocatedRecord(record, place, end, text_hash(line))
            end = Position(position.segment, position.offset + start)
            if not self._continues(end, sequence) and not self._has_gap(end, sequence):
                return
            if start < len(data):
                raise damaged_journal(
                    segment_name(end.segment), end.offset, "its last line is truncated"
                )
            position = Position(sequence + 1, 0)

    def record_at(self, position: Position) -> Record | None:
        """Return the record at `position`, or None if it is unreadable."""
        line = b""
        while b"\n" not in line:
            piece = self._read(Position(position.segment, position.offset + len(line)), _PIECE)
            if not piece:
                return None
            line += piece
        try:
            return decode_record(line.partition(b"\n")[0])
        except InvalidLine:
            return None

    def timestamp_at(self, position: Position, sequence: int) -> datetime | None:
        """Return when the record at `position` was written; None if it is not number `sequence`.

        Reads only the beginning of the line, because the line may be long.
        """
        found = LINE_START.match(self._read(position, LINE_START_BYTES))
        if found is None or int(found["sequence"]) != sequence:
            return None
        try:
            return datetime.fromisoformat(found["at"].decode())
        except ValueError:
            return None

    def digest_before(self, position: Position) -> str:
        """Return the hash of the line that ends at `position`; empty if no line ends there."""
        whole = self._read(Position(position.segment, 0), position.offset)
        line = whole.removesuffix(b"\n").rpartition(b"\n")[2]
        return text_hash(line) if line else ""

    def digest_at_end(self, segment: int) -> str:
        """Return the hash of a segment's last line."""
        return self.digest_before(Position(segment, self.size(segment)))

    def lines(self, segment: int) -> list[bytes]:
        """Return a segment's committed lines, damaged ones included, without their newlines.

        A complete line whose newline is missing after a crash is included: it is durable.
        """
        *lines, rest = self._read(Position(segment, 0)).split(b"\n")
        length = complete_length(rest)
        return lines if length is None else [*lines, rest[:length]]

    def lines_newest_first(self) -> Iterator[bytes]:
        """Yield the lines of all segments, newest first, without their newlines."""
        for segment in reversed(self.segments()):
            whole, _, _ = self._read(Position(segment, 0)).rpartition(b"\n")
            yield from reversed(whole.split(b"\n"))

    def has_unfinished_tail(self, position: Position, sequence: int) -> bool:
        """Return whether there is data after `position`, the end of the last record.

        It may be a complete line that was acknowledged before its newline was written.
        """
        place = self._append_position(position, sequence)
        return self.size(place.segment) > place.offset

    # -- writing, with the store's lock held

    def repair_tail(self, position: Position, sequence: int) -> bool:
        """Complete or remove what an interrupted writer left after `position`.

        `position` is the end of the last record. A complete line gets its missing newline; a torn
        one was never acknowledged and is removed.

        Returns:
            Whether a record was added.
        """
        place = self._append_position(position, sequence)
        tail = self._read(place)
        if not tail:
            return False
        length = complete_length(tail)
        with opened(self._fs, self._path(place.segment), _APPEND) as fd:
            if length != len(tail):
                self._fs.truncate(fd, place.offset + (length or 0))
            self._sync(fd, created=place.offset == 0)
            if length:
                self._fs.write(fd, b"\n")
        return bool(length)

    def append(self, position: Position, sequence: int, line: bytes) -> tuple[Position, Position]:
        """Commit one line at `position`, the end of the journal, following record `sequence`.

        Returns: The position of the line, and the position of the next line.

        Raises:
            OSError: the line is not committed, and no part of it remains.
            StoreReadOnly: an earlier line could not be undone; this process can no longer write.
        """
        self.ensure_healthy()
        place = self._append_position(position, sequence)
        if place == position and position.offset >= self._segment_bytes:
            self.sync(position)
            place = Position(sequence + 1, 0)
        fd = self._fs.open(self._path(place.segment), _APPEND | os.O_CREAT)
        try:
            self._fs.write(fd, line)
            self._sync(fd, created=place.offset == 0)
            self._fs.write(fd, b"\n")
        except OSError as error:
            self._undo_append(fd, place, error)
            raise
        finally:
            with contextlib.suppress(OSError):  # a committed line stays committed
                self._fs.close(fd)
        return place, Position(place.segment, place.offset + len(line) + 1)

    def sync(self, position: Position) -> None:
        """Make the segment of `position` durable, including its last newline."""
        if position.offset:
            with opened(self._fs, self._path(position.segment), os.O_RDONLY) as fd:
                self._fs.fdatasync(fd)

    def ensure_healthy(self) -> None:
        """Check that this process may write.

        Raises:
            StoreReadOnly: an earlier line could not be undone.
        """
        if self._failure:
            raise StoreReadOnly(
                "This process can no longer write to the store",
                why=self._failure,
                hints=["check the disk, then start Podium again", "reading still works"],
            )

    # -- helpers

    def _path(self, segment: int) -> str:
        return f"{self._folder}/{segment_name(segment)}"

    def size(self, segment: int) -> int:
        """Return the size of a segment in bytes; 0 if it does not exist."""
        found = self._fs.stat(self._path(segment))
        return found.st_size if found else 0

    def _continues(self, position: Position, sequence: int) -> bool:
        """Return whether a segment named after the next record follows the one at `position`."""
        following = sequence + 1
        return following != position.segment and bool(self._fs.stat(self._path(following)))

    def _has_gap(self, position: Position, sequence: int) -> bool:
        """Check that no segment is missing after `position`.

        Returns:
            True if another process has just started the next segment; otherwise False.

        Raises:
            StoreCorrupted: there are later segments, but not the next one.
        """
        later = [first for first in self.segments() if first > sequence + 1]
        if not later:
            return False
        if self._continues(position, sequence):
            return True
        raise damaged_journal(
            segment_name(later[0]), 0, f"the records {sequence + 1} to {later[0] - 1} are missing"
        )

    def _read(self, position: Position, most: int | None = None) -> bytes:
        wanted = self.size(position.segment) - position.offset
        wanted = wanted if most is None else min(wanted, most)
        if wanted <= 0:
            return b""
        pieces: list[bytes] = []
        flags = os.O_RDONLY | os.O_NOFOLLOW
        with (
            contextlib.suppress(FileNotFoundError),  # pruned since its size was read
            opened(self._fs, self._path(position.segment), flags) as fd,
        ):
            offset = position.offset
            while wanted > 0 and (piece := self._fs.pread(fd, wanted, offset)):
                pieces.append(piece)
                offset += len(piece)
                wanted -= len(piece)
        return b"".join(pieces)

    def _decode(self, line: bytes, place: Position, expected: int) -> Record:
        try:
            record = decode_record(line)
        except InvalidLine as error:
            raise damaged_journal(
                segment_name(place.segment), place.offset, f"a line is unreadable: {error}"
            ) from error
        if record.sequence != expected:
            raise damaged_journal(
                segment_name(place.segment),
                place.offset,
                f"record {expected} is missing; record {record.sequence} follows instead",
            )
        return record

    def _append_position(self, position: Position, sequence: int) -> Position:
        """Return the position of the next line, in the next segment if that already exists."""
        return Position(sequence + 1, 0) if self._continues(position, sequence) else position

    def _sync(self, fd: int, *, created: bool) -> None:
        self._fs.fdatasync(fd)
        if created:
            with opened(self._fs, self._folder, os.O_RDONLY | os.O_DIRECTORY) as folder:
                self._fs.fsync(folder)

    def _undo_append(self, fd: int, place: Position, error: OSError) -> None:
        try:
            self._fs.truncate(fd, place.offset)
            self._fs.fdatasync(fd)
        except OSError as second:
            self._failure = f"a write failed ({error}) and could not be undone ({second})"
