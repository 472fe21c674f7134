"""What happened, newest parts first: reads the journal backwards; must not know documents."""

import json
from collections.abc import Iterator

from podium.model.events import Event, Recorded
from podium.store.journal import Journal
from podium.store.records import InvalidLine, decode_record, recorded_of


def last_events(journal: Journal, subject: str | None, limit: int) -> list[Recorded]:
    """Return the last events, newest last; damaged lines are passed over.

    Args:
        journal: what is read.
        subject: only events about this id and what belongs to it; None for all.
        limit: at most so many.
    """
    found: list[Recorded] = []
    for recorded in _newest_first(journal, subject):
        if len(found) >= limit:
            break
        found.append(recorded)
    return found[::-1]


def _newest_first(journal: Journal, subject: str | None) -> Iterator[Recorded]:
    needle = json.dumps(subject, ensure_ascii=False)[1:-1].encode() if subject else b""
    for line in journal.backwards():
        if needle in line and line:
            try:
                events = recorded_of(decode_record(line))
            except InvalidLine:
                continue
            yield from (each for each in reversed(events) if _is_about(each.event, subject))


def _is_about(event: Event, subject: str | None) -> bool:
    return subject is None or event.subject == subject or event.subject.startswith(f"{subject}/")
