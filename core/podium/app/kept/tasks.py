"""A cache of listed tasks, so that they can be listed again without loading the engine.

The cache is in the user's cache folder, never in the project, so that a clone cannot contain one.
It is used only while everything on which the list depends is unchanged, see `Basis`. Otherwise, or
if its file is damaged or does not belong to the user, the cache counts as empty.
"""

import contextlib
import hashlib
import json
import os
import stat
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from podium import __version__
from podium.app.project_root import find_root
from podium.app.settings_files import VARIABLES, settings_files
from podium.errors import PathOutsideWorkspace
from podium.platform.atomic_write import replace_file
from podium.platform.filesystem import LocalFileSystem
from podium.platform.owned_files import open_file
from podium.platform.user_folders import cache_folder
from podium.ports.filesystem import PRIVATE_FILE
from podium.store.disk.stamp import (
    FileList,
    Stamp,
    hash_of_list,
    is_current,
    parse_list,
    take_stamp,
)
from podium.workspace.sharing import home_of

FORMAT = 1
"""The version of the file format; a program with another version ignores the file."""

_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class KeptTask:
    """A task as listed: the fields of the operation's rows, in the same order."""

    plan_id: str
    id: str
    title: str
    state: str
    priority: str
    role: str
    requires: tuple[str, ...]
    files: tuple[str, ...]
    percent: int
    ready: bool
    reason: str
    note: str


@dataclass(frozen=True)
class KeptPlan:
    """A plan's tasks in order.

    Args:
        plan_id: the plan.
        objective: its objective.
        tasks: all of its tasks.
    """

    plan_id: str
    objective: str
    tasks: tuple[KeptTask, ...]


@dataclass(frozen=True)
class Basis:
    """The state of everything on which a task list depends.

    Args:
        program: the version of this program.
        home: the folder whose `.podium` is the store.
        settings: the hash of the settings, because every command reports invalid settings.
        stamp: the state of the store's files.
    """

    program: str
    home: str
    settings: str
    stamp: Stamp

    def is_current(self) -> bool:
        """Whether everything is still unchanged."""
        return self.has_same_settings() and is_current(self.stamp, f"{self.home}/.podium")

    def has_same_settings(self) -> bool:
        """Whether the program and the settings are still the same."""
        is_same = self.program == f"{__version__}/{FORMAT}"
        return is_same and self.settings == _settings_hash(Path(self.home))


@dataclass(frozen=True)
class KeptTasks:
    """The cached tasks of one store.

    Args:
        basis: the state in which they were read.
        plan_ids: all plans, newest first.
        plans: the plans whose tasks were listed, by id.
    """

    basis: Basis
    plan_ids: tuple[str, ...]
    plans: Mapping[str, KeptPlan]

    def as_json(self) -> bytes:
        """Return the content of the cache file."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":")).encode()


def home_at(folder: Path) -> Path | None:
    """Return the folder whose `.podium` is the store of a folder's project, or None."""
    root = find_root(folder)
    return root and home_of(root)


def basis_now(home: Path) -> Basis | None:
    """Return the current state on which a list depends; None if it cannot be determined."""
    settings = _settings_hash(home)
    stamp = take_stamp(f"{home}/.podium", time.time_ns())
    if settings is None or stamp is None:
        return None
    return Basis(f"{__version__}/{FORMAT}", str(home), settings, stamp)


def kept_file(home: Path) -> Path:
    """Return the path of the cache file for a store."""
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:32]
    return cache_folder() / "tasks" / f"{name}.json"


def kept_tasks(home: Path) -> KeptTasks | None:
    """Return the cached tasks of a store if they are still current."""
    found = read_kept_tasks(home)
    return found if found is not None and found.basis.is_current() else None


def read_kept_tasks(home: Path) -> KeptTasks | None:
    """Return the cached tasks of a store, current or not."""
    try:
        found = _parse(_read(kept_file(home)))
    except (OSError, ValueError, KeyError, TypeError, PathOutsideWorkspace):
        return None
    return found if found.basis.home == str(home) else None


def read_file_list(kept: KeptTasks) -> FileList | None:
    """Return the files of the store in the state that cached tasks depend on."""
    try:
        listed = _read(_list_file(Path(kept.basis.home)))
        is_of_them = hash_of_list(listed) == kept.basis.stamp.signatures
        return parse_list(listed) if is_of_them else None
    except (OSError, ValueError, PathOutsideWorkspace):
        return None


def write_kept_tasks(kept: KeptTasks, listed: bytes) -> None:
    """Write cached tasks with the list of the store's files; a failure is harmless."""
    home = Path(kept.basis.home)
    with contextlib.suppress(OSError):
        for path, content in ((_list_file(home), listed), (kept_file(home), kept.as_json())):
            replace_file(path, content, mode=PRIVATE_FILE, root=cache_folder())


def _list_file(home: Path) -> Path:
    return kept_file(home).with_suffix(".files")


def _read(path: Path) -> bytes:
    """Return the content of a file that belongs to the user.

    Raises:
        OSError: the file does not exist.
        ValueError: other users may write it.
    """
    with open(open_file(path, os.O_RDONLY, root=cache_folder()), "rb") as file:
        found = os.fstat(file.fileno())
        if found.st_uid != os.geteuid() or found.st_mode & _OTHERS_MAY_WRITE:
            raise ValueError("other users may write it")
        return file.read()


def _parse(data: bytes) -> KeptTasks:
    fields: dict[str, Any] = json.loads(data)
    basis: dict[str, Any] = {**fields["basis"], "stamp": Stamp(**fields["basis"]["stamp"])}
    return KeptTasks(
        basis=Basis(**basis),
        plan_ids=tuple(fields["plan_ids"]),
        plans={name: _plan(row) for name, row in fields["plans"].items()},
    )


def _plan(row: dict[str, Any]) -> KeptPlan:
    return KeptPlan(row["plan_id"], row["objective"], tuple(map(_task, row["tasks"])))


def _task(row: dict[str, Any]) -> KeptTask:
    lists = {name: tuple(row[name]) for name in ("requires", "files")}
    values: dict[str, Any] = {**row, **lists}
    return KeptTask(**values)


def _settings_hash(home: Path) -> str | None:
    """Return the hash of the settings files and variables; None if a file is unreadable."""
    found = [f"{name}={value}" for name, value in os.environ.items() if name.startswith(VARIABLES)]
    parts = [os.fsencode(each) for each in sorted(found)]
    for path in settings_files(home):
        try:
            # A FIFO with this name must not block the command.
            fd = LocalFileSystem().open(str(path), os.O_RDONLY | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            parts.append(b"")
            continue
        except (OSError, PathOutsideWorkspace):
            return None
        with open(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                return None
            parts.append(b"=" + file.read())
    sizes = ",".join(str(len(part)) for part in parts)
    return hashlib.sha256(b"\0".join([sizes.encode(), *parts])).hexdigest()
