"""Stores the finished calls of a run in one file, because each small file takes a whole disk block.

Each call is a line with its name and the size of its compressed content, followed by the content.
Calls are only ever appended. An entry that a crash truncated is removed by the next addition.
"""

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
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
_MOST_INDEXES = 4
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
            index = _index_of(pack, file)
        known, end = index.places, index.end
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
            _indexes.clear()  # another thread may have read what was removed
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
        place = _index_of(pack, file).places.get(name)
        if place is None:
            return None
        file.seek(place)
        try:
            found, size = _parse_head(file.readline(_LONGEST_LINE))
            if found != name:
                _indexes.clear()  # the file was truncated and written again meanwhile
                return None
            return PackedCall.model_validate_json(_decoded(file.read(size)))
        except (zlib.error, ValueError, KeyError, TypeError):
            return None


@dataclass
class _Index:
    """The calls in a file.

    Args:
        places: the start of each call's line, by name.
        end: the end of the last complete call.
    """

    places: dict[str, int] = field(default_factory=dict[str, int])
    end: int = 0


_indexes: dict[tuple[str, int], _Index] = {}
"""The indexes of the files that were read last, by path and inode."""


def _index_of(pack: Path, file: BinaryIO) -> _Index:
    """Return the index of a file; reads only what was added since the last time."""
    status = os.fstat(file.fileno())
    key = str(pack), status.st_ino
    # Taken out, because another thread may read the same file.
    index = _indexes.pop(key, None)
    if index is None or index.end > status.st_size:
        index = _Index()
    _read_on(file, index)
    while len(_indexes) >= _MOST_INDEXES:
        _indexes.pop(next(iter(_indexes)), None)
    _indexes[key] = index
    return index


def _open(pack: Path) -> BinaryIO:
    return os.fdopen(os.open(pack, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW), "rb")


def _read_on(file: BinaryIO, index: _Index) -> None:
    """Add the complete calls after the end of an index to it."""
    size = file.seek(0, os.SEEK_END)
    file.seek(index.end)
    while line := file.readline(_LONGEST_LINE):
        try:
            name, length = _parse_head(line)
        except (ValueError, KeyError, TypeError):
            break
        start = index.end + len(line)
        if length < 0 or start + length > size:
            break
        index.places[name] = index.end
        index.end = file.seek(start + length)


def _parse_head(line: bytes) -> tuple[str, int]:
    """Return the name and the size of a call, from its line."""
    head = json.loads(line)
    return str(head["call"]), int(head["bytes"])


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
