"""Reads the journal's events backwards, newest first."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol, TypeVar

from podium.model.events import Event, Recorded
from podium.store.journal.journal import Journal, Position
from podium.store.journal.record import InvalidLine, decode_record, recorded_of


class Written(Protocol):
    """A document's last transaction, and its position in the journal."""

    @property
    def sequence(self) -> int:
        """The number of the transaction."""
        ...

    @property
    def position(self) -> Position | None:
        """The position of its line; None if the journal does not contain it."""
        ...


W = TypeVar("W", bound=Written)


def last_events(
    journal: Journal, subject: str | None, limit: int, since: datetime | None = None
) -> list[Recorded]:
    """Return the last events, newest last; damaged lines are skipped.

    Args:
        journal: the journal to read.
        subject: only events about this id and its parts; None for all.
        limit: the maximum number of events.
        since: only events at or after this time.
    """
    found: list[Recorded] = []
    for recorded in _newest_first(journal, subject):
        if len(found) >= limit or (since is not None and recorded.at < since):
            break
        found.append(recorded)
    return found[::-1]


def last_changes(journal: Journal, entries: Mapping[str, W], below: str) -> dict[str, datetime]:
    """Return the time of the last change in each direct subfolder, by its name.

    Args:
        journal: the source of the times.
        entries: the documents by path.
        below: the parent folder, with a trailing `/`.
    """
    newest: dict[str, W] = {}
    for path, entry in entries.items():
        if path.startswith(below):
            name = path[len(below) :].partition("/")[0]
            if name not in newest or newest[name].sequence < entry.sequence:
                newest[name] = entry
    # Several entries may share a transaction; read each transaction once.
    positions = {entry.sequence: entry.position for entry in newest.values() if entry.position}
    moments = {
        sequence: journal.timestamp_at(position, sequence)
        for sequence, position in positions.items()
    }
    times = {name: moments.get(entry.sequence) for name, entry in newest.items()}
    return {name: moment for name, moment in times.items() if moment is not None}


def _newest_first(journal: Journal, subject: str | None) -> Iterator[Recorded]:
    needle = json.dumps(subject, ensure_ascii=False)[1:-1].encode() if subject else b""
    for line in journal.lines_newest_first():
        if needle in line and line:
            try:
                events = recorded_of(decode_record(line))
            except InvalidLine:
                continue
            yield from (each for each in reversed(events) if _is_about(each.event, subject))


def _is_about(event: Event, subject: str | None) -> bool:
    return subject is None or event.subject == subject or event.subject.startswith(f"{subject}/")
