"""This process's copy of the committed documents; does not take the store's locks."""

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from pydantic import ValidationError as PydanticError

from podium.errors import StoreCorrupted
from podium.model.base import Frozen
from podium.store.disk.durable import text_hash
from podium.store.disk.errors import invalid_document, newer_document
from podium.store.disk.layout import compile_pattern
from podium.store.documents.files import DocumentFiles, ObservedFile
from podium.store.documents.kinds import describe_validation_error
from podium.store.documents.parsing import parse_document
from podium.store.documents.upcasters import NewerDocument, Upcasters
from podium.store.journal.journal import Journal, JournalReplaced, LocatedRecord
from podium.store.state.checkpoint import Checkpoints
from podium.store.state.snapshots import Snapshots
from podium.store.state.state import Entry, State, state_from_index, state_from_snapshot

V = TypeVar("V", bound=Frozen)


@dataclass(frozen=True)
class Mark:
    """The state that a reader has seen.

    Args:
        generation: increases when documents may have changed without a transaction.
        sequence: the last transaction.
    """

    generation: int
    sequence: int


class Replica:
    """This process's view of the committed documents; safe to use from several threads.

    Args:
        journal: the journal to follow.
        checkpoints: the starting point.
        files: the source of contents that are missing in the starting point.
        snapshots: the fallback for contents and for the starting point.
        upcasters: the schema versions of documents.
    """

    def __init__(
        self,
        journal: Journal,
        checkpoints: Checkpoints,
        files: DocumentFiles,
        snapshots: Snapshots,
        upcasters: Upcasters,
    ) -> None:
        self._journal = journal
        self._checkpoints = checkpoints
        self._files = files
        self._snapshots = snapshots
        self._upcasters = upcasters
        self._overlay: dict[str, Entry | None] = {}
        self._generation = 0
        self.mutex = threading.RLock()
        self.damage: StoreCorrupted | None = None
        self.checkpoint_sequence = 0
        """The last transaction of the latest known checkpoint."""
        self.state = State(*journal.beginning())

    # -- following

    def load(self) -> None:
        """Start over: from the checkpoint's index if it exists, otherwise from the beginning."""
        with self.mutex:
            start = self._checkpoints.load()
            if start and self._journal.holds(start[0].position):
                mark, rows = start
                digest = mark.digest
                if digest is None:
                    digest = self._journal.digest_before(mark.position)
                self.state = state_from_index(mark.position, mark.sequence, digest, rows)
            else:
                self.state = self._state_without_checkpoint()
            self._overlay.clear()
            self._generation += 1
            self._follow()
            self.forget_superseded()

    def _state_without_checkpoint(self) -> State:
        """Return the initial state: empty, or a snapshot if the journal was pruned."""
        beginning, before = self._journal.beginning()
        if before > 0:
            for snapshot in self._snapshots.newest_first():
                if snapshot.sequence == before:
                    return replace(state_from_snapshot(snapshot), position=beginning)
                if snapshot.position >= beginning and self._journal.holds(snapshot.position):
                    return state_from_snapshot(snapshot)
        return State(beginning, before)

    def catch_up(self) -> None:
        """Apply the transactions committed since the last call; cheap if nothing was committed.

        Raises:
            JournalReplaced: the journal was removed by another program; `load` starts over.
        """
        with self.mutex:
            position = self.state.position
            if not self._journal.has_more(position, self.state.sequence) and self.damage is None:
                return
            self._follow()
            if self.damage and not self._journal.holds(position):
                raise JournalReplaced

    def apply_committed(self, located: LocatedRecord) -> None:
        """Apply a record that this process has just committed, unless a reader has already done
        so."""
        with self.mutex:
            if located.record.sequence == self.state.sequence + 1:
                self._apply(located)

    def observe(
        self, path: str, content_hash: str | None, observed: ObservedFile, content: bytes | None
    ) -> None:
        """Remember that a file has `content_hash`, if that is still the committed content.

        Args:
            path: the document.
            content_hash: the hash of the file's content.
            observed: the signature of the file.
            content: the file's content, so that it is not read again.
        """
        with self.mutex:
            if self.state.hash_of(path) == content_hash:
                self.state.observed_files[path] = observed
                entry = self.state.entries.get(path)
                if entry is not None and entry.raw is None and entry.value is None:
                    entry.raw = content

    def forget_superseded(self) -> None:
        """Read the checkpoint's mark and forget superseded content up to it."""
        mark = self._checkpoints.mark()
        with self.mutex:
            if mark and mark.sequence <= self.state.sequence:
                self.state.checkpoint_reached(mark.sequence)
                self.checkpoint_sequence = mark.sequence
            else:
                self.checkpoint_sequence = 0

    def _follow(self) -> None:
        self.damage = None
        try:
            for located in self._journal.follow(self.state.position, self.state.sequence):
                self._apply(located)
        except StoreCorrupted as error:
            self.damage = error

    def _apply(self, located: LocatedRecord) -> None:
        self.state.apply(located)
        for op in located.record.ops:
            self._overlay.pop(op.path, None)

    # -- reading

    def overlay(self, path: str, document: bytes | None, content_hash: str | None) -> None:
        """Show a file's content although it cannot be committed at present.

        Args:
            path: the document.
            document: its JSON text; None if the file was removed.
            content_hash: the hash of its content; None if the file was removed.
        """
        with self.mutex:
            entry = None
            if document is not None and content_hash is not None:
                entry = Entry(content_hash, self.state.sequence, None, document)
            self._overlay[path] = entry
            self._generation += 1

    def overlaid_paths(self) -> list[str]:
        """Return the documents whose edits are not committed yet."""
        with self.mutex:
            return list(self._overlay)

    def clear_overlay(self) -> None:
        """Show the committed documents only."""
        with self.mutex:
            if self._overlay:
                self._overlay.clear()
                self._generation += 1

    def hash_of(self, path: str) -> str | None:
        """Return the content hash of a document."""
        with self.mutex:
            entry = self._entry(path)
            return None if entry is None else entry.hash

    def value(self, path: str, model: type[V]) -> V | None:
        """Return a document as a value, or None if it does not exist.

        Raises:
            StoreCorrupted: its content is lost, or does not match the type.
        """
        with self.mutex:
            entry = self._entry(path)
            return None if entry is None else self._parse(path, entry, model)

    def matching(self, pattern: str) -> list[str]:
        """Return the paths of the documents that a pattern matches, sorted."""
        with self.mutex:
            paths = self._with_overlay(self.state.matching(pattern))
            return sorted(filter(compile_pattern(pattern).fullmatch, paths))

    def paths(self) -> list[str]:
        """Return the paths of all documents, sorted."""
        with self.mutex:
            return sorted(self._with_overlay(self.state.entries))

    def changed_since(self, mark: "Mark | None") -> "tuple[Mark, frozenset[str] | None]":
        """Return which documents changed since a mark, and the mark for the next call.

        Returns:
            The new mark, and the documents; None instead if any document may have changed.
        """
        with self.mutex:
            now = Mark(self._generation, self.state.sequence)
            if mark is None or mark.generation != now.generation:
                return now, None
            return now, self.state.changed_after(mark.sequence)

    def _with_overlay(self, paths: Iterable[str]) -> set[str]:
        found = set(paths)
        for path, entry in self._overlay.items():
            if entry is None:
                found.discard(path)
            else:
                found.add(path)
        return found

    def committed_raw(self, path: str) -> bytes:
        """Return the JSON text of a committed document, regardless of its file's content.

        Raises:
            StoreCorrupted: its content is lost.
        """
        with self.mutex:
            return self._raw(path, self.state.entries[path])

    def content_of(self, path: str, entry: Entry) -> bytes:
        """Return an entry's JSON text, even if the entry is older than the current one.

        The text is not cached.

        Raises:
            StoreCorrupted: its content is lost.
        """
        with self.mutex:
            raw = entry.raw or self._find_raw(path, entry)
        if raw is None:
            raise _content_lost(path)
        return raw

    def _entry(self, path: str) -> Entry | None:
        if path in self._overlay:
            return self._overlay[path]
        return self.state.entries.get(path)

    def _parse(self, path: str, entry: Entry, model: type[V]) -> V:
        value = entry.value
        if type(value) is model:
            return value
        try:
            parsed = model.model_validate_json(self._upcasters.upcast(path, self._raw(path, entry)))
        except PydanticError as error:
            raise invalid_document(path, describe_validation_error(error)) from error
        except NewerDocument as error:
            raise newer_document(path, str(error)) from error
        entry.value = parsed
        if entry.position is not None:
            entry.raw = None  # the content is in the file and the journal
        return parsed

    def _raw(self, path: str, entry: Entry) -> bytes:
        """Return content from memory, its file, the journal or a snapshot."""
        if entry.raw is None:
            entry.raw = self._find_raw(path, entry)
        if entry.raw is None:
            raise _content_lost(path)
        return entry.raw

    def _find_raw(self, path: str, entry: Entry) -> bytes | None:
        return (
            self._raw_of_file(path, entry)
            or self._raw_of_journal(path, entry)
            or self._snapshots.find(path, entry.hash)
        )

    def _raw_of_file(self, path: str, entry: Entry) -> bytes | None:
        try:
            data = self._files.read(path)
        except OSError:
            return None
        if data is None or text_hash(data) == entry.hash:
            return data
        try:
            return data if parse_document(data)[1] == entry.hash else None
        except ValueError:
            return None

    def _raw_of_journal(self, path: str, entry: Entry) -> bytes | None:
        record = self._journal.record_at(entry.position) if entry.position else None
        for op in record.ops if record else ():
            if op.path == path and op.after == entry.hash:
                return json.dumps(op.document).encode()
        return None


def _content_lost(path: str) -> StoreCorrupted:
    return invalid_document(path, "its content is not in any file, journal or snapshot")
