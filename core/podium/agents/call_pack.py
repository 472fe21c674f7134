"""Stores the finished calls of a run in one file, because each small file takes a whole disk block.

Each call is a line with its name and the size of its compressed content, followed by the content.
Calls are only ever appended. An entry that a crash truncated is removed by the next addition.
"""

import functools
import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from podium.model.agents import AgentRequest
from podium.model.base import Frozen
from podium.platform.file_lock import lock
from podium.ports.filesystem import PRIVATE_FILE

PACK_NAME = "finished.calls"
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
_LONGEST_LINE = 4096


class PackedCall(Frozen):
    """A finished call.

    Args:
        request: the request.
        result: the content of `result.json`.
        events: the content of `out.jsonl`.
        log: the standard error of its processes.
    """

    request: AgentRequest
    result: str
    events: str = ""
    log: str = ""


def add_calls(pack: Path, calls: Mapping[str, PackedCall]) -> None:
    """Add calls by name; they are durable when this returns.

    Raises:
        OSError: the file cannot be written; no call is added.
    """
    fd = os.open(pack, _FLAGS, PRIVATE_FILE)
    try:
        lock(fd, block=True)
        with os.fdopen(os.dup(fd), "rb") as file:
            known, end = _read_index(file)
        os.ftruncate(fd, end)
        new = {name: call for name, call in calls.items() if name not in known}
        content = b"".join(_encoded(name, call) for name, call in new.items())
        try:
            _write_all(fd, content)
            os.fdatasync(fd)
        except OSError:
            os.ftruncate(fd, end)
            raise
    finally:
        os.close(fd)


def find_call(pack: Path, name: str) -> PackedCall | None:
    """Return a finished call, or None if it is not in the file."""
    try:
        file = _open(pack)
    except OSError:
        return None
    with file:
        found = os.fstat(file.fileno())
        index = _index(str(pack), found.st_ino, found.st_size, found.st_mtime_ns)
        if name not in index:
            return None
        start, size = index[name]
        file.seek(start)
        try:
            return PackedCall.model_validate_json(zlib.decompress(file.read(size)))
        except (zlib.error, ValueError):
            return None


@functools.lru_cache(maxsize=4)
def _index(pack: str, inode: int, size: int, modified_ns: int) -> dict[str, tuple[int, int]]:
    """Return the location of each call; cached until the file's inode, size or time changes."""
    del inode, size, modified_ns
    try:
        with _open(Path(pack)) as file:
            return _read_index(file)[0]
    except OSError:
        return {}


def _open(pack: Path) -> BinaryIO:
    return os.fdopen(os.open(pack, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW), "rb")


def _read_index(file: BinaryIO) -> tuple[dict[str, tuple[int, int]], int]:
    """Return the start and size of each call's content, and the end of the last complete call."""
    size = file.seek(0, os.SEEK_END)
    found: dict[str, tuple[int, int]] = {}
    end = file.seek(0)
    while line := file.readline(_LONGEST_LINE):
        try:
            head = json.loads(line)
            name, length = str(head["call"]), int(head["bytes"])
        except (ValueError, KeyError, TypeError):
            break
        start = end + len(line)
        if length < 0 or start + length > size:
            break
        found[name] = (start, length)
        end = file.seek(start + length)
    return found, end


def _encoded(name: str, call: PackedCall) -> bytes:
    content = zlib.compress(call.model_dump_json(exclude_defaults=True).encode(), 9)
    return json.dumps({"call": name, "bytes": len(content)}).encode() + b"\n" + content


def _write_all(fd: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]
