"""A file lock: one `flock` on a file that is never removed.

The lock is released when its process ends for any reason. Waiters block in the kernel, which
serves them in order; with polling, a busy writer could starve them. The blocking call runs in its
own thread, so that the wait can time out.
"""

import contextlib
import os
import threading
import time
from collections.abc import Generator

from podium.errors import StoreLocked
from podium.ports.filesystem import FileSystem

_OPEN = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
_PID_WIDTH = 20


class FileLock:
    """A lock between threads and processes.

    Args:
        fs: the file operations.
        path: the lock's file; created if it is missing.
    """

    def __init__(self, fs: FileSystem, path: str) -> None:
        self._fs = fs
        self._path = path

    @contextlib.contextmanager
    def held(self, seconds: float) -> Generator[None, None, None]:
        """Hold the lock during the block; wait for it for at most `seconds`.

        Raises:
            StoreLocked: another process or thread held it for longer.
            OSError: the file cannot be opened.
        """
        fd = self._acquire(time.monotonic() + seconds)
        try:
            self._write_pid(fd)
            yield
        finally:
            _release(self._fs, fd)

    def _acquire(self, deadline: float) -> int:
        while True:
            fd = self._fs.open(self._path, _OPEN)
            if not self._lock_until(fd, deadline):
                raise self._locked_error()
            try:
                if self._is_current(fd):
                    return fd
            except OSError:
                _release(self._fs, fd)
                raise
            _release(self._fs, fd)

    def _lock_until(self, fd: int, deadline: float) -> bool:
        """Lock `fd`; False at the deadline, when the descriptor is closed or handed over."""
        try:
            if self._fs.lock(fd, shared=False, block=False):
                return True
        except OSError:
            _release(self._fs, fd)
            raise
        remaining = deadline - time.monotonic()
        if remaining > 0:
            return _Waiter(self._fs, fd).wait(remaining)
        _release(self._fs, fd)
        return False

    def _is_current(self, fd: int) -> bool:
        """Return whether the locked file is still the file that others will open."""
        mine, current = self._fs.fstat(fd), self._fs.stat(self._path)
        return current is not None and os.path.samestat(mine, current)

    def _write_pid(self, fd: int) -> None:
        """Record the holder's process id for the error messages of waiters that time out."""
        text = f"{os.getpid():<{_PID_WIDTH}}\n".encode()
        with contextlib.suppress(OSError):
            if self._fs.pread(fd, len(text), 0) != text:
                self._fs.write(fd, text)

    def _locked_error(self) -> StoreLocked:
        holder = (self._fs.read(self._path) or b"").decode(errors="replace").strip()
        return StoreLocked(
            "Another process holds the store's write lock",
            why=f"process {holder} holds the lock"
            if holder.isdigit()
            else "it has not released the lock",
            hints=[
                "try again in a moment",
                "check what that process is doing, and end it if it hangs",
            ],
        )


class _Waiter:
    """One blocking wait for a lock; after a timeout it releases the lock once acquired."""

    def __init__(self, fs: FileSystem, fd: int) -> None:
        self._fs = fs
        self._fd = fd
        self._guard = threading.Lock()
        self._ended = threading.Event()
        self._given_up = False
        self._error: OSError | None = None

    def wait(self, seconds: float) -> bool:
        """Return whether the lock was acquired in time."""
        threading.Thread(target=self._block, name="podium-lock", daemon=True).start()
        try:
            self._ended.wait(seconds)
        except BaseException:
            self._give_up()
            raise
        if self._ended.is_set() and self._error is None:
            return True
        self._give_up()
        if self._error is not None:
            raise self._error
        return False

    def _block(self) -> None:
        try:
            self._fs.lock(self._fd, shared=False, block=True)
        except OSError as error:
            self._error = error
        with self._guard:
            self._ended.set()
            if self._given_up:
                _release(self._fs, self._fd)

    def _give_up(self) -> None:
        with self._guard:
            self._given_up = True
            if self._ended.is_set():
                _release(self._fs, self._fd)


def _release(fs: FileSystem, fd: int) -> None:
    with contextlib.suppress(OSError):
        fs.unlock(fd)
    with contextlib.suppress(OSError):
        fs.close(fd)
