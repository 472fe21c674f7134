"""One transaction: reads that see its own writes, and the changes to commit.

A transaction is valid only during the work for which it was created.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from podium.errors import InternalError, PathOutsideWorkspace, ValidationError, WriteConflict
from podium.model.base import Frozen, canonical_text, to_json
from podium.model.documents import Folder, Key
from podium.model.events import Event
from podium.platform.owned_files import reusing_folders
from podium.store.disk.durable import text_hash
from podium.store.disk.errors import storage_errors
from podium.store.disk.layout import check_path, compile_pattern
from podium.store.documents.files import MAX_DOCUMENT_BYTES, DocumentFiles, Signature
from podium.store.documents.upcasters import Upcasters
from podium.store.journal.record import JsonObject, Op
from podium.store.state.file_classifier import FileClassifier
from podium.store.state.replica import Replica
from podium.store.writer import Writer

V = TypeVar("V", bound=Frozen)

_RECONCILE = "commit external changes"


@dataclass(frozen=True)
class PendingWrite:
    """A document that the transaction writes.

    Args:
        value: the caller's value.
        document: its JSON form.
        text: the canonical text.
        hash: the content hash.
    """

    value: Frozen
    document: JsonObject
    text: bytes
    hash: str


class Transaction:
    """The object that `Store.transact` passes to its work.

    Args:
        writer: reconciles the files of documents that the transaction uses.
        replica: the committed contents.
        classifier: finds the files in a folder that are out of sync.
        files: the documents' files.
        upcasters: the schema versions of documents.
    """

    def __init__(
        self,
        writer: Writer,
        replica: Replica,
        classifier: FileClassifier,
        files: DocumentFiles,
        upcasters: Upcasters,
    ) -> None:
        self._writer = writer
        self._replica = replica
        self._classifier = classifier
        self._files = files
        self._upcasters = upcasters
        self._signatures: dict[str, Signature | None] = {}
        self._writes: dict[str, PendingWrite | None] = {}
        self._events: list[Event] = []
        self._folders: set[str] = set()
        self._open = True

    def get(self, key: Key[V]) -> V | None:
        """Return a document, or None if it does not exist.

        Raises:
            StoreCorrupted: its content does not match the key's type.
        """
        path = self._touch(key.path)
        if path not in self._writes:
            return self._replica.value(path, key.type)
        put = self._writes[path]
        return None if put is None else _value_of(put, key)

    def list(self, folder: Folder[V]) -> dict[str, V]:
        """Return the documents in a folder by path, sorted.

        Raises:
            StoreCorrupted: a document does not match the folder's type.
        """
        self._check_open()
        pattern = compile_pattern(folder.pattern)
        with storage_errors(_RECONCILE):
            self._writer.reconcile(self._classifier.out_of_sync_matching(folder.pattern))
            committed = self._replica.matching(folder.pattern)
            for path in committed:
                self._remember_signature(path)
        paths = {*committed, *filter(pattern.fullmatch, self._writes)}
        values = {path: self.get(Key(path, folder.type)) for path in sorted(paths)}
        return {path: value for path, value in values.items() if value is not None}

    def put(self, key: Key[V], value: V) -> None:
        """Write a document.

        Raises:
            PathOutsideWorkspace: the key is not a valid location in the store.
            ValidationError: the value cannot be stored, or is too large.
        """
        if not isinstance(value, key.type):
            raise InternalError(
                f"{key.path} must be a {key.type.__name__}", why="the value has another type"
            )
        path = self._touch(key.path)
        folder = path.rpartition("/")[0]
        obstacle = None
        if folder not in self._folders:
            with storage_errors(_RECONCILE):
                obstacle = self._files.obstacle(path)
        if obstacle:
            raise PathOutsideWorkspace(
                f".podium/{obstacle} is not a folder",
                why="documents need a folder there, not a symlink or a file",
                hints=[f"move .podium/{obstacle} away"],
            )
        self._folders.add(folder)
        document = self._upcasters.with_version(path, to_json(value))
        text = canonical_text(document).encode()
        if len(text) > MAX_DOCUMENT_BYTES:
            raise ValidationError(
                f"{path} would be too large",
                why=f"a document may have at most {MAX_DOCUMENT_BYTES // 2**20} MB",
                hints=["store less data in one document"],
            )
        self._writes[path] = PendingWrite(value, document, text, text_hash(text))

    def delete(self, key: Key[V]) -> None:
        """Delete a document if it exists."""
        self._writes[self._touch(key.path)] = None

    def expect(self, key: Key[V], content_hash: str | None) -> None:
        """Check that the committed content has not changed since the caller read it.

        Args:
            key: the document.
            content_hash: the result of `Store.hash_of`; None if there was no document.

        Raises:
            WriteConflict: the document has changed since.
        """
        path = self._touch(key.path)
        if self._replica.hash_of(path) != content_hash:
            raise WriteConflict(
                f"{path} has changed since you read it",
                why="another program or person saved it in the meantime",
                hints=["read it again, then repeat the change"],
            )

    def record(self, event: Event) -> None:
        """Add an event; it is committed with the changes, or by itself."""
        self._check_open()
        self._events.append(event)

    # -- for the store

    def close(self) -> None:
        """Make the transaction unusable."""
        self._open = False

    @property
    def events(self) -> Sequence[Event]:
        """The recorded events."""
        return self._events

    def ops(self) -> Sequence[Op]:
        """Return the effective changes, by path."""
        wanted = [
            _op_of(path, self._replica.hash_of(path), put)
            for path, put in sorted(self._writes.items())
        ]
        return [op for op in wanted if op.before != op.after]

    def publish(self, ops: Sequence[Op]) -> None:
        """Update the committed documents' files."""
        deleted = [op.path for op in ops if op.after is None]
        self._writer.remove_packed({path: self._signatures[path] for path in deleted})
        with reusing_folders():
            for op in ops:
                put = self._writes[op.path]
                text = None if put is None else put.text
                self._writer.publish(op.path, text, self._signatures[op.path])

    # -- helpers

    def _check_open(self) -> None:
        if not self._open:
            raise InternalError("A transaction was used after its work ended")

    def _touch(self, path: str) -> str:
        """Reconcile a document's file once, so that an external edit is never overwritten."""
        self._check_open()
        if path not in self._signatures:
            with storage_errors(_RECONCILE):
                self._writer.reconcile([check_path(path)])
                self._remember_signature(path)
        return path

    def _remember_signature(self, path: str) -> None:
        if path not in self._signatures:
            observed = self._replica.state.observed_files.get(path)
            if observed is None or path in self._writer.problems:
                self._signatures[path] = self._files.signature(path)
            else:
                self._signatures[path] = observed.signature


def _op_of(path: str, before: str | None, put: PendingWrite | None) -> Op:
    if put is None:
        return Op(path, before, None, None)
    return Op(path, before, put.hash, put.document, put.text)


def _value_of(put: PendingWrite, key: Key[V]) -> V:
    if isinstance(put.value, key.type):
        return put.value
    raise InternalError(f"{key.path} was written as another type", why=key.type.__name__)
