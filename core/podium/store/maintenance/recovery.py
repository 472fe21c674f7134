"""Diagnoses a damaged store and applies the remedies that a person confirms.

Remedies are applied only after they were shown, and replaced content is quarantined.
"""

import contextlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from podium.errors import ConflictError, StoreCorrupted, WriteConflict
from podium.model.base import canonical_text
from podium.model.events import Event, EventKind
from podium.store.disk.durable import sync_folder, text_hash, write_durably
from podium.store.disk.errors import storage_errors
from podium.store.documents.packs import PACK_NAME
from podium.store.documents.parsing import parse_document
from podium.store.documents.repair import difference, proposed_repairs
from podium.store.journal.journal import Position, segment_name
from podium.store.journal.record import InvalidLine, JsonObject, Op, Record, decode_record
from podium.store.maintenance.components import Components
from podium.store.maintenance.deleted import Deleted, bring_back, find_deleted
from podium.store.maintenance.packing import repair_pack
from podium.store.state.checkpoint import IndexRow
from podium.store.state.snapshots import Snapshot, SnapshotName, SnapshotRow

JOURNAL = "run/journal"
RESTORE, REMOVE, RENEW = "restore", "set-aside", "renew"


@dataclass(frozen=True)
class Remedy:
    """A way to repair a problem.

    Args:
        name: `both`, `ours`, `theirs`, `mended`, `restore`, `set-aside`, `renew` or `drop`.
        explanation: its effect, in one sentence.
        diff: the changes to the file; empty if they cannot be shown.
    """

    name: str
    explanation: str
    diff: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """A problem and its remedies.

    Args:
        path: the document, relative to the store's folder; `run/journal` for the journal.
        reason: the cause, in one sentence.
        kept: the path of the quarantined copy, relative to the store's folder.
        remedies: the possible remedies, recommended first; empty if the problem resolves itself.
        token: identifies exactly this state of the file.
        is_missing: whether the file was deleted, though other documents refer to it.
        commands: other ways to repair it, as commands.
    """

    path: str
    reason: str
    kept: str
    remedies: tuple[Remedy, ...]
    token: str
    is_missing: bool = False
    commands: tuple[str, ...] = ()


class Recovery:
    """Diagnoses a damaged store and offers remedies; created by `Store.recovery`.

    Args:
        parts: the store's parts.
    """

    def __init__(self, parts: Components) -> None:
        self._parts = parts

    def diagnose(self) -> list[Diagnosis]:
        """Return all problems, the journal's first, without changing anything.

        Raises:
            StorageError: the store is unreadable.
        """
        with storage_errors("check the store"):
            return list(self._diagnoses())

    def apply(self, diagnosis: Diagnosis, remedy: str) -> None:
        """Apply the remedy that a person confirmed.

        Raises:
            ConflictError: the remedy does not exist.
            WriteConflict: the file was changed after the diagnosis.
            StorageError: the file is not writable.
        """
        if remedy not in [each.name for each in diagnosis.remedies]:
            known = ", ".join(each.name for each in diagnosis.remedies) or "none"
            raise ConflictError(
                f"{remedy!r} is not a remedy for {diagnosis.path}",
                why=f"available remedies: {known}",
                hints=["podium recover --dry-run shows the remedies"],
            )
        with storage_errors("repair the store"):
            if diagnosis.path == JOURNAL:
                self._renew_journal(diagnosis)
            elif diagnosis.path.endswith(f"/{PACK_NAME}"):
                self._repair_pack(diagnosis)
            else:
                self._repair_file(diagnosis, remedy)

    def find_deleted(self, paths: Collection[str]) -> dict[str, Deleted]:
        """Return what is known about documents that do not exist, by path.

        Raises:
            StorageError: the journal is unreadable.
        """
        return find_deleted(self._parts, paths)

    def bring_back(self, path: str) -> None:
        """Write the last content of a deleted document again.

        Raises:
            NotFoundError: no copy of it exists.
            WriteConflict: the document exists again.
            StorageError: the store is not writable.
        """
        bring_back(self._parts, path)

    # -- files

    def _diagnoses(self) -> Iterator[Diagnosis]:
        parts = self._parts
        if (damage := self._damage()) is not None:
            what, why = damage
            explanation = (
                "quarantines the damaged journal, keeps every document as found in the readable "
                "lines and the files, and starts a new journal"
            )
            renew = Remedy(RENEW, explanation)
            yield Diagnosis(JOURNAL, f"{what}: {why}", "", (renew,), what)
        yield from self._damaged_packs()
        for path, problem in sorted(parts.writer.problems.items()):
            if parts.files.damaged_pack(path):
                continue
            content = None
            with contextlib.suppress(OSError):
                content = parts.files.read(path)
            remedies = () if content is None else tuple(self._remedies(path, content))
            token = text_hash(content or b"")
            yield Diagnosis(path, problem.reason, problem.kept or "", remedies, token)

    def _damaged_packs(self) -> Iterator[Diagnosis]:
        parts = self._parts
        packs = filter(None, map(parts.files.damaged_pack, parts.writer.problems))
        for pack in sorted(set(packs)):
            explanation = "gives each of its documents a file with the last saved content"
            reason = f"it is damaged, and {_count_in(parts, pack)} documents are in it"
            token = text_hash(parts.fs.read(parts.layout.at(pack)) or b"")
            yield Diagnosis(pack, reason, "", (Remedy(RESTORE, explanation),), token)

    def _damage(self) -> tuple[str, str] | None:
        """Return the journal's damage and its consequence, or None if it is intact.

        Only this method reads lines before the last checkpoint, so only it finds damage there.
        """
        parts = self._parts
        if parts.replica.damage is not None:
            return parts.replica.damage.what, parts.replica.damage.why
        for segment in parts.journal.segments():
            for number, line in enumerate(parts.journal.lines(segment), start=1):
                try:
                    decode_record(line)
                except InvalidLine as error:
                    what = f"Line {number} of the journal file {segment_name(segment)} is damaged"
                    why = "the current documents are intact, but states before that line are lost"
                    return what, f"{error}; {why}"
        return None

    def _remedies(self, path: str, content: bytes) -> Iterator[Remedy]:
        """Yield the remedies for an unusable file; a guess never comes first."""
        now = content.decode(errors="replace")
        found = [
            Remedy(each.name, f"writes {each.explanation}", difference(now, each.text))
            for each in proposed_repairs(content)
            if self._parts.kinds.problem(path, each.text.encode()) is None
        ]
        guesses = [each for each in found if each.name == "mended"]
        yield from (each for each in found if each not in guesses)
        if (committed := self._committed(path)) is not None:
            explanation = "restores the last saved content; the broken file is quarantined"
            yield Remedy(RESTORE, explanation, difference(now, committed))
            yield from guesses
        else:
            yield from guesses
            yield Remedy(REMOVE, "removes the file; a copy is quarantined")

    def _committed(self, path: str) -> str | None:
        if self._parts.replica.state.hash_of(path) is None:
            return None
        try:
            return canonical_text(json.loads(self._parts.replica.committed_raw(path)))
        except StoreCorrupted:
            return None

    def _repair_file(self, diagnosis: Diagnosis, remedy: str) -> None:
        parts, path = self._parts, diagnosis.path
        with parts.writing():
            content = parts.files.read(path) or b""
            if text_hash(content) != diagnosis.token:
                raise _changed_since(path)
            kept = parts.files.quarantine(path, content)
            message = f"{remedy}; the previous content was saved to {kept}"
            event = Event(kind=EventKind.RESTORED, subject=path, message=message)
            match remedy:
                case "restore":
                    parts.writer.commit(parts.actor, [], [event])
                    parts.writer.rewrite_files([path])
                case "set-aside":
                    parts.writer.commit(parts.actor, [], [event])
                    parts.files.remove(path)
                    parts.writer.reconcile([path])
                case _:
                    text = next(
                        each.text for each in proposed_repairs(content) if each.name == remedy
                    )
                    document, found = parse_document(text.encode())
                    op = Op(path, parts.replica.state.hash_of(path), found, document)
                    ops = [op] if op.before != op.after else []
                    parts.writer.commit(parts.actor, ops, [event])
                    parts.writer.rewrite_files([path])

    def _repair_pack(self, diagnosis: Diagnosis) -> None:
        parts, pack = self._parts, diagnosis.path
        with parts.writing():
            if text_hash(parts.fs.read(parts.layout.at(pack)) or b"") != diagnosis.token:
                raise _changed_since(pack)
            repair_pack(parts, pack)

    # -- the journal

    def _renew_journal(self, diagnosis: Diagnosis) -> None:
        """Start a new journal after the damaged one, which is not deleted.

        Writing the new checkpoint is the switch: before it, the store is as damaged as ever; after
        it, the new journal is in use. Documents come from the readable lines; a file whose content
        is not in a readable line is newer, and is committed as an edit afterwards.
        """
        parts = self._parts
        with parts.write_lock.exclusive():
            parts.replica.load()
            damage = self._damage()
            if damage is None or damage[0] != diagnosis.token:
                raise WriteConflict(
                    "The journal was changed after the diagnosis",
                    hints=["podium recover diagnoses it again"],
                )
            salvage = self._salvage()
            begin = Position(salvage.last + 1, 0)
            kept = self._copy_segments(salvage.last)
            self._rewrite_stale(salvage)
            name = SnapshotName(salvage.last, parts.clock.now(), "recovered")
            rows = [
                SnapshotRow(path, IndexRow(content, salvage.last, begin, None), raw)
                for path, (content, raw) in sorted(salvage.documents.items())
            ]
            parts.snapshots.write(name, Snapshot(salvage.last, "", begin, tuple(rows)))
            index = {row.path: row.index for row in rows}
            parts.checkpoints.write(salvage.last, begin, "", index)
            self._remove_old(salvage.last)
            parts.replica.load()
            event = Event(
                kind=EventKind.JOURNAL_RECOVERED,
                subject="journal",
                message=f"{salvage.unreadable} damaged lines up to {salvage.last}; see {kept}",
                data={"through": salvage.last, "kept": kept},
            )
            parts.writer.commit(parts.actor, [], [event])
            parts.writer.reconcile(sorted(salvage.documents))

    def _salvage(self) -> "_Salvage":
        parts = self._parts
        state = parts.replica.state
        documents = {
            path: (entry.hash, parts.replica.content_of(path, entry))
            for path, entry in state.entries.items()
        }
        head = parts.head.read()
        last = max(state.sequence, head.sequence if head else 0)
        found = _Salvage(documents, {}, last, 0)
        for segment in parts.journal.segments():
            for line in parts.journal.lines(segment):
                try:
                    record = decode_record(line)
                except InvalidLine:
                    found.unreadable += 1
                    continue
                found.add(record, after=state.sequence)
        found.last += found.unreadable
        return found

    def _copy_segments(self, last: int) -> str:
        parts = self._parts
        folder = f"run/quarantine/journal-{last:012d}"
        parts.fs.makedirs(parts.layout.at(folder))
        # No need to sync `run` here: writing the checkpoint, before anything is removed, does that.
        sync_folder(parts.fs, parts.layout.at("run/quarantine"))
        for segment in parts.journal.segments():
            name = segment_name(segment)
            data = parts.fs.read(f"{parts.layout.journal}/{name}") or b""
            write_durably(parts.fs, parts.layout.at(f"{folder}/{name}"), data)
        return folder

    def _rewrite_stale(self, salvage: "_Salvage") -> None:
        """Rewrite the files whose content a readable line replaced; keep the others."""
        parts = self._parts
        for path, older in salvage.older.items():
            content, raw = salvage.documents.get(path, (None, b""))
            found = _hash_of_file(parts, path)
            if found == content or found not in older:
                continue
            if content is None:
                parts.files.remove(path)
            else:
                parts.files.replace(path, canonical_text(json.loads(raw)).encode())
        parts.files.sync(list({*salvage.older, *salvage.documents}))

    def _remove_old(self, last: int) -> None:
        """Remove the old journal; the following commit creates a segment and syncs the folder."""
        parts = self._parts
        with contextlib.suppress(FileNotFoundError):
            parts.fs.unlink(parts.layout.head)
        for segment in parts.journal.segments():
            if segment <= last:
                parts.fs.unlink(f"{parts.layout.journal}/{segment_name(segment)}")


@dataclass
class _Salvage:
    """The recoverable data of a store with a damaged journal.

    Args:
        documents: by path, the content hash and the JSON text.
        older: by path, the contents that were replaced (None: no document).
        last: a sequence number at least as high as any ever used.
        unreadable: the number of unreadable lines.
    """

    documents: dict[str, tuple[str, bytes]]
    older: dict[str, set[str | None]]
    last: int
    unreadable: int

    def add(self, record: Record, *, after: int) -> None:
        """Add a readable record; if it is already in the state, add only the replaced contents."""
        self.last = max(self.last, record.sequence)
        for op in record.ops:
            older = self.older.setdefault(op.path, set())
            older.update((op.before, op.after))
            if record.sequence > after:
                self._set(op.path, op.after, op.document)

    def _set(self, path: str, content: str | None, document: JsonObject | None) -> None:
        if content is None:
            self.documents.pop(path, None)
        else:
            self.documents[path] = (content, json.dumps(document).encode())


def _count_in(parts: Components, pack: str) -> int:
    return sum(1 for path in parts.writer.problems if parts.files.damaged_pack(path) == pack)


def _changed_since(path: str) -> WriteConflict:
    return WriteConflict(
        f"{path} was changed after the diagnosis", hints=["podium recover diagnoses it again"]
    )


def _hash_of_file(parts: Components, path: str) -> str | None:
    """Return the content hash of a document's file; a constant for an unusable one."""
    try:
        content = parts.files.read(path)
        return None if content is None else parse_document(content)[1]
    except (OSError, ValueError):
        return "unusable"
