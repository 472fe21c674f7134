"""Creates a store's folder and checks who may use it."""

import os
import stat
from collections.abc import Mapping

from podium.errors import PathOutsideWorkspace, ProjectNotFound, StoreReadOnly
from podium.platform.owned_files import no_link
from podium.ports.filesystem import FileSystem
from podium.store.disk.durable import sync_folder, write_durably
from podium.store.disk.layout import (
    FORMAT,
    IGNORE_FILE,
    IGNORE_TEXT,
    MANIFEST,
    Manifest,
    StoreLayout,
    manifest_text,
    new_manifest,
    newer_format,
    parse_manifest,
)
from podium.store.disk.names import RUN_FOLDER


def read_manifest(fs: FileSystem, layout: StoreLayout) -> Manifest:
    """Return the store's manifest.

    Raises:
        ProjectNotFound: the store does not exist.
        StoreReadOnly: its format is too new even for reading.
        StoreCorrupted: the manifest is unreadable.
    """
    data = fs.read(layout.at(MANIFEST))
    if data is None:
        raise ProjectNotFound(
            "There is no Podium project here",
            why=f"{layout.root} has no {MANIFEST}",
            hints=["podium init creates one"],
        )
    return parse_manifest(data)


def check_may_write(fs: FileSystem, layout: StoreLayout, schemas: Mapping[str, int]) -> None:
    """Check that this program may write; a newer one may have migrated the store since.

    Args:
        schemas: the current schema versions of the documents.

    Raises:
        ProjectNotFound: the store no longer exists.
        StoreReadOnly: the store's format is too new for writing.
        StoreCorrupted: the manifest is unreadable.
    """
    manifest = read_manifest(fs, layout)
    if manifest.min_writer > FORMAT:
        raise newer_format(manifest, needed=manifest.min_writer, verb="write to")
    for pattern, version in schemas.items():
        if manifest.schemas.get(pattern, 1) != version:
            raise StoreReadOnly(
                "The store was created by an older version of Podium",
                why=f"documents like {pattern} have schema {manifest.schemas.get(pattern, 1)}, "
                f"but this version of Podium writes schema {version}",
                hints=[
                    "podium migrate upgrades it, after making a snapshot",
                    "reading still works",
                ],
            )


def make_manifest(fs: FileSystem, layout: StoreLayout, schemas: dict[str, int]) -> None:
    """Create the manifest if it is missing; the caller holds the lock.

    It is written last: a folder with a manifest is a store.

    Raises:
        OSError: the folder is not writable.
    """
    if fs.read(layout.at(MANIFEST)) is None:
        write_durably(fs, layout.at(IGNORE_FILE), IGNORE_TEXT.encode())
        write_durably(fs, layout.at(MANIFEST), manifest_text(new_manifest(schemas)))
        sync_folder(fs, os.path.dirname(layout.root))


def write_manifest(fs: FileSystem, layout: StoreLayout, manifest: Manifest) -> None:
    """Replace the manifest durably.

    Raises:
        OSError: the manifest was not replaced.
    """
    write_durably(fs, layout.at(MANIFEST), manifest_text(manifest))


def refuse_links(fs: FileSystem, layout: StoreLayout) -> None:
    """Check that no file or folder of the store or its run folder is a symlink.

    Files are always opened without following symlinks; this check names a symlink before anything
    is written.

    Raises:
        PathOutsideWorkspace: one of them is a symlink.
        OSError: a folder cannot be read.
    """
    for folder in (layout.root, layout.run, f"{layout.run}/logs"):
        for name in fs.listdir(folder) if _is_folder(fs, folder) else ():
            found = fs.stat(f"{folder}/{name}")
            if found is not None and stat.S_ISLNK(found.st_mode):
                raise no_link(f"{folder}/{name}")


def has_run_folder(fs: FileSystem, layout: StoreLayout) -> bool:
    """Return whether the folders that are never shared exist.

    Raises:
        PathOutsideWorkspace: a symlink or a file has the name of one.
    """
    return _is_folder(fs, layout.run) and _is_folder(fs, layout.journal)


def make_run_folder(fs: FileSystem, layout: StoreLayout) -> None:
    """Create the folders that are never shared, durably, if they are missing.

    Raises:
        PathOutsideWorkspace: a symlink or a file has its name.
        OSError: the folder is not writable.
    """
    if has_run_folder(fs, layout):
        return
    fs.makedirs(layout.journal)
    sync_folder(fs, layout.run)
    sync_folder(fs, layout.root)


def _is_folder(fs: FileSystem, path: str) -> bool:
    found = fs.stat(path)
    if found is not None and not stat.S_ISDIR(found.st_mode):
        raise PathOutsideWorkspace(
            f"{path} is not a folder",
            why="the store's own records need a folder, not a symlink or a file",
            hints=[f"remove .podium/{RUN_FOLDER}; Podium recreates it from the documents"],
        )
    return found is not None
