"""Stores of replies: in memory, in files, and both."""

import contextlib
import os
from collections import OrderedDict
from pathlib import Path

from podium.platform.atomic_write import replace_file
from podium.platform.owned_files import make_folders, open_file, remove_file
from podium.platform.user_folders import cache_folder
from podium.ports.cache import CacheStore
from podium.ports.filesystem import PRIVATE_FILE

_ENDING = ".json"


class MemoryStore:
    """Keeps values in memory, the least recently used ones first to go.

    Args:
        max_bytes: the maximum total size of the values.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._values: OrderedDict[str, bytes] = OrderedDict()

    def get(self, key: str) -> bytes | None:
        """Return a value, which becomes the most recently used one."""
        self.touch(key)
        return self._values.get(key)

    def touch(self, key: str) -> None:
        """Make a value the most recently used one."""
        if key in self._values:
            self._values.move_to_end(key)

    def put(self, key: str, value: bytes) -> None:
        """Keep a value, unless it is too large."""
        self.remove(key)
        self._values[key] = value
        while sum(map(len, self._values.values())) > self._max_bytes:
            self._values.popitem(last=False)

    def remove(self, key: str) -> None:
        """Forget a value."""
        self._values.pop(key, None)


class FileStore:
    """Keeps values in files that only the user can read; no symlink is followed.

    The modification time of a file is the time of its last use.

    Args:
        max_bytes: the maximum total size of the files.
        root: the trusted folder in which the files have a folder; by default the user's cache.
    """

    def __init__(self, max_bytes: int, root: Path | None = None) -> None:
        self._max_bytes = max_bytes
        self._root = root or cache_folder()
        self._folder = self._root / "replies"

    def get(self, key: str) -> bytes | None:
        """Return a value, which becomes the most recently used one."""
        try:
            fd = open_file(self._path(key), os.O_RDONLY, root=self._root)
        except FileNotFoundError:
            return None
        with open(fd, "rb") as file:
            os.utime(fd)
            return file.read()

    def touch(self, key: str) -> None:
        """Make a value the most recently used one."""
        with contextlib.suppress(FileNotFoundError):
            fd = open_file(self._path(key), os.O_RDONLY, root=self._root)
            with open(fd, "rb"):
                os.utime(fd)

    def put(self, key: str, value: bytes) -> None:
        """Keep a value, and remove the least recently used ones beyond the maximum size."""
        make_folders(self._folder, root=self._root)
        replace_file(self._path(key), value, mode=PRIVATE_FILE, root=self._root)
        self._shrink()

    def remove(self, key: str) -> None:
        """Forget a value."""
        with contextlib.suppress(FileNotFoundError):
            remove_file(self._path(key), root=self._root)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}{_ENDING}"

    def _shrink(self) -> None:
        files: list[tuple[int, int, str]] = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                # Another process may have removed it.
                with contextlib.suppress(FileNotFoundError):
                    state = entry.stat(follow_symlinks=False)
                    if entry.name.endswith(_ENDING):
                        files.append((state.st_mtime_ns, state.st_size, entry.name))
        total = sum(size for _, size, _ in files)
        for _, size, name in sorted(files):
            if total <= self._max_bytes:
                return
            self.remove(name.removesuffix(_ENDING))
            total -= size


class LayeredStore:
    """Looks into one store before another, and keeps values in both.

    Args:
        near: the quick store.
        far: the store that lasts.
    """

    def __init__(self, near: CacheStore, far: CacheStore) -> None:
        self._near = near
        self._far = far

    def get(self, key: str) -> bytes | None:
        """Return a value from either store."""
        if (found := self._near.get(key)) is not None:
            self._far.touch(key)
        elif (found := self._far.get(key)) is not None:
            self._near.put(key, found)
        return found

    def touch(self, key: str) -> None:
        """Make a value the most recently used one in both stores."""
        self._near.touch(key)
        self._far.touch(key)

    def put(self, key: str, value: bytes) -> None:
        """Keep a value in both stores."""
        self._near.put(key, value)
        self._far.put(key, value)

    def remove(self, key: str) -> None:
        """Forget a value in both stores."""
        self._near.remove(key)
        self._far.remove(key)
