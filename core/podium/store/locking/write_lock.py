"""Serializes writers, between threads and between processes."""

import contextlib
import threading
from collections.abc import Generator, Mapping

from podium.errors import InternalError, StoreLocked
from podium.ports.filesystem import FileSystem
from podium.store.disk.errors import storage_errors
from podium.store.disk.folder import check_may_write, has_run_folder, make_run_folder
from podium.store.disk.layout import StoreLayout
from podium.store.locking.file_lock import FileLock


class WriteLock:
    """The lock that every writer must hold.

    Args:
        fs: the file operations.
        layout: the paths of the store's files.
        seconds: how long to wait for the lock.
    """

    def __init__(self, fs: FileSystem, layout: StoreLayout, seconds: float) -> None:
        self._fs = fs
        self._layout = layout
        self._seconds = seconds
        self._lock = FileLock(fs, layout.lock)
        self._threads = threading.Lock()
        self._holder: int | None = None

    @contextlib.contextmanager
    def exclusive(self, schemas: Mapping[str, int] | None = None) -> Generator[None, None, None]:
        """Hold the lock during the block.

        Args:
            schemas: the current schema versions of the documents; None to write a store whose
                documents have other versions.

        Raises:
            StoreLocked: another writer held the lock for too long.
            StoreReadOnly: the store's format is too new for writing, or the folder is not writable.
            StorageError: locking failed.
        """
        if self._holder == threading.get_ident():
            raise InternalError("A transaction was started inside a transaction")
        if not self._threads.acquire(timeout=self._seconds):
            raise StoreLocked(
                "Another thread holds the store's write lock",
                hints=["try again in a moment"],
            )
        try:
            self._holder = threading.get_ident()
            with contextlib.ExitStack() as stack:
                with storage_errors("write to the store"):
                    if not has_run_folder(self._fs, self._layout):
                        check_may_write(self._fs, self._layout, {})
                        make_run_folder(self._fs, self._layout)
                    stack.enter_context(self._lock.held(self._seconds))
                    check_may_write(self._fs, self._layout, schemas or {})
                yield
        finally:
            self._holder = None
            self._threads.release()
