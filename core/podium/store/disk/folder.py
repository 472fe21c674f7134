"""Makes a store's folder and checks who may use it; must not know documents or the journal."""

import os
import stat
from collections.abc import Mapping

from podium.errors import PathOutsideWorkspace, ProjectNotFound, StoreReadOnly
from podium.ports.filesystem import FileSystem
from podium.store.disk.durable import sync_folder, write_durably
from podium.store.disk.layout import (
    FORMAT,
    IGNORE_FILE,
    IGNORE_TEXT,
    MANIFEST,
    RUN_FOLDER,
    Manifest,
    StoreLayout,
    manifest_text,
    new_manifest,
    newer_format,
    parse_manifest,
)


def read_manifest(fs: FileSystem, layout: StoreLayout) -> Manifest:
    """Return the store's format file.

    Raises:
        ProjectNotFound: there is no store.
        StoreReadOnly: its format is too new even for reading.
        StoreCorrupted: it cannot be read.
    """
    data = fs.read(layout.at(MANIFEST))
    if data is None:
        raise ProjectNotFound(
            "There is no Podium project here",
            why=f"{layout.root} has no {MANIFEST}",
            hints=["podium init makes one"],
        )
    return parse_manifest(data)


def check_may_write(fs: FileSystem, layout: StoreLayout, schemas: Mapping[str, int]) -> None:
    """Check that this program may write; a newer one may have migrated the store meanwhile.

    Args:
        schemas: the present versions of the documents.

    Raises:
        ProjectNotFound: there is no store any more.
        StoreReadOnly: the store's format is too new for writing.
        StoreCorrupted: the format file cannot be read.
    """
    manifest = read_manifest(fs, layout)
    if manifest.min_writer > FORMAT:
        raise newer_format(manifest, needed=manifest.min_writer, verb="write to")
    for pattern, version in schemas.items():
        if manifest.schemas.get(pattern, 1) != version:
            raise StoreReadOnly(
                "The store was made by an older Podium",
                why=f"documents like {pattern} have schema {manifest.schemas.get(pattern, 1)}, "
                f"this program writes schema {version}",
                hints=["podium migrate brings it up, after a snapshot", "reading goes on"],
            )


def make_manifest(fs: FileSystem, layout: StoreLayout, schemas: dict[str, int]) -> None:
    """Make the format file where there is none; the lock is held. It comes last and makes a store.

    Raises:
        OSError: the folder cannot be written.
    """
    if fs.read(layout.at(MANIFEST)) is None:
        write_durably(fs, layout.at(IGNORE_FILE), IGNORE_TEXT.encode())
        write_durably(fs, layout.at(MANIFEST), manifest_text(new_manifest(schemas)))
        sync_folder(fs, os.path.dirname(layout.root))


def write_manifest(fs: FileSystem, layout: StoreLayout, manifest: Manifest) -> None:
    """Replace the format file, durably.

    Raises:
        OSError: it is the old one still.
    """
    write_durably(fs, layout.at(MANIFEST), manifest_text(manifest))


def make_run_folder(fs: FileSystem, layout: StoreLayout) -> None:
    """Make the folders that are never shared, durably, where they are missing.

    Raises:
        PathOutsideWorkspace: a link or a file stands in their place.
        OSError: the folder cannot be written.
    """
    if _is_folder(fs, layout.run) and _is_folder(fs, layout.journal):
        return
    fs.makedirs(layout.journal)
    sync_folder(fs, layout.run)
    sync_folder(fs, layout.root)


def _is_folder(fs: FileSystem, path: str) -> bool:
    found = fs.stat(path)
    if found is not None and not stat.S_ISDIR(found.st_mode):
        raise PathOutsideWorkspace(
            f"{path} is not a folder",
            why="it is a link or a file, and the store's own records belong there",
            hints=[f"remove .podium/{RUN_FOLDER}; Podium makes it anew from the documents"],
        )
    return found is not None
