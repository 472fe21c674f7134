"""Whether a store is still as it was at an earlier moment; quick to import.

It answers without loading the store, and more strictly than the store itself: any file that was
added, removed or changed counts, whether it is a document or not. As for the store, a file is
unchanged while its size, time and inode are, and a young file while its content is.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from podium.store.disk.names import JOURNAL, RUN_FOLDER, SETTLED_SECONDS

_MOST_YOUNG = 64
"""With more young files than this there is no stamp; they are soon old enough."""


class _NoStamp(Exception):
    """The folder holds something that a stamp cannot describe."""


@dataclass(frozen=True)
class Stamp:
    """A store's files at one moment.

    Args:
        signatures: the hash of every file's path, size, time and inode, the journal's included.
        contents: the hashes of young files by path, which may change without a new signature.
    """

    signatures: str
    contents: dict[str, str]


def take_stamp(root: str, now_ns: int) -> Stamp | None:
    """Return the stamp of the store at `root`, the `.podium` folder.

    Args:
        root: the store's folder.
        now_ns: the current time, in nanoseconds since the epoch.

    Returns:
        None when there is none: the folder holds links or too many young files, or is unreadable.
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
    """Whether the store at `root` is still as it was when the stamp was taken."""
    try:
        if any(_hash_of(root, path) != known for path, known in stamp.contents.items()):
            return False
        documents = sorted(_files(root, "", without=RUN_FOLDER))
        return _signatures(root, documents) == stamp.signatures
    except (OSError, _NoStamp):
        return False


def _signatures(root: str, documents: list[tuple[str, os.stat_result]]) -> str:
    # The journal comes last: a write adds to it first, so that no write in between is missed.
    for folder in (RUN_FOLDER, JOURNAL):
        if not stat.S_ISDIR(os.lstat(f"{root}/{folder}").st_mode):
            raise _NoStamp
    rows = [*documents, *sorted(_files(root, f"{JOURNAL}/"))]
    text = "\n".join(
        f"{path}\0{found.st_size}\0{found.st_mtime_ns}\0{found.st_ino}" for path, found in rows
    )
    return hashlib.sha256(os.fsencode(text)).hexdigest()


def _files(root: str, prefix: str, *, without: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """Yield the files below a folder, by path relative to `root`, except those of one folder."""
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
