"""Finds, reads, replaces and quarantines document files."""

import contextlib
import errno
import os
import re
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from podium.errors import PathOutsideWorkspace
from podium.ports.filesystem import FileSystem, opened
from podium.store.disk.durable import replacing, sync_folder, text_hash, write_durably
from podium.store.disk.layout import TEMPORARY_MARK, StoreLayout, is_document
from podium.store.disk.names import RUN_FOLDER
from podium.store.documents.kinds import DocumentKinds
from podium.store.documents.packs import PACK_NAME, DamagedPack, Packs

QUARANTINE = "run/quarantine"
_MOST_SYNCED_ALONE = 16
"""With more files than this, syncing the whole file system at once is quicker."""

MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
_MOST_READ_AT_ONCE = 1024 * 1024
_LOOK = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
"""Opening a pipe in the place of a document does not wait for its writer."""


class Signature(NamedTuple):
    """File metadata as a proxy for content: equal signatures almost certainly mean equal content.

    For a document in a pack, it contains the length of the text, and a hash instead of the inode.

    Args:
        size: in bytes.
        modified_ns: time of the last change, nanoseconds since the epoch.
        inode: the file's inode number.
    """

    size: int
    modified_ns: int
    inode: int


class ObservedFile(NamedTuple):
    """The observation that a document's file contained the committed content.

    Args:
        signature: the file's signature at that time; None if the document was deleted.
        settled: whether the file was old enough for any later change to alter the signature.
    """

    signature: Signature | None
    settled: bool


@dataclass(frozen=True)
class FoundFiles:
    """The files in a store's folder.

    Args:
        documents: paths of possible documents, relative to the store's folder.
        leftovers: paths of temporary files that interrupted writers left behind.
    """

    documents: tuple[str, ...]
    leftovers: tuple[str, ...]


class DocumentFiles:
    """The files in a store's folder.

    A document in a pack is treated like one with its own file; if it has both, the file takes
    precedence.

    Args:
        fs: the file operations.
        layout: the paths of the store's files.
        kinds: the kinds of documents, some of which may be in packs.
    """

    def __init__(self, fs: FileSystem, layout: StoreLayout, kinds: DocumentKinds) -> None:
        self._fs = fs
        self._layout = layout
        self._packs = Packs(fs, layout, kinds.pack_folder)

    # -- finding and reading

    def find(self) -> FoundFiles:
        """Return all files that may be documents; the run folder is skipped."""
        paths: list[str] = []
        for name in self._fs.listdir(self._layout.root):
            if name == RUN_FOLDER:
                continue
            if self._is_folder(name):
                paths += [f"{name}/{path}" for path in self._fs.walk(self._layout.at(name))]
            else:
                paths.append(name)
        documents = dict.fromkeys(path for path in paths if is_document(path))
        for path in paths:
            folder, _, name = path.rpartition("/")
            if name == PACK_NAME:
                documents.update(dict.fromkeys(self._packs.documents_in(folder)))
        return FoundFiles(
            documents=tuple(documents),
            leftovers=tuple(path for path in paths if TEMPORARY_MARK in path),
        )

    def glob(self, pattern: str) -> list[str]:
        """Return the paths that a pattern matches, with `*` within one path part."""
        found = [""]
        for part in pattern.split("/"):
            found = [path for folder in found for path in self._matches(folder, part)]
        return [path for path in found if is_document(path)]

    def signature(self, path: str) -> Signature | None:
        """Return a file's signature, or None if there is no file.

        Raises:
            OSError: the file cannot be examined.
        """
        found = self._fs.stat(self._layout.at(path))
        if found is not None:
            return Signature(found.st_size, found.st_mtime_ns, found.st_ino)
        with contextlib.suppress(DamagedPack):
            packed = self._packs.find(path)
            if packed is not None:
                return Signature(packed.length, 0, int(packed.hash[:15], 16))
        return None

    def read(self, path: str) -> bytes | None:
        """Return a file's content, or None if it does not exist.

        Raises:
            OSError: the file is unreadable, too large, or not a regular file.
        """
        full = self._layout.at(path)
        found = self._fs.stat(full)
        if found is None:
            return self._packs.read(path)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        if found.st_size > MAX_DOCUMENT_BYTES:
            raise OSError(errno.EFBIG, "it is larger than the limit for documents")
        return self._fs.read(full)

    def read_signed(self, path: str) -> tuple[Signature | None, bytes | None]:
        """Return a file's signature and its content; None and None if there is no file.

        The signature is at least as old as the content, so a change in between is noticed later.

        Raises:
            OSError: the file is unreadable, too large, or not a regular file.
        """
        try:
            found = self._read_open(path)
        except (OSError, PathOutsideWorkspace):
            found = None
        return found or (self.signature(path), self.read(path))

    def _read_open(self, path: str) -> tuple[Signature, bytes] | None:
        """Return what one descriptor shows of a small file; None if it takes a closer look."""
        fd = self._fs.open(self._layout.at(path), _LOOK)
        try:
            found = self._fs.fstat(fd)
            if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST_READ_AT_ONCE:
                return None
            content = self._fs.pread(fd, found.st_size + 1, 0)
        finally:
            self._fs.close(fd)
        if len(content) != found.st_size:
            return None
        return Signature(found.st_size, found.st_mtime_ns, found.st_ino), content

    def obstacle(self, path: str) -> str | None:
        """Return the file or symlink that blocks the path of one of a document's parent folders."""
        for folder in _folders_above(path):
            found = self._fs.stat(self._layout.at(folder))
            if found is None:
                return None
            if not stat.S_ISDIR(found.st_mode):
                return folder
        return None

    # -- changing, with the store's lock held

    def replace(self, path: str, data: bytes) -> Signature:
        """Replace a file atomically, not yet durably, and return its new signature."""
        try:
            return self._replace(path, data)
        except (FileNotFoundError, NotADirectoryError, PathOutsideWorkspace):
            self._make_folder(path)
            return self._replace(path, data)

    def _replace(self, path: str, data: bytes) -> Signature:
        with replacing(self._fs, self._layout.at(path)) as fd:
            self._fs.write(fd, data)
            found = self._fs.fstat(fd)
        return Signature(found.st_size, found.st_mtime_ns, found.st_ino)

    def remove(self, path: str) -> None:
        """Remove a file if it exists."""
        # The pack comes first: without its file, the document would have the older text in the
        # pack.
        self._packs.drop([path])
        with contextlib.suppress(FileNotFoundError):
            self._fs.unlink(self._layout.at(path))

    def is_packed(self, path: str) -> bool:
        """Return whether a document is in a pack and has no file.

        Raises:
            OSError: the file or the pack cannot be examined.
        """
        has_file = self._fs.stat(self._layout.at(path)) is not None
        return not has_file and self._packs.find(path) is not None

    def file_of(self, path: str) -> str:
        """Return the file that contains a document: its own, or its pack.

        Raises:
            OSError: the file cannot be examined.
        """
        pack = self._packs.file_of(path)
        if pack is None or self._fs.stat(self._layout.at(path)) is not None:
            return path
        return pack

    def remove_from_packs(self, paths: Collection[str]) -> None:
        """Remove documents from their packs, each of which is written once.

        Raises:
            OSError: a pack cannot be written.
        """
        self._packs.drop(paths)

    def remove_replaced(self, paths: Collection[str]) -> None:
        """Remove documents that also have files, which must be durable, from their packs.

        Raises:
            OSError: a pack cannot be written.
        """
        self._packs.drop([path for path in paths if self._has_both(path)])

    def pack(self, texts: Mapping[str, bytes]) -> list[str]:
        """Add documents to their packs, durably, and return those that are now in one.

        Their files stay; see `remove_packed`.

        Raises:
            OSError: a pack is damaged or cannot be written.
        """
        return self._packs.add(texts)

    def damaged_pack(self, path: str) -> str | None:
        """Return the pack that a document without a file may be in, if it is damaged.

        Raises:
            OSError: the file cannot be examined.
        """
        if self._fs.stat(self._layout.at(path)) is not None:
            return None
        try:
            self._packs.read(path)
        except DamagedPack as damage:
            return damage.pack
        return None

    def remove_pack(self, pack: str) -> None:
        """Remove a damaged pack that has been quarantined and whose documents have durable files.

        Raises:
            OSError: it cannot be removed.
        """
        full = self._layout.at(pack)
        self.quarantine(pack, self._fs.read(full) or b"")
        self._fs.unlink(full)

    def remove_packed(self, path: str, expected: Signature | None) -> bool:
        """Remove the file of a packed document, and its folder if that is then empty.

        Args:
            path: the document.
            expected: the file's signature when its text was packed; a different one means an edit.

        Returns:
            Whether the file was removed.

        Raises:
            OSError: the file cannot be removed.
        """
        if self.signature(path) != expected:
            return False
        self._fs.unlink(self._layout.at(path))
        folder, pack = os.path.dirname(path), self._packs.file_of(path)
        if pack is not None and folder != os.path.dirname(pack):
            with contextlib.suppress(OSError):
                self._fs.rmdir(self._layout.at(folder))
        return True

    def quarantine(self, path: str, data: bytes) -> str:
        """Save a copy of unusable content; return its path relative to the store's folder.

        Identical content of the same document is stored only once.
        """
        name = f"{path.replace('/', '__')}.{text_hash(data)[:12]}"
        kept = f"{QUARANTINE}/{name}"
        full = self._layout.at(kept)
        if self._fs.stat(full) is None:
            self._fs.makedirs(os.path.dirname(full))
            sync_folder(self._fs, self._layout.run)
            write_durably(self._fs, full, data)
        return kept

    def sync(self, paths: Collection[str]) -> bool:
        """Make files, removals and the folders that contain them durable.

        Returns:
            Whether the whole file system was synced.
        """
        if len(paths) > _MOST_SYNCED_ALONE and self._sync_all():
            return True
        folders = {""}
        for path in paths:
            full = self._layout.at(path)
            if self._fs.stat(full) is not None:
                with opened(self._fs, full, os.O_RDONLY | os.O_NOFOLLOW) as fd:
                    self._fs.fsync(fd)
            folders.update(_folders_above(path))
        for folder in sorted(folders):
            full = self._layout.at(folder).rstrip("/")
            if self._fs.stat(full) is not None:
                sync_folder(self._fs, full)
        return False

    # -- helpers

    def _has_both(self, path: str) -> bool:
        with contextlib.suppress(DamagedPack):
            has_file = self._fs.stat(self._layout.at(path)) is not None
            return has_file and self._packs.find(path) is not None
        return False

    def _sync_all(self) -> bool:
        with opened(self._fs, self._layout.root, os.O_RDONLY | os.O_DIRECTORY) as fd:
            return self._fs.sync_all(fd)

    def _matches(self, folder: str, part: str) -> list[str]:
        prefix = f"{folder}/" if folder else ""
        if "*" not in part:
            path = prefix + part
            return [path] if self._fs.stat(self._layout.at(path)) else []
        if folder and not self._is_folder(folder):
            return []
        expression = re.compile(".+".join(re.escape(piece) for piece in part.split("*")))
        names = self._fs.listdir(self._layout.at(folder))
        return [prefix + name for name in names if expression.fullmatch(name)]

    def _is_folder(self, path: str) -> bool:
        found = self._fs.stat(self._layout.at(path))
        return found is not None and stat.S_ISDIR(found.st_mode)

    def _make_folder(self, path: str) -> None:
        """Create a document's parent folders; refuse symlinks, which could lead outside."""
        obstacle = self.obstacle(path)
        if obstacle:
            raise OSError(errno.ENOTDIR, f".podium/{obstacle} is not a folder")
        self._fs.makedirs(os.path.dirname(self._layout.at(path)))


def _folders_above(path: str) -> list[str]:
    """Return the parent folders of a path, outermost first, without the root."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]
