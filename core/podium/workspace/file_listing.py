"""Lists all or only changed files of a working tree, with their current and previous contents.

Also works in a repository without commits. Writes nothing, not even objects.
"""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from podium.errors import NotARepository, NotFoundError
from podium.workspace.paths import check_relative_path
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.inspection import find_commit, resolve
from podium.workspace.plumbing.programs import act, prepared
from podium.workspace.values import LINK_MODE, SUBMODULE_MODE

_NO_OBJECT = "0"
_RAW = ("--raw", "-r", "-M", "-z", "--no-abbrev", "--no-ext-diff", "--ignore-submodules=all")
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_LITERAL = ":(top,literal)"
_OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class ListedFile:
    """A regular file of the working tree or of the index.

    Args:
        path: relative to the top, with `/`.
        is_new: whether the file does not exist in the base state.
        blob: the object with its content; empty if the content is in the working tree.
        base_blob: the object with the previous content; empty if there is none.
    """

    path: str
    is_new: bool = False
    blob: str = ""
    base_blob: str = ""


@dataclass(frozen=True)
class Listing:
    """The files to check.

    Args:
        root: the top of the working tree.
        files: sorted by path.
        is_whole: whether the listing contains every file, not only changed ones.
        without_files: the requested paths that exist, but contain no file of a whole listing.
    """

    root: Path
    files: tuple[ListedFile, ...]
    is_whole: bool
    _git: Git
    without_files: tuple[str, ...] = ()

    async def read(self, file: ListedFile, *, max_bytes: int) -> bytes | None:
        """Return a file's content, at most `max_bytes` + 1 bytes; None if the file is gone."""
        if file.blob:
            return await self._git.read_at_most(max_bytes + 1, "cat-file", "blob", file.blob)
        return await anyio.to_thread.run_sync(_read_file, self.root / file.path, max_bytes + 1)

    async def read_base(self, file: ListedFile, *, max_bytes: int) -> bytes | None:
        """Return the previous content, or None if there is none."""
        if not file.base_blob:
            return None
        return await self._git.read_at_most(max_bytes + 1, "cat-file", "blob", file.base_blob)

    async def size(self, file: ListedFile) -> int:
        """Return a file's size in bytes; 0 if it is gone."""
        if file.blob:
            return int((await self._git.read("cat-file", "-s", file.blob)).text)
        try:
            return (self.root / file.path).lstat().st_size
        except OSError:
            return 0


async def list_all(folder: Path, paths: Sequence[str] = ()) -> Listing:
    """Return all files of the working tree, tracked and untracked, without ignored ones.

    Args:
        folder: any folder in the working tree; `paths` are relative to it.
        paths: files and folders to include; all if omitted.

    Raises:
        NotARepository: there is no working tree.
        NotFoundError: there is no such file or folder on the disk.
        PathOutsideWorkspace: a path is outside it.
    """
    git, root = await _work_tree(folder)
    specs = _pathspecs(root, folder, paths)
    for path, _ in _not_on_disk(folder, paths, specs):
        raise _no_file(path, f"nothing has this name on the disk, in {str(folder)!r}")
    known = (await git.read("ls-files", "-z", "--stage", "--", *specs)).fields
    kept = {entry.partition("\t")[2] for entry in known if not _is_odd(entry[:6])}
    files = [ListedFile(path) for path in kept]
    files += [ListedFile(path, is_new=True) for path in await _untracked(git, specs)]
    found = _regular(root, files)
    empty = tuple(
        path for path, spec in zip(paths, specs, strict=False) if not _has_files(spec, found)
    )
    return Listing(root, found, is_whole=True, _git=git, without_files=empty)


async def list_changed(folder: Path, since: str, paths: Sequence[str] = ()) -> Listing:
    """Return the files of the working tree that differ from a commit, including new ones.

    Raises:
        NotARepository: there is no working tree.
        GitError: there is no such commit.
        NotFoundError: there is no such file or folder.
        PathOutsideWorkspace: a path is outside the working tree.
    """
    git, root = await _work_tree(folder)
    specs = _pathspecs(root, folder, paths)
    commit = await resolve(git, since)
    await _require_files(git, folder, paths, specs, commit)
    output = await act(git, "diff-index", *_RAW, commit, "--", *specs)
    files = [
        ListedFile(path, is_new=not old, base_blob=old) for path, old, _ in _changes(output.fields)
    ]
    files += [ListedFile(path, is_new=True) for path in await _untracked(git, specs)]
    return Listing(root, _regular(root, files), is_whole=False, _git=git)


async def list_staged(folder: Path, paths: Sequence[str] = ()) -> Listing:
    """Return the files that the next commit would change, with their staged contents.

    In a hook, the next commit is the one that git is making.

    Raises:
        NotARepository: there is no working tree.
        NotFoundError: there is no such file or folder.
        PathOutsideWorkspace: a path is outside the working tree.
    """
    git, root = await _work_tree(folder)
    specs = _pathspecs(root, folder, paths)
    base = await find_commit(git, "HEAD") or _EMPTY_TREE
    await _require_files(git, folder, paths, specs, base)
    index = _index_of_commit(git)
    output = await act(git, "diff-index", "--cached", *_RAW, base, "--", *specs, variables=index)
    rows = [
        ListedFile(path, is_new=not old, blob=new, base_blob=old)
        for path, old, new in _changes(output.fields)
        if new
    ]
    return Listing(root, tuple(sorted(rows, key=lambda each: each.path)), is_whole=False, _git=git)


def _index_of_commit(git: Git) -> dict[str, str]:
    """Return the environment variable with the index of the commit in progress, if git set one.

    For `git commit --all` and `git commit PATH`, git stages the files in a temporary index in the
    Git directory and passes that to the hook. An index elsewhere may belong to another repository.
    """
    assert git.git_dir is not None
    name = os.environ.get("GIT_INDEX_FILE", "")
    index = git.folder / name
    is_ours = bool(name) and _real(str(index.parent)) == _real(str(git.git_dir))
    return {"GIT_INDEX_FILE": str(index)} if is_ours and index.is_file() else {}


async def _work_tree(folder: Path) -> tuple[Git, Path]:
    git = Git(folder)
    inside = await git.read("rev-parse", "--is-inside-work-tree", accept=(0, 128))
    if inside.text != "true":
        raise NotARepository(
            f"{str(folder)!r} is not in a git working tree",
            why="Podium takes the list of files from git",
            hints=["git init"],
        )
    root = _real((await git.read("rev-parse", "--show-toplevel")).text)
    git_dir = Path((await git.read("rev-parse", "--absolute-git-dir")).text)
    return await prepared(Git(root, git_dir)), root


def _real(path: str) -> Path:
    return Path(os.path.realpath(path))


def _pathspecs(root: Path, folder: Path, paths: Sequence[str]) -> list[str]:
    """Return the paths as literal pathspecs, relative to the top."""
    specs: list[str] = []
    for text in paths:
        path = os.path.relpath(os.path.realpath(folder / text), root)
        specs.append(_LITERAL + ("." if path == "." else check_relative_path(path)))
    return specs or [":(top)"]


async def _require_files(
    git: Git, folder: Path, paths: Sequence[str], specs: Sequence[str], base: str = ""
) -> None:
    """Check that each path exists on the disk, in the index or in `base`.

    Raises:
        NotFoundError: there is no such file or folder, so a listing without it would be wrong.
    """
    for path, spec in _not_on_disk(folder, paths, specs):
        if (await git.read("ls-files", "-z", "--", spec)).fields:
            continue
        listed = base and await git.read("diff-tree", "-r", "-z", _EMPTY_TREE, base, "--", spec)
        if not (listed and listed.fields):
            raise _no_file(path, f"git does not know it either, in {str(folder)!r}")


def _no_file(path: str, why: str) -> NotFoundError:
    return NotFoundError(
        f"There is no file or folder {path!r}",
        why=why,
        hints=["podium audit without a path audits all files"],
    )


def _has_files(spec: str, files: Sequence[ListedFile]) -> bool:
    path = spec.removeprefix(_LITERAL)
    return path == "." or any(
        each.path == path or each.path.startswith(f"{path}/") for each in files
    )


def _not_on_disk(folder: Path, paths: Sequence[str], specs: Sequence[str]) -> list[tuple[str, str]]:
    found = zip(paths, specs, strict=False)
    return [(path, spec) for path, spec in found if not os.path.lexists(folder / path)]


async def _untracked(git: Git, specs: Sequence[str]) -> list[str]:
    """Return untracked files that are not ignored, except Podium's own."""
    listed = await git.read("ls-files", "-z", "--others", "--exclude-standard", "--", *specs)
    return [path for path in listed.fields if not path.endswith("/")]


def _changes(fields: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return path, old object and new object of every regular file that was not deleted.

    The new object is empty if the content is only in the working tree.
    """
    rows: list[tuple[str, str, str]] = []
    following = iter(fields)
    for summary in following:
        old_mode, new_mode, old, new, letter = summary.removeprefix(":").split(" ")
        path = next(following)
        if letter[0] in "RC":
            path = next(following)
        if letter[0] not in "DU" and not _is_odd(new_mode):
            rows.append((path, "" if _is_odd(old_mode) else _object(old), _object(new)))
    return rows


def _object(name: str) -> str:
    return name if name.strip(_NO_OBJECT) else ""


def _is_odd(mode: str) -> bool:
    return mode in (LINK_MODE, SUBMODULE_MODE)


def _regular(root: Path, files: Sequence[ListedFile]) -> tuple[ListedFile, ...]:
    """Return the files that are regular files on disk, without duplicates."""
    found: dict[str, ListedFile] = {}
    for file in files:
        try:
            mode = (root / file.path).lstat().st_mode
        except OSError:
            continue
        if stat.S_ISREG(mode) and not file.path.startswith(".podium/"):
            found.setdefault(file.path, file)
    return tuple(sorted(found.values(), key=lambda each: each.path))


def _read_file(path: Path, limit: int) -> bytes | None:
    try:
        fd = os.open(path, _OPEN_FLAGS)
    except OSError:
        return None
    with os.fdopen(fd, "rb") as file:
        return file.read(limit)
