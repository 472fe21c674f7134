"""A disk in memory that can lose its power: what was not synced may vanish, in any subset.

Files lose writes that were not synced: the later ones, any of them, half of one, or they keep their
length and read as zeros. Folders lose entries that were not synced: the later ones, the later ones
of one folder, or any of them. What was synced stays.

Each call of a sync is known by its place in the store's code, so that a test can leave one out and
see that its absence is noticed.
"""

import errno
import linecache
import os
import random
import stat
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

from podium.platform.filesystem import LocalFileSystem
from podium.ports.filesystem import PRIVATE_FILE

_STORE = f"{os.sep}podium{os.sep}store{os.sep}"
_HELPERS = frozenset({"sync_folder"})
_EPOCH_NS = 946_684_800 * 10**9
"""The first of January 2000: every file is older than any clock of a test."""
_STARTS = count(1)
"""Numbers the starts of the machine: each disk that a power loss leaves belongs to a new one."""


@dataclass(eq=False)
class Node:
    """A file or a folder.

    Args:
        kind: what it is.
        number: its inode number.
        durable: the content that survives.
        pending: writes (offset, bytes) and truncations (length, None) that may not.
        changed_ns: when it was changed last.
    """

    kind: Literal["file", "folder"]
    number: int
    durable: bytes = b""
    pending: list[tuple[int, bytes | None]] = field(default_factory=list[tuple[int, bytes | None]])
    changed_ns: int = _EPOCH_NS

    def content(self) -> bytes:
        """Return what a living system reads."""
        return applied(self.durable, self.pending)

    def settle(self) -> None:
        """Make the content durable."""
        self.durable, self.pending = self.content(), []


@dataclass(frozen=True)
class Entry:
    """A change of a folder that is not durable yet: `path` now leads to `node`, or nowhere.

    `gone` is the old name of a rename, which disappears in the same step.
    """

    folder: str
    path: str
    node: Node | None
    gone: str = ""


def applied(content: bytes, changes: list[tuple[int, bytes | None]]) -> bytes:
    """Return a content after some changes."""
    found = bytearray(content)
    for offset, data in changes:
        if data is None:
            del found[offset:]
            continue
        if len(found) < offset:
            found.extend(b"\0" * (offset - len(found)))
        found[offset : offset + len(data)] = data
    return bytes(found)


class SimulatedDisk(LocalFileSystem):
    """A file system in memory.

    Args:
        dropped: the place of a sync that is left out.
        before_change: called before each operation that changes something.
    """

    def __init__(self, dropped: str = "", before_change: Callable[[], None] | None = None) -> None:
        self.names: dict[str, Node] = {"/": Node("folder", 1)}
        self.durable_names = dict(self.names)
        self.entries: list[Entry] = []
        self.sites: set[str] = set()
        self.before_change = before_change
        self._dropped = dropped
        self._boot = str(next(_STARTS))
        self._numbers = count(10)
        self._fds: dict[int, tuple[Node, str, int]] = {}
        self._places: dict[int, int] = {}

    # -- losing power

    def after_power_loss(self, dice: random.Random) -> "SimulatedDisk":
        """Return a disk that holds one of the many things that may be left."""
        disk = SimulatedDisk()
        names = dict(self.durable_names)
        for entry in self._surviving_entries(dice):
            _apply(names, entry)
        reachable = {path for path in names if _is_reachable(path, names)}
        manner = dice.choice(["prefix", "subset"])
        for path in sorted(reachable):
            node = names[path]
            content = _surviving_content(node, manner, dice)
            disk.names[path] = Node(node.kind, node.number, content, [], node.changed_ns)
        disk.durable_names = dict(disk.names)
        disk._numbers = count(next(self._numbers) + 1000)
        return disk

    def _surviving_entries(self, dice: random.Random) -> list[Entry]:
        match dice.choice(["ordered", "by folder", "any"]):
            case "ordered":
                return self.entries[: dice.randint(0, len(self.entries))]
            case "by folder":
                kept: list[Entry] = []
                for folder in sorted({entry.folder for entry in self.entries}):
                    mine = [entry for entry in self.entries if entry.folder == folder]
                    kept += mine[: dice.randint(0, len(mine))]
                return kept
            case _:
                return [entry for entry in self.entries if dice.random() < 0.5]

    # -- for tests

    def plant(self, path: str, content: bytes) -> None:
        """Let somebody write a file, durably."""
        node = Node("file", next(self._numbers), content, [], self._now())
        self.names[path] = self.durable_names[path] = node

    def holds(self, content: bytes) -> bool:
        """Tell whether any file has exactly this content."""
        return any(node.content() == content for node in self.names.values())

    # -- the operations

    def open(self, path: str, flags: int, mode: int = PRIVATE_FILE) -> int:
        del mode
        node = self.names.get(path)
        if node is None:
            if not flags & os.O_CREAT:
                raise FileNotFoundError(errno.ENOENT, "no such file", path)
            node = self._create(path, "file")
        if flags & os.O_TRUNC:
            self._change()
            node.pending.append((0, None))
        fd = next(self._numbers)
        self._fds[fd] = (node, path, flags)
        self._places[fd] = 0
        return fd

    def close(self, fd: int) -> None:
        del self._fds[fd]

    def write(self, fd: int, data: bytes) -> None:
        self._change()
        node, _, flags = self._fds[fd]
        place = len(node.content()) if flags & os.O_APPEND else self._places[fd]
        node.pending.append((place, bytes(data)))
        node.changed_ns = self._now()
        self._places[fd] = place + len(data)

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        return self._fds[fd][0].content()[offset : offset + size]

    def fsync(self, fd: int) -> None:
        self._sync(fd)

    def fdatasync(self, fd: int) -> None:
        self._sync(fd)

    def sync_all(self, fd: int) -> bool:
        return False

    def _sync(self, fd: int) -> None:
        self._change()
        site = sync_site()
        self.sites.add(site)
        if site == self._dropped:
            return
        node, path, _ = self._fds[fd]
        if node.kind == "file":
            node.settle()
            return
        for entry in [each for each in self.entries if each.folder == path]:
            _apply(self.durable_names, entry)
            self.entries.remove(entry)

    def truncate(self, fd: int, size: int) -> None:
        self._change()
        node = self._fds[fd][0]
        node.pending.append((size, None))
        node.changed_ns = self._now()

    def rename(self, old: str, new: str) -> None:
        self._change()
        node = self.names.pop(old)
        self.names[new] = node
        self.entries.append(Entry(os.path.dirname(new), new, node, old))

    def unlink(self, path: str) -> None:
        if path not in self.names:
            raise FileNotFoundError(errno.ENOENT, "no such file", path)
        self._change()
        del self.names[path]
        self.entries.append(Entry(os.path.dirname(path), path, None))

    def rmdir(self, path: str) -> None:
        if self.listdir(path):
            raise OSError(errno.ENOTEMPTY, "it is not empty", path)
        self.unlink(path)

    def read(self, path: str) -> bytes | None:
        node = self.names.get(path)
        return node.content() if node else None

    def stat(self, path: str) -> os.stat_result | None:
        node = self.names.get(path)
        return _stat_of(node) if node else None

    def fstat(self, fd: int) -> os.stat_result:
        return _stat_of(self._fds[fd][0])

    def walk(self, folder: str) -> list[str]:
        inside = [path for path, node in self.names.items() if node.kind == "file"]
        return sorted(
            path.removeprefix(f"{folder}/") for path in inside if path.startswith(f"{folder}/")
        )

    def listdir(self, folder: str) -> list[str]:
        return sorted(os.path.basename(p) for p in self.names if os.path.dirname(p) == folder != p)

    def makedirs(self, folder: str) -> None:
        if folder in self.names:
            return
        self.makedirs(os.path.dirname(folder))
        self._create(folder, "folder")

    def lock(self, fd: int, *, shared: bool, block: bool) -> bool:
        return True

    def unlock(self, fd: int) -> None:
        pass

    def boot_id(self) -> str:
        return self._boot

    # -- helpers

    def _change(self) -> None:
        if self.before_change is not None:
            self.before_change()

    def _create(self, path: str, kind: Literal["file", "folder"]) -> Node:
        self._change()
        if os.path.dirname(path) not in self.names:
            raise FileNotFoundError(errno.ENOENT, "no such folder", path)
        node = self.names[path] = Node(kind, next(self._numbers), changed_ns=self._now())
        self.entries.append(Entry(os.path.dirname(path), path, node))
        return node

    def _now(self) -> int:
        return _EPOCH_NS + next(self._numbers)


def sync_site() -> str:
    """Return the place of a sync in the store's code: a line, and the line that led to it."""
    found: list[str] = []
    for frame, _ in traceback.walk_stack(None):
        code = frame.f_code
        if _STORE in code.co_filename and code.co_qualname not in _HELPERS:
            line = linecache.getline(code.co_filename, frame.f_lineno).strip()
            found.append(f"{code.co_qualname}: {line}")
        if len(found) == 2:
            break
    return " < ".join(found)


def _apply(names: dict[str, Node], entry: Entry) -> None:
    if entry.gone:
        names.pop(entry.gone, None)
    if entry.node is None:
        names.pop(entry.path, None)
    else:
        names[entry.path] = entry.node


def _is_reachable(path: str, names: dict[str, Node]) -> bool:
    while path != "/":
        path = os.path.dirname(path)
        if path not in names:
            return False
    return True


def _surviving_content(node: Node, manner: str, dice: random.Random) -> bytes:
    if manner == "subset":
        return applied(node.durable, [each for each in node.pending if dice.random() < 0.5])
    kept = dice.randint(0, len(node.pending))
    content = applied(node.durable, node.pending[:kept])
    if kept == len(node.pending):
        return content
    offset, data = node.pending[kept]
    if data is None:
        return content
    match dice.choice(["torn", "zeros", "none"]):
        case "torn":
            return applied(content, [(offset, data[: dice.randint(0, len(data))])])
        case "zeros":
            return applied(content, [(offset, b"\0" * len(data))])
        case _:
            return content


def _stat_of(node: Node) -> os.stat_result:
    kind = stat.S_IFREG if node.kind == "file" else stat.S_IFDIR
    size = len(node.content())
    seconds = node.changed_ns // 10**9
    times = (seconds, seconds, seconds)
    fields = (kind | 0o600, node.number, 1, 1, 0, 0, size, *times)
    return os.stat_result(fields, {"st_mtime_ns": node.changed_ns})
