"""Distinguishes the files of an interrupted landing from the user's own changes.

A killed landing leaves some files already in their landed state, one of them possibly truncated.
None of their content is the user's, so the next landing replaces them.
"""

import os
import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from podium.platform.atomic_write import replace_file
from podium.platform.machine import raise_refusal
from podium.ports.filesystem import PRIVATE_FILE
from podium.workspace.paths import first_obstacle
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.programs import act
from podium.workspace.values import LINK_MODE, WorkTreeStatus

RECORD_NAME = "podium-landing"
"""The file in the checkout's Git directory that exists while a landing changes files."""

_EXECUTABLE_MODE = "100755"
_FILE_MODES = frozenset({"100644", _EXECUTABLE_MODE})
_NO_MODE = "000000"


@dataclass(frozen=True)
class LandedFile:
    """A file in its landed state; the mode is `000000` if landing deletes it."""

    mode: str
    blob: str
    is_new: bool = False

    @property
    def is_deleted(self) -> bool:
        """Whether landing deletes the file."""
        return self.mode == _NO_MODE


@dataclass(frozen=True)
class HalfLanded:
    """A file that an interrupted landing wrote or removed.

    Args:
        path: the file.
        state: the state of the file on disk; None if it does not exist.
    """

    path: str
    state: tuple[int, int, int] | None


def write_record(git: Git, head: str, tree: str) -> None:
    """Record that a landing is about to change files, none of which the user has changed."""
    replace_file(_record(git), f"{head} {tree}\n".encode(), mode=PRIVATE_FILE, durable=True)


def remove_record(git: Git) -> None:
    """Remove the record, because the landing has ended."""
    _record(git).unlink(missing_ok=True)


def was_interrupted(git: Git, head: str, tree: str) -> bool:
    """Return whether this landing had already begun to change files."""
    try:
        return _record(git).read_text().split() == [head, tree]
    except OSError as error:
        raise_refusal(error)
        return False


async def landed_files(git: Git, head: str, tree: str) -> dict[str, LandedFile]:
    """Return the files that differ between a commit and a tree, as they are in the tree."""
    fields = (await git.read("diff-tree", "-r", "-z", "--no-renames", "--raw", head, tree)).fields
    rows = zip(fields[::2], fields[1::2], strict=True)
    found: dict[str, LandedFile] = {}
    for row, path in rows:
        old_mode, mode, _, blob, _ = row.removeprefix(":").split(" ")
        found[path] = LandedFile(mode, blob, is_new=old_mode == _NO_MODE)
    return found


async def half_landed(
    git: Git,
    files: Mapping[str, LandedFile],
    local: WorkTreeStatus,
    suspects: Collection[str],
    *,
    interrupted: bool,
) -> tuple[HalfLanded, ...]:
    """Return the locally changed files that look like leftovers of an interrupted landing.

    Args:
        git: git in the checkout.
        files: all files to be landed.
        local: the local changes of tracked files.
        suspects: changed and untracked files at paths that the landing would write.
        interrupted: whether this landing had already begun to change files; then missing and
            truncated files are also its leftovers.
    """
    wanted = sorted(path for path in suspects if path in files and path not in local.conflicted)
    in_index = await _index_entries(git, [each for each in wanted if each in local.staged])
    found: list[HalfLanded] = []
    for path in wanted:
        file = files[path]
        if path in local.staged:
            entry = in_index.get(path, LandedFile(_NO_MODE, ""))
            is_landed = entry.mode == file.mode and (file.is_deleted or entry.blob == file.blob)
            if is_landed and path not in local.unstaged:
                found.append(HalfLanded(path, None))
        elif first_obstacle(git.folder, path) is None:
            if file.is_deleted or interrupted:
                found.append(HalfLanded(path, None))
        elif await _is_as_landed(git, path, file, interrupted=interrupted):
            found.append(HalfLanded(path, _state(git.folder / path)))
    return tuple(found)


@dataclass(frozen=True)
class RemovedFile:
    """A file that was removed: its content (a symlink's target) and its mode."""

    path: Path
    content: bytes
    mode: int

    def put_back(self) -> None:
        """Create the file again, unless there is one."""
        if os.path.lexists(self.path):
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if stat.S_ISLNK(self.mode):
            os.symlink(os.fsdecode(self.content), self.path)
            return
        self.path.write_bytes(self.content)
        self.path.chmod(stat.S_IMODE(self.mode))


def remove_half_landed(root: Path, found: Sequence[HalfLanded]) -> list[RemovedFile]:
    """Remove half-landed files, so that git lands them; keep files that changed in the meantime."""
    removed: list[RemovedFile] = []
    for each in found:
        path = root / each.path
        if each.state is None or _state(path) != each.state:
            continue
        mode = os.lstat(path).st_mode
        content = os.fsencode(os.readlink(path)) if stat.S_ISLNK(mode) else path.read_bytes()
        path.unlink()
        removed.append(RemovedFile(path, content, mode))
    return removed


async def _is_as_landed(git: Git, path: str, file: LandedFile, *, interrupted: bool) -> bool:
    """Return whether a file has the landed content and mode, or a truncated prefix of it."""
    place = git.folder / path
    if first_obstacle(git.folder, path) != path or file.is_deleted:
        return False
    if file.mode == LINK_MODE:
        target = (await git.read("cat-file", "blob", file.blob)).data
        return place.is_symlink() and os.fsencode(os.readlink(place)) == target
    if file.mode not in _FILE_MODES or place.is_symlink() or not place.is_file():
        return False
    if await _has_modes(git) and os.access(place, os.X_OK) != (file.mode == _EXECUTABLE_MODE):
        return False
    content = place.read_bytes()
    # As git would add it, because the checkout may have other line endings.
    added = await act(git, "hash-object", "--stdin", f"--path={path}", stdin=content)
    if added.text == file.blob:
        return True
    if not interrupted:
        return False
    whole = await act(git, "cat-file", "--filters", f"--path={path}", file.blob)
    return whole.data.startswith(content)


async def _has_modes(git: Git) -> bool:
    """Return whether the file system keeps the executable bit."""
    output = await git.read("config", "--type=bool", "--default=true", "core.fileMode")
    return output.text == "true"


async def _index_entries(git: Git, paths: Sequence[str]) -> dict[str, LandedFile]:
    if not paths:
        return {}
    listed = await act(git, "--literal-pathspecs", "ls-files", "--stage", "-z", "--", *paths)
    rows = (entry.partition("\t") for entry in listed.fields)
    # `MODE BLOB STAGE`, then the path.
    found: dict[str, LandedFile] = {}
    for about, _, path in rows:
        mode, blob, _ = about.split(" ")
        found[path] = LandedFile(mode, blob)
    return found


def _state(path: Path) -> tuple[int, int, int]:
    found = os.lstat(path)
    return found.st_ino, found.st_mtime_ns, found.st_size


def _record(git: Git) -> Path:
    assert git.git_dir is not None
    return git.git_dir / RECORD_NAME
