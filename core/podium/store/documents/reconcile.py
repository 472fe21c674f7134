"""Classifies a file's content: in sync, crash leftover, edited or broken."""

from dataclasses import dataclass
from typing import TypeAlias

from podium.store.disk.durable import text_hash
from podium.store.documents.files import Signature
from podium.store.documents.parsing import has_conflict_markers, parse_document
from podium.store.journal.record import JsonObject


@dataclass(frozen=True)
class InSync:
    """The file has the committed content, perhaps formatted differently."""


@dataclass(frozen=True)
class CrashLeftover:
    """A writer was interrupted before it replaced the file; it should have the committed content.

    Args:
        damaged: unusable bytes in the file, to be quarantined; None if the content is merely
            outdated.
    """

    damaged: bytes | None


@dataclass(frozen=True)
class Edited:
    """The file was changed outside Podium.

    Args:
        document: the new content; None if the file was removed.
        after: its content hash; None if the file was removed.
        signature: the file's signature; None if it was removed.
    """

    document: JsonObject | None
    after: str | None
    signature: Signature | None


@dataclass(frozen=True)
class Broken:
    """The file is unusable; the journal's content is used instead.

    Args:
        reason: why the file is unusable.
        content: the file's bytes; None if it is unreadable.
    """

    reason: str
    content: bytes | None


FileStatus: TypeAlias = InSync | CrashLeftover | Edited | Broken


def classify_content(
    content: bytes | None,
    *,
    committed: str | None,
    crash_leftovers: frozenset[str | None],
    may_be_torn: bool,
    signature: Signature | None = None,
) -> FileStatus:
    """Return the status of a file's content, before its schema is checked.

    Args:
        content: the file's bytes; None if there is no file.
        committed: the committed content hash; None if the document does not exist.
        crash_leftovers: the hashes of older contents that an interrupted writer may have left.
        may_be_torn: whether a power loss may have damaged the file.
        signature: the file's signature, passed through to `Edited`.
    """
    if content is None:
        return _classify_hash(None, None, committed, crash_leftovers, signature)
    if text_hash(content) == committed:
        return InSync()
    try:
        document, found = parse_document(content)
    except ValueError as error:
        if may_be_torn and _is_torn(content):
            return CrashLeftover(damaged=content)
        return Broken(str(error), content)
    return _classify_hash(document, found, committed, crash_leftovers, signature)


def _classify_hash(
    document: JsonObject | None,
    found: str | None,
    committed: str | None,
    crash_leftovers: frozenset[str | None],
    signature: Signature | None,
) -> FileStatus:
    if found == committed:
        return InSync()
    if found in crash_leftovers:
        return CrashLeftover(damaged=None)
    return Edited(document, found, signature)


def _is_torn(content: bytes) -> bool:
    """Return whether unusable bytes look like a power loss rather than a person's edit."""
    if has_conflict_markers(content):
        return False
    return b"\0" in content or not content.rstrip().endswith(b"}")
