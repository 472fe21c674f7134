"""Compares documents' files with the committed content."""

from collections.abc import Iterable
from datetime import timedelta

from podium.platform.owned_files import reusing_folders
from podium.ports.clock import Clock
from podium.store.disk.names import SETTLED_SECONDS
from podium.store.documents.files import DocumentFiles, ObservedFile
from podium.store.documents.kinds import DocumentKinds
from podium.store.documents.packs import DamagedPack
from podium.store.documents.reconcile import Broken, Edited, FileStatus, InSync, classify_content
from podium.store.journal.published import Published, PublishedMark
from podium.store.state.replica import Replica

_SETTLED_AFTER = timedelta(seconds=SETTLED_SECONDS)


class FileClassifier:
    """Compares documents' files with the committed content.

    Args:
        files: the documents' files.
        replica: the committed contents.
        kinds: the kinds of documents.
        clock: provides the current time, for the age of a file.
        published: the mark of the documents that were written to their files.
    """

    def __init__(
        self,
        files: DocumentFiles,
        replica: Replica,
        kinds: DocumentKinds,
        clock: Clock,
        published: PublishedMark,
    ) -> None:
        self._files = files
        self._replica = replica
        self._kinds = kinds
        self._clock = clock
        self._published = published

    def classify(self, path: str) -> FileStatus:
        """Return the status of one document's file; remember it if it is in sync."""
        may_lag = self._replica.state.may_be_torn(path)
        try:
            published = self._published.read() if may_lag else None
        except OSError as error:
            return _unreadable(error)
        return self._classify(path, self._settled_before(), published)

    def _settled_before(self) -> float:
        """Return the time before which a file must have been written to be settled now."""
        return (self._clock.now() - _SETTLED_AFTER).timestamp() * 1e9

    def _classify(
        self, path: str, settled_before: float, published: Published | None
    ) -> FileStatus:
        """Return the status of a file; `published` was read before the file is."""
        state = self._replica.state
        committed = state.hash_of(path)
        try:
            observed = state.observed_files.get(path)
            if observed and observed.settled and observed.signature == self._files.signature(path):
                return InSync()
            signature, content = self._files.read_signed(path)
        except DamagedPack as error:
            if committed is None:
                return InSync()
            return _unreadable(error)
        except OSError as error:
            return _unreadable(error)
        status = classify_content(
            content,
            committed=committed,
            crash_leftovers=state.crash_leftovers(path, published),
            may_be_torn=state.may_be_torn(path),
            signature=signature,
        )
        if isinstance(status, Edited) and content is not None:
            problem = self._kinds.problem(path, content)
            return Broken(problem, content) if problem else status
        if isinstance(status, InSync):
            settled = signature is None or signature.modified_ns < settled_before
            self._replica.observe(path, committed, ObservedFile(signature, settled), content)
        return status

    def out_of_sync(self) -> list[str]:
        """Return the documents whose files are out of sync, and leftover temporary files.

        Checks every document; reads only files that changed since they were last observed.
        """
        found, known = self._files.find(), self._replica.state.entries
        new = [path for path in found.documents if path not in known and self._kinds.admits(path)]
        return [
            *self._only_out_of_sync({*new, *known}),
            *found.leftovers,
        ]

    def out_of_sync_matching(self, pattern: str) -> list[str]:
        """Return the documents matching a pattern whose files are out of sync."""
        known = set(self._replica.state.matching(pattern))
        on_disk = self._files.glob(pattern)
        new = [path for path in on_disk if path not in known and self._kinds.admits(path)]
        return self._only_out_of_sync({*new, *known})

    def _only_out_of_sync(self, paths: Iterable[str]) -> list[str]:
        settled_before, published = self._settled_before(), self._published.read()
        with reusing_folders():
            return [
                path
                for path in sorted(paths)
                if not isinstance(self._classify(path, settled_before, published), InSync)
            ]


def _unreadable(error: OSError) -> Broken:
    return Broken(f"it cannot be read: {error.strerror}", None)
