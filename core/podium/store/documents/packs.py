"""Keeps documents of ended work in one file per folder, because a small file takes a whole block.

A pack has two parts, each compressed with gzip: a line with the name, length and hash of every
document, and the documents' texts one after the other. `zcat` shows both.
"""

import contextlib
import errno
import json
import stat
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from podium.ports.filesystem import FileSystem
from podium.store.disk.durable import text_hash, write_durably
from podium.store.disk.layout import StoreLayout, is_document

PACK_NAME = "packed.gz"
LONGEST_DOCUMENT = 64 * 1024
"""Longer documents keep their files: the unused part of a last block hardly matters for them."""

MOST_BYTES = 16 * 1024 * 1024
"""The maximum total size of the texts in a pack; further documents keep their files."""

MOST_DOCUMENTS = 20_000
_MOST_IN_INDEX = 16 * 1024 * 1024
_MOST_TEXTS = 4
"""How many packs' texts are kept in memory."""

_GZIP = 31
_LEVEL = 6


class DamagedPack(OSError):
    """A pack is unreadable.

    Args:
        pack: its path, relative to the store's folder.
    """

    def __init__(self, pack: str) -> None:
        super().__init__(errno.EIO, f"{pack} is damaged")
        self.pack = pack


@dataclass(frozen=True)
class PackedDocument:
    """A document's location in its pack.

    Args:
        start: bytes from the beginning of the texts.
        length: of its text, in bytes.
        hash: the hash of its text.
    """

    start: int
    length: int
    hash: str

    @property
    def end(self) -> int:
        """The end of its text."""
        return self.start + self.length


@dataclass(frozen=True)
class _Pack:
    """A pack file as it was read.

    Args:
        seen: the size, time and inode of the file.
        documents: the documents' locations, by path.
        compressed: the compressed texts.
    """

    seen: tuple[int, int, int]
    documents: Mapping[str, PackedDocument]
    compressed: bytes


class Packs:
    """The packs of a store.

    Args:
        fs: the file operations.
        layout: the paths of the store's files.
        folder_of: returns the folder whose pack may contain a document, or None.
    """

    def __init__(
        self, fs: FileSystem, layout: StoreLayout, folder_of: Callable[[str], str | None]
    ) -> None:
        self._fs = fs
        self._layout = layout
        self._folder_of = folder_of
        self._packs: dict[str, _Pack] = {}
        self._texts: dict[str, tuple[_Pack, bytes]] = {}

    def documents_in(self, folder: str) -> list[str]:
        """Return the documents in a folder's pack; none if the pack is damaged."""
        with contextlib.suppress(DamagedPack):
            found = self._pack(folder)
            return list(found.documents) if found else []
        return []

    def find(self, path: str) -> PackedDocument | None:
        """Return a document's location in its pack, or None.

        Raises:
            OSError: the pack is unreadable.
        """
        folder = self._folder_of(path)
        pack = self._pack(folder) if folder else None
        return pack.documents.get(path) if pack else None

    def read(self, path: str) -> bytes | None:
        """Return a document's text from its pack, or None.

        Raises:
            OSError: the pack is unreadable.
        """
        folder = self._folder_of(path)
        pack = self._pack(folder) if folder else None
        if folder is None or pack is None or path not in pack.documents:
            return None
        return _text_of(pack.documents[path], self._texts_of(folder, pack))

    def file_of(self, path: str) -> str | None:
        """Return the pack file that may contain a document, relative to the store's folder."""
        folder = self._folder_of(path)
        return folder and f"{folder}/{PACK_NAME}"

    def add(self, texts: Mapping[str, bytes]) -> list[str]:
        """Add documents to their packs; they are durable there when this returns.

        Returns:
            The documents that are now in a pack; those that are too long or do not fit are not.

        Raises:
            OSError: a pack is damaged or cannot be written.
        """
        packed: list[str] = []
        for folder, paths in self._by_folder(texts).items():
            pack = self._pack(folder)
            before = self._all_texts(folder, pack) if pack else {}
            after = _with_room_for(before, {path: texts[path] for path in paths})
            if after != before:
                self._write(folder, after)
            packed += [path for path in paths if after.get(path) == texts[path]]
        return packed

    def drop(self, paths: Collection[str]) -> None:
        """Remove documents from their packs; a damaged pack is left unchanged.

        Raises:
            OSError: a pack cannot be read or written.
        """
        for folder, names in self._by_folder(paths).items():
            with contextlib.suppress(DamagedPack):
                pack = self._pack(folder)
                if pack is None or pack.documents.keys().isdisjoint(names):
                    continue
                kept = self._all_texts(folder, pack)
                for path in names:
                    kept.pop(path, None)
                self._write(folder, kept)

    # -- helpers

    def _by_folder(self, paths: Collection[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in paths:
            folder = self._folder_of(path)
            if folder is not None:
                found.setdefault(folder, []).append(path)
        return found

    def _pack(self, folder: str) -> _Pack | None:
        full = self._layout.at(f"{folder}/{PACK_NAME}")
        found = self._fs.stat(full)
        if found is None:
            self._packs.pop(folder, None)
            return None
        seen = (found.st_size, found.st_mtime_ns, found.st_ino)
        known = self._packs.get(folder)
        if known is None or known.seen != seen:
            data = self._fs.read(full) if stat.S_ISREG(found.st_mode) else b""
            if data is None:
                return None
            known = self._packs[folder] = self._parse(folder, data, seen)
        return known

    def _parse(self, folder: str, data: bytes, seen: tuple[int, int, int]) -> _Pack:
        try:
            index, compressed = _unpack(data, _MOST_IN_INDEX)
            documents: dict[str, PackedDocument] = {}
            start = 0
            for name, length, content_hash in json.loads(index):
                path = f"{folder}/{name}"
                if is_document(path) and self._folder_of(path) == folder:
                    documents[path] = PackedDocument(start, length, str(content_hash))
                start += length
        except (ValueError, TypeError, zlib.error) as error:
            raise DamagedPack(f"{folder}/{PACK_NAME}") from error
        return _Pack(seen, documents, compressed)

    def _texts_of(self, folder: str, pack: _Pack) -> bytes:
        known = self._texts.get(folder)
        if known is not None and known[0] is pack:
            return known[1]
        try:
            text, _ = _unpack(pack.compressed, MOST_BYTES)
            if len(text) < max((each.end for each in pack.documents.values()), default=0):
                raise ValueError("texts are missing")
        except (ValueError, zlib.error) as error:
            raise DamagedPack(f"{folder}/{PACK_NAME}") from error
        self._texts.pop(folder, None)
        while len(self._texts) >= _MOST_TEXTS:
            del self._texts[next(iter(self._texts))]
        self._texts[folder] = pack, text
        return text

    def _all_texts(self, folder: str, pack: _Pack) -> dict[str, bytes]:
        texts = self._texts_of(folder, pack)
        return {path: _text_of(place, texts) for path, place in pack.documents.items()}

    def _write(self, folder: str, texts: Mapping[str, bytes]) -> None:
        full = self._layout.at(f"{folder}/{PACK_NAME}")
        if texts:
            write_durably(self._fs, full, _packed(folder, texts))
        else:
            # No sync is needed: if a crash brings the pack back, its texts are either known crash
            # leftovers or hidden by newer files.
            with contextlib.suppress(FileNotFoundError):
                self._fs.unlink(full)


def _text_of(place: PackedDocument, texts: bytes) -> bytes:
    return texts[place.start : place.end]


def _with_room_for(before: Mapping[str, bytes], more: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return a pack's texts plus as many more as fit."""
    found = dict(before)
    room = MOST_BYTES - sum(map(len, found.values()))
    for path, text in more.items():
        further = len(text) - len(found.get(path, b""))
        is_new = path not in found
        if (
            len(text) > LONGEST_DOCUMENT
            or further > room
            or (is_new and len(found) >= MOST_DOCUMENTS)
        ):
            continue
        found[path] = text
        room -= further
    return found


def _packed(folder: str, texts: Mapping[str, bytes]) -> bytes:
    rows = [
        [path.removeprefix(f"{folder}/"), len(text), text_hash(text)]
        for path, text in texts.items()
    ]
    index = json.dumps(rows, separators=(",", ":")).encode() + b"\n"
    return _compressed(index) + _compressed(b"".join(texts.values()))


def _compressed(data: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(data) + packer.flush()


def _unpack(data: bytes, most: int) -> tuple[bytes, bytes]:
    """Return the first part of compressed data, and the rest.

    Raises:
        ValueError: it is truncated or too large.
        zlib.error: it is damaged.
    """
    unpacker = zlib.decompressobj(_GZIP)
    found = unpacker.decompress(data, most + 1)
    if len(found) > most or not unpacker.eof:
        raise ValueError("it is truncated or too large")
    return found, unpacker.unused_data
