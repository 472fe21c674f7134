"""The work under the write lock: committing, updating files, committing external edits."""

import contextlib
import json
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from podium.model.base import canonical_text
from podium.model.events import Actor, Event, EventKind
from podium.ports.clock import Clock
from podium.store.disk.durable import text_hash
from podium.store.disk.layout import TEMPORARY_MARK, is_document
from podium.store.documents.files import DocumentFiles, ObservedFile, Signature
from podium.store.documents.reconcile import Broken, CrashLeftover, Edited, InSync
from podium.store.journal.hash_chain import Anchor, Head
from podium.store.journal.journal import Journal, JournalReplaced, LocatedRecord
from podium.store.journal.published import PublishedMark
from podium.store.journal.record import Op, encode_record, record_of
from podium.store.state.checkpoint import Checkpoints, IndexRow
from podium.store.state.file_classifier import FileClassifier
from podium.store.state.replica import Replica
from podium.store.state.state import State

EXTERNAL = Actor(kind="external")
_EDITS_PER_COMMIT = 200


@dataclass(frozen=True)
class Problem:
    """A document's file that is unusable or stale; the journal's content is used instead.

    Args:
        path: the document, relative to the store's folder.
        reason: the cause, in one sentence.
        kept: the path of the quarantined copy, relative to the store's folder; None if there was
            nothing to copy.
    """

    path: str
    reason: str
    kept: str | None

    def __str__(self) -> str:
        copy = f" (a copy was saved to .podium/{self.kept})" if self.kept else ""
        return f"{self.path}: {self.reason}{copy}"


class Writer:
    """The writing half of a store; methods require the write lock unless documented otherwise.

    Args:
        journal: the journal to append to.
        checkpoints: the transaction up to which files are durable.
        files: the documents' files.
        replica: the committed contents.
        classifier: compares the files with the committed content.
        clock: provides the current time.
        head: the file with the last line's hash.
        published: the mark of the documents that were written to their files.
    """

    def __init__(
        self,
        journal: Journal,
        checkpoints: Checkpoints,
        files: DocumentFiles,
        replica: Replica,
        classifier: FileClassifier,
        clock: Clock,
        head: Head,
        published: PublishedMark,
    ) -> None:
        self._journal = journal
        self._checkpoints = checkpoints
        self._files = files
        self._replica = replica
        self._classifier = classifier
        self._clock = clock
        self._head = head
        self._published = published
        self._stale: set[str] = set()
        self._not_copied: set[str] = set()
        self._presynced: dict[str, Signature | None] = {}
        self.problems: dict[str, Problem] = {}
        self.repaired: list[Problem] = []

    # -- beginning

    def begin(self) -> list[str]:
        """Catch up with all other writers, and repair the leftovers of an interrupted one.

        Every writer checks the files that may not have been written, so that a crash after a
        commit is repaired by the next writer.

        Returns:
            The documents whose external edits were committed.

        Raises:
            StoreCorrupted: the journal is damaged.
            StoreReadOnly: an earlier write of this process could not be undone.
            OSError: the journal is unreadable or cannot be repaired.
        """
        self._journal.ensure_healthy()
        waiting = {*self._replica.overlaid_paths(), *self._stale}
        try:
            self._catch_up()
        except JournalReplaced:
            self._replica.load()
            self._raise_if_damaged()
            waiting.update(self._classifier.out_of_sync())
        state = self._replica.state
        published = self._published.read()
        if published is not None and not state.published_through(published):
            # The journal lost its end, or is another one: the mark must not become valid again.
            self._published.forget()
            published = None
        if self._journal.repair_tail(state.position, state.sequence):
            self._catch_up()
        self._replica.forget_superseded()
        state = self._replica.state
        unpublished = {*state.latest, *state.unpublished(published)}
        waiting.update(path for path in unpublished if path not in state.observed_files)
        self._record_truncation()
        edited = self.reconcile(sorted(waiting))
        self._replica.clear_overlay()
        return edited

    def _record_truncation(self) -> None:
        """Record, for verification, that the journal no longer ends at its last known end."""
        state, head = self._replica.state, self._head.read()
        if head is None or head.sequence < state.sequence or head == state.anchor:
            return
        event = Event(
            kind=EventKind.JOURNAL_CUT,
            subject="journal",
            message=f"the journal ended at {head.sequence} before, and ends at {state.sequence}",
            data={"sequence": head.sequence, "digest": head.digest},
        )
        self.commit(EXTERNAL, [], [event])

    def _catch_up(self) -> None:
        self._replica.catch_up()
        self._raise_if_damaged()

    def _raise_if_damaged(self) -> None:
        if self._replica.damage is not None:
            raise self._replica.damage

    # -- committing

    def commit(self, actor: Actor, ops: Sequence[Op], events: Sequence[Event]) -> None:
        """Append one transaction; it is durable when this returns.

        Raises:
            OSError: nothing is committed.
            StoreReadOnly: a failed write could not be undone.
        """
        state = self._replica.state
        transaction, now = secrets.token_hex(8), self._clock.now()
        sequence, digest = state.sequence + 1, state.digest
        line = encode_record(sequence, now, actor, transaction, ops, events, digest)
        start, end = self._journal.append(state.position, state.sequence, line)
        digest = text_hash(line)
        self._head.write(Anchor(sequence, digest))
        record = record_of(sequence, now, actor, ops, events, state.digest)
        self._replica.apply_committed(LocatedRecord(record, start, end, digest))

    def publish(self, path: str, text: bytes | None, expected: Signature | None) -> None:
        """Update the file of a committed document, or remove it.

        A failure is harmless: the journal has the content, and the file is updated later.

        Args:
            path: the document.
            text: its canonical text; None if it was deleted.
            expected: the file's signature when it was classified; a file that was changed since
                contains an edit and is kept.
        """
        if path in self._not_copied:
            return
        try:
            if self._files.signature(path) == expected:
                self._write_file(path, text)
        except OSError as error:
            self._report_stale(path, error)

    def remove_packed(self, changes: Mapping[str, Signature | None]) -> None:
        """Remove deleted documents that are in packs, each of which is written once.

        Args:
            changes: the signatures of the documents when they were classified, by path.
        """
        with contextlib.suppress(OSError):  # `publish` reports it
            packed = [
                path
                for path, seen in changes.items()
                if self._files.is_packed(path) and self._files.signature(path) == seen
            ]
            self._files.remove_from_packs(packed)
            for path in packed:
                self._replica.state.observed_files[path] = ObservedFile(None, settled=False)

    def mark_published(self) -> None:
        """Record that all documents are in their files, except those with problems."""
        state = self._replica.state
        lagging = filter(is_document, {*self._stale, *self._not_copied, *self.problems})
        self._published.write(state.sequence, state.digest, frozenset(lagging))

    # -- external edits and crash leftovers

    def reconcile(self, paths: Iterable[str]) -> list[str]:
        """Finish interrupted writes, commit edits and quarantine broken content.

        Args:
            paths: documents, and temporary files that interrupted writers left behind.

        Returns:
            The documents whose edits were committed.

        Raises:
            OSError: an edit could not be committed.
        """
        edits: dict[str, Edited] = {}
        for path in paths:
            if TEMPORARY_MARK in path:
                with contextlib.suppress(OSError):
                    self._files.remove(path)
                continue
            status = self._classifier.classify(path)
            match status:
                case InSync():
                    self._forget_problem(path)
                case CrashLeftover(damaged):
                    self._finish_write(path, damaged)
                case Edited():
                    edits[path] = status
                case Broken(reason, content):
                    self._report_broken(path, reason, content)
                case _ as unreachable:
                    assert_never(unreachable)
        found = list(edits.items())
        for start in range(0, len(found), _EDITS_PER_COMMIT):
            self._commit_edits(found[start : start + _EDITS_PER_COMMIT])
        return list(edits)

    def rewrite_files(self, paths: Collection[str]) -> None:
        """Update documents' files regardless of their content, and quarantine unusable content.

        Only at a person's request: a simultaneous edit would be overwritten.
        """
        removed = [path for path in paths if self._replica.state.hash_of(path) is None]
        with contextlib.suppress(OSError):  # reported below for each document
            self._files.remove_from_packs(removed)
        for path in paths:
            try:
                content = None if self._files.damaged_pack(path) else self._files.read(path)
                if content is not None and isinstance(self._classifier.classify(path), Broken):
                    self._files.quarantine(path, content)
                self._write_file(path, self._committed_text(path))
            except OSError as error:
                self._report_stale(path, error)

    def _commit_edits(self, edits: Sequence[tuple[str, Edited]]) -> None:
        state = self._replica.state
        ops = [Op(path, state.hash_of(path), edit.after, edit.document) for path, edit in edits]
        self.commit(EXTERNAL, ops, [_edit_event(op) for op in ops])
        for path, edit in edits:
            self._replica.state.observed_files[path] = ObservedFile(edit.signature, settled=False)
            self._forget_problem(path)

    def _finish_write(self, path: str, damaged: bytes | None) -> None:
        try:
            kept = self._files.quarantine(path, damaged) if damaged else None
            self._write_file(path, self._committed_text(path))
        except OSError as error:
            self._report_stale(path, error)
            return
        if kept:
            reason = "a crash damaged its file; it was restored from the journal"
            self.repaired.append(Problem(path, reason, kept))

    def _committed_text(self, path: str) -> bytes | None:
        if self._replica.state.hash_of(path) is None:
            return None
        return canonical_text(json.loads(self._replica.committed_raw(path))).encode()

    def _write_file(self, path: str, text: bytes | None) -> None:
        signature = None
        if text is None:
            self._files.remove(path)
        else:
            signature = self._files.replace(path, text)
        self._replica.state.observed_files[path] = ObservedFile(signature, settled=False)
        self._forget_problem(path)

    def forget_problems_except(self, out_of_sync: Collection[str]) -> None:
        """Forget the problems with all other files, because they are in sync."""
        for path in set(self.problems).difference(out_of_sync):
            self._forget_problem(path)

    def _forget_problem(self, path: str) -> None:
        self.problems.pop(path, None)
        self._stale.discard(path)
        self._not_copied.discard(path)

    def _report_stale(self, path: str, error: OSError) -> None:
        self._stale.add(path)
        reason = f"its file could not be updated: {error.strerror or error}"
        self.problems[path] = Problem(path, reason, None)

    def _report_broken(self, path: str, reason: str, content: bytes | None) -> None:
        kept = None
        self._not_copied.discard(path)
        if content is not None:
            try:
                kept = self._files.quarantine(path, content)
            except OSError:
                self._not_copied.add(path)
        self.problems[path] = Problem(path, reason, kept)

    # -- checkpoints

    def presync(self) -> None:
        """Sync the files for the next checkpoint in advance, without a lock and without guarantees.

        If the whole file system was synced, the checkpoint syncs only what was written since.

        Raises:
            OSError: a file was removed in the meantime, or cannot be synced.
        """
        self._presynced = {}
        found = {path: self._files.signature(path) for path in self._replica.state.superseded}
        if self._files.sync(list(found)):
            self._presynced = found

    def checkpoint(self) -> bool:
        """Make all files durable and advance the checkpoint.

        Returns:
            False if a file could not be updated; then the checkpoint has not moved.

        Raises:
            OSError: the checkpoint has not moved; nothing is lost.
        """
        changed = list(self._replica.state.superseded)
        self.reconcile(changed)
        if not self._stale.isdisjoint(changed):
            return False
        self._files.sync([path for path in changed if not self._is_presynced(path)])
        self._files.remove_replaced(changed)
        state = self._replica.state
        self._journal.sync(state.position)
        for path, seen in list(state.observed_files.items()):
            if not seen.settled:
                self._classifier.classify(path)
        rows = {path: _index_row(state, path) for path in state.entries}
        self._checkpoints.write(state.sequence, state.position, state.digest, rows)
        self._replica.forget_superseded()
        return True

    def _is_presynced(self, path: str) -> bool:
        found = self._presynced
        return path in found and found[path] == self._files.signature(path)


def _index_row(state: State, path: str) -> IndexRow:
    entry, observed = state.entries[path], state.observed_files.get(path)
    assert entry.position is not None  # the state comes entirely from the journal
    signature = observed.signature if observed and observed.settled else None
    return IndexRow(entry.hash, entry.sequence, entry.position, signature)


def _edit_event(op: Op) -> Event:
    change = "deleted" if op.after is None else "added" if op.before is None else "changed"
    return Event(
        kind=EventKind.ADOPTED,
        subject=op.path,
        message=f"{op.path} was {change} outside of Podium",
        data={"change": change},
    )
