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
from podium.platform.machine import raise_refusal
from podium.ports.filesystem import PRIVATE_FILE

PACK_NAME = "finished.calls"
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
_LONGEST_LINE = 4096
MOST_BYTES = 64 * 1024 * 1024
"""Maximum size of a call's content: larger calls are not added, and decompression stops there."""


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


def add_calls(pack: Path, calls: Mapping[str, PackedCall]) -> frozenset[str]:
    """Add calls by name; they are durable when this returns.

    Returns:
        The names of the calls that are now in the file; calls that are too large are not.

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
        texts = {name: call.model_dump_json(exclude_defaults=True) for name, call in new.items()}
        data = {name: text.encode() for name, text in texts.items()}
        data = {name: each for name, each in data.items() if len(each) <= MOST_BYTES}
        content = b"".join(_encoded(name, each) for name, each in data.items())
        try:
            _write_all(fd, content)
            os.fdatasync(fd)
        except OSError:
            os.ftruncate(fd, end)
            raise
    finally:
        os.close(fd)
    return frozenset(name for name in calls if name in known or name in data)


def find_call(pack: Path, name: str) -> PackedCall | None:
    """Return a finished call, or None if it is not in the file."""
    try:
        file = _open(pack)
    except OSError as error:
        raise_refusal(error)
        return None
    with file:
        found = os.fstat(file.fileno())
        index = _index(str(pack), found.st_ino, found.st_size, found.st_mtime_ns)
        if name not in index:
            return None
        start, size = index[name]
        file.seek(start)
        try:
            return PackedCall.model_validate_json(_decoded(file.read(size)))
        except (zlib.error, ValueError):
            return None


@functools.lru_cache(maxsize=4)
def _index(pack: str, inode: int, size: int, modified_ns: int) -> dict[str, tuple[int, int]]:
    """Return the location of each call; cached until the file's inode, size or time changes."""
    del inode, size, modified_ns
    try:
        with _open(Path(pack)) as file:
            return _read_index(file)[0]
    except OSError as error:
        raise_refusal(error)
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


def _decoded(content: bytes) -> bytes:
    """Return a call's content.

    Raises:
        zlib.error: the content is damaged.
        ValueError: the content is truncated or too large.
    """
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(content, MOST_BYTES + 1)
    if len(text) > MOST_BYTES or not unpacker.eof:
        raise ValueError("it is truncated or too large")
    return text


def _encoded(name: str, data: bytes) -> bytes:
    content = zlib.compress(data, 9)
    return json.dumps({"call": name, "bytes": len(content)}).encode() + b"\n" + content


def _write_all(fd: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]
