"""Verifies the journal's hash chain: finds every line that was changed, removed or moved."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from podium.model.events import EventKind
from podium.store.disk.durable import text_hash
from podium.store.journal.hash_chain import Anchor
from podium.store.journal.journal import Journal, segment_name
from podium.store.journal.record import InvalidLine, Record, decode_record


@dataclass(frozen=True)
class Flaw:
    """A defect in the chain.

    Args:
        sequence: the affected transaction, or the one before the defect.
        segment: the name of the journal's file.
        reason: the cause, in one sentence.
    """

    sequence: int
    segment: str
    reason: str


@dataclass(frozen=True)
class ChainReport:
    """The result of a verification.

    Args:
        first: the first transaction in the journal; 0 for an empty journal.
        last: the last one, with the hash of its line.
        unchained: the number of lines in format 1, which had no chain.
        pruned: the last transaction whose line was pruned because a snapshot covers it; 0 if there
            is none.
        flaws: the defects, in the order of the journal.
    """

    first: int
    last: Anchor
    unchained: int
    pruned: int
    flaws: tuple[Flaw, ...]

    @property
    def is_intact(self) -> bool:
        """Whether there are no defects."""
        return not self.flaws


@dataclass
class _Walk:
    """The state of the verification while the lines are read."""

    sequence: int = 0
    digest: str | None = None
    """The hash of the previous line; None if unknown."""
    first: int = 0
    first_link: str = ""
    """The previous hash in the first line."""
    chained: bool = False
    unchained: int = 0
    digests: dict[int, str] = field(default_factory=dict[int, str])
    flaws: list[Flaw] = field(default_factory=list[Flaw])
    pruned: dict[int, str] = field(default_factory=dict[int, str])
    recovered: set[int] = field(default_factory=set[int])


def verify_chain(journal: Journal, anchors: Mapping[str, Anchor]) -> ChainReport:
    """Verify the whole journal, without a lock, because only committed lines are read.

    Args:
        journal: the journal to verify.
        anchors: positions of the chain that are recorded elsewhere, by location.

    Raises:
        OSError: the journal is unreadable.
    """
    walk = _Walk()
    for segment, line in _lines(journal):
        _check_line(walk, segment, line)
    _check_beginning(walk)
    for name, anchor in anchors.items():
        _check_anchor(walk, name, anchor)
    through = walk.first - 1 if walk.first > 1 else 0
    last = Anchor(walk.sequence, walk.digest or "")
    return ChainReport(walk.first, last, walk.unchained, through, tuple(walk.flaws))


def _lines(journal: Journal) -> Iterator[tuple[int, bytes]]:
    for segment in journal.segments():
        for line in journal.lines(segment):
            yield segment, line


def _check_line(walk: _Walk, segment: int, line: bytes) -> None:
    name = segment_name(segment)
    try:
        record = decode_record(line)
    except InvalidLine as error:
        expected = max(walk.sequence + 1, segment)
        walk.flaws.append(Flaw(expected, name, f"the line of record {expected}: {error}"))
        walk.sequence, walk.digest = expected, None
        walk.first = walk.first or expected
        return
    if not walk.first:
        walk.first, walk.first_link = record.sequence, record.previous or ""
        if record.sequence != segment:
            reason = f"it begins with record {record.sequence}; its first lines are missing"
            walk.flaws.append(Flaw(record.sequence, name, reason))
    else:
        _check_order(walk, name, record)
    _check_link(walk, name, record)
    walk.sequence, walk.digest = record.sequence, text_hash(line)
    walk.digests[record.sequence] = walk.digest
    _note_events(walk, record)


def _check_order(walk: _Walk, name: str, record: Record) -> None:
    expected = walk.sequence + 1
    if record.sequence > expected:
        reason = f"the records {expected} to {record.sequence - 1} are missing"
        walk.flaws.append(Flaw(expected, name, reason))
        walk.digest = None
    elif record.sequence < expected:
        reason = f"record {record.sequence} comes after record {walk.sequence}"
        walk.flaws.append(Flaw(record.sequence, name, reason))
        walk.digest = None


def _check_link(walk: _Walk, name: str, record: Record) -> None:
    if record.previous is None:
        walk.unchained += 1
        if walk.chained:
            reason = f"record {record.sequence} does not contain the hash of the previous line"
            walk.flaws.append(Flaw(record.sequence, name, reason))
        return
    walk.chained = True
    if record.sequence == 1 and record.previous:
        reason = "record 1 contains the hash of a previous line"
        walk.flaws.append(Flaw(1, name, reason))
    if walk.digest is not None and record.previous != walk.digest:
        reason = f"record {walk.sequence} is not the one that record {record.sequence} follows"
        walk.flaws.append(Flaw(walk.sequence, name, f"{reason}: it was changed"))


def _note_events(walk: _Walk, record: Record) -> None:
    for event in record.events:
        data = event.get("data", {})
        match event.get("kind"):
            case EventKind.JOURNAL_PRUNED:
                walk.pruned[data["through"]] = data["digest"]
            case EventKind.JOURNAL_RECOVERED:
                walk.recovered.add(data["through"])
            case EventKind.JOURNAL_CUT:
                reason = f"the journal had reached {data['sequence']} before this was written"
                flaw = f"{reason}: lines were removed or changed"
                walk.flaws.append(Flaw(record.sequence, segment_name(record.sequence), flaw))
            case _:
                pass


def _check_beginning(walk: _Walk) -> None:
    through = walk.first - 1
    if through <= 0 or through in walk.recovered:
        return
    known = {**walk.digests, through: walk.first_link}
    # After an interrupted pruning, some of the listed lines still exist.
    if not any(known.get(each) == digest for each, digest in walk.pruned.items()):
        reason = f"the records up to {through} are missing, and were not pruned"
        walk.flaws.insert(0, Flaw(walk.first, segment_name(walk.first), reason))


def _check_anchor(walk: _Walk, name: str, anchor: Anchor) -> None:
    segment = segment_name(walk.first or 1)
    if anchor.sequence > walk.sequence:
        missing = f"the records {walk.sequence + 1} to {anchor.sequence} are missing at the end"
        walk.flaws.append(Flaw(walk.sequence, segment, f"{missing}: {name} names them"))
    elif anchor.sequence >= walk.first > 0:
        found = walk.digests.get(anchor.sequence)
        if found is not None and found != anchor.digest:
            reason = f"record {anchor.sequence} is not the one that {name} names: it was changed"
            walk.flaws.append(Flaw(anchor.sequence, segment, reason))
