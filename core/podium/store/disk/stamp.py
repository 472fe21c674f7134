"""Determines whether a store has changed since a stamp was taken; quick to import.

This module does not load the store, and is stricter than the store itself: every added, removed or
changed file counts, whether or not it is a document. As in the store, a file counts as unchanged
while its size, time and inode stay the same; a recently changed file counts as unchanged while its
content stays the same.
"""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from podium.store.disk.names import JOURNAL, RUN_FOLDER, SETTLED_SECONDS

_MOST_YOUNG = 64
"""Maximum number of recently changed files in a stamp; if there are more, no stamp is taken."""


class _NoStamp(Exception):
    """The folder contains something that a stamp cannot describe."""


@dataclass(frozen=True)
class Stamp:
    """The state of a store's files.

    Args:
        signatures: the hash of every file's path, size, time and inode, including the journal's.
        contents: the hashes, by path, of recently changed files, which may change without a new
            signature.
    """

    signatures: str
    contents: dict[str, str]


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file's size, time and inode."""

    size: int
    modified_ns: int
    inode: int


FileList = Mapping[str, SeenFile]
"""A store's files, by path."""


def take_stamp(root: str, now_ns: int) -> Stamp | None:
    """Return the stamp of the store at `root`, the `.podium` folder.

    Args:
        root: the store's folder.
        now_ns: the current time, in nanoseconds since the epoch.

    Returns: None if the folder contains symlinks or too many recently changed files, or is
    unreadable.
    """
    try:
        documents = sorted(_files(root, "", without=RUN_FOLDER))
        young_since = now_ns - SETTLED_SECONDS * 1_000_000_000
        young = [path for path, found in documents if found.st_mtime_ns >= young_since]
        if len(young) > _MOST_YOUNG:
            return None
        contents = {path: _hash_of(root, path) for path in young}
        return Stamp(_signatures(root, documents), contents)
    except (OSError, _NoStamp):
        return None


def is_current(stamp: Stamp, root: str) -> bool:
    """Whether the store at `root` has not changed since the stamp was taken."""
    if any(not has_content(root, path, known) for path, known in stamp.contents.items()):
        return False
    listed = list_files(root)
    return listed is not None and hash_of_list(listed) == stamp.signatures


def has_content(root: str, path: str, known: str) -> bool:
    """Whether a file's content has the hash `known`."""
    try:
        return _hash_of(root, path) == known
    except OSError:
        return False


def list_files(root: str) -> bytes | None:
    """Return the list from which a stamp's hash is computed; None in the cases of `take_stamp`."""
    try:
        return _listed(root, sorted(_files(root, "", without=RUN_FOLDER)))
    except (OSError, _NoStamp):
        return None


def hash_of_list(listed: bytes) -> str:
    """Return the hash of a file list, as stored in a stamp."""
    return hashlib.sha256(listed).hexdigest()


def parse_list(listed: bytes) -> FileList:
    """Return the files in a list.

    Raises:
        ValueError: it is not a list of files.
    """
    rows = (os.fsdecode(row).split("\0") for row in listed.split(b"\n") if row)
    return {path: SeenFile(int(size), int(time), int(inode)) for path, size, time, inode in rows}


def _signatures(root: str, documents: list[tuple[str, os.stat_result]]) -> str:
    return hash_of_list(_listed(root, documents))


def _listed(root: str, documents: list[tuple[str, os.stat_result]]) -> bytes:
    # The journal comes last: every write starts there, so writes in the meantime are not missed.
    for folder in (RUN_FOLDER, JOURNAL):
        if not stat.S_ISDIR(os.lstat(f"{root}/{folder}").st_mode):
            raise _NoStamp
    rows = [*documents, *sorted(_files(root, f"{JOURNAL}/"))]
    text = "\n".join(
        f"{path}\0{found.st_size}\0{found.st_mtime_ns}\0{found.st_ino}" for path, found in rows
    )
    return os.fsencode(text)


def _files(root: str, prefix: str, *, without: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """Yield the files under a folder, relative to `root`, except those in the folder `without`."""
    with os.scandir(f"{root}/{prefix}") as entries:
        for entry in entries:
            path = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                if path != without:
                    yield from _files(root, f"{path}/")
            elif entry.is_file(follow_symlinks=False):
                yield path, entry.stat(follow_symlinks=False)
            else:
                raise _NoStamp


def _hash_of(root: str, path: str) -> str:
    with open(os.open(f"{root}/{path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()
