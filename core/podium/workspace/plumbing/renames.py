"""Finds the current paths of missing files, from the working tree and the history.

Writes nothing.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import anyio.to_thread

from podium.workspace.plumbing import inspection
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.programs import act
from podium.workspace.values import ChangedFile, ChangeKind

_MOST_RENAMES = 8
"""Maximum length of a chain of renames."""
_MOST_CANDIDATES = 200
_MOST_PATHSPECS = 500
"""Paths in one command line."""
_LARGEST = 1024 * 1024
_SAME = 0.5
"""Minimum share of common lines for a rename; git's own default is similar."""

Lines = Counter[bytes]


async def renamed_files(git: Git, root: Path, paths: Iterable[str]) -> dict[str, str]:
    """Return the current paths of files that are no longer at `paths`, by their former paths.

    Files that were not renamed are omitted. Many files of a renamed folder cost as much as one.

    Raises:
        GitError: a git command fails.
    """
    search = _Search(git, root, await _staged(git))
    now = {path: path for path in paths}
    seen = {path: {path} for path in now}
    found: dict[str, str] = {}
    for _ in range(_MOST_RENAMES):
        following = await search.following(sorted(set(now.values())))
        steps = {path: following.get(at) for path, at in now.items()}
        now = {path: at for path, at in steps.items() if at is not None and at not in seen[path]}
        for path, at in list(now.items()):
            seen[path].add(at)
            if (root / at).is_file():
                found[path] = now.pop(path)
        if not now:
            break
    return found


async def new_files(git: Git) -> tuple[str, ...]:
    """Return the files that are not in the last commit.

    Raises:
        GitError: a git command fails.
    """
    options = ("--cached", "-r", "--no-ext-diff", "--no-textconv", "--diff-filter=A")
    output = await act(git, "diff-index", *options, "--name-only", "-z", "HEAD")
    return (*output.fields, *await _untracked(git))


@dataclass
class _Search:
    """Finds the next path of each file.

    Args:
        git: the repository.
        root: the top of the working tree.
        staged: the staged renames, new path by old path.
    """

    git: Git
    root: Path
    staged: Mapping[str, str]
    _removed: dict[str, str | None] = field(default_factory=dict[str, str | None])
    """By path, the path to which the last commit that removed it renamed it."""
    _candidates: dict[str, Lines] | None = None

    async def following(self, paths: Sequence[str]) -> dict[str, str]:
        found = {path: self.staged[path] for path in paths if path in self.staged}
        await self._search_history([path for path in paths if path not in found])
        for path in paths:
            if path not in found and (renamed := self._removed.get(path)) is not None:
                found[path] = renamed
        for path in paths:
            if path not in found and (alike := await self._among_untracked(path)) is not None:
                found[path] = alike
        return found

    async def _search_history(self, paths: Sequence[str]) -> None:
        """Note what became of each path in the last commit that removed it."""
        for start in range(0, len(paths), _MOST_PATHSPECS):
            rest = set(paths[start : start + _MOST_PATHSPECS])
            rest.difference_update(self._removed)
            while rest and (commit := await self._last_removal(rest)):
                changes = await inspection.changed_files(self.git, f"{commit}^1", commit)
                gone = dict(_gone(changes))
                ended = rest.intersection(gone)
                if not ended:
                    break
                self._removed.update({path: gone[path] for path in ended})
                rest -= ended
            self._removed.update(dict.fromkeys(rest))

    async def _last_removal(self, paths: Collection[str]) -> str:
        """Return the last commit that removed any of the paths; empty if there is none."""
        options = ("--max-count=1", "--diff-filter=D", "--no-renames", "--format=%H")
        specs = (f":(top,literal){path}" for path in sorted(paths))
        return (await self.git.read("log", *options, "HEAD", "--", *specs)).text.strip()

    async def _among_untracked(self, path: str) -> str | None:
        """Return the only untracked file that has the content of a missing file."""
        if self._candidates is None:
            names = await _untracked(self.git)
            self._candidates = await anyio.to_thread.run_sync(_counted, self.root, names)
        ending = PurePosixPath(path).suffix
        same = {n: c for n, c in self._candidates.items() if PurePosixPath(n).suffix == ending}
        if not same or (former := await inspection.file_at(self.git, "HEAD", path)) is None:
            return None
        return await anyio.to_thread.run_sync(_most_alike, same, former)


async def _staged(git: Git) -> dict[str, str]:
    """Return the staged renames of committed files, new path by old path."""
    options = ("--cached", "-r", "-M", "--no-ext-diff", "--no-textconv", "--diff-filter=R")
    output = await act(git, "diff-index", *options, "--raw", "--no-abbrev", "-z", "HEAD")
    fields = iter(output.fields)
    changes = (inspection.read_change(each, fields) for each in fields)
    return {each.old_path: each.path for each in changes if each.old_path is not None}


async def _untracked(git: Git) -> list[str]:
    listed = await git.read("ls-files", "-z", "--others", "--exclude-standard")
    return [path for path in listed.fields if not path.endswith("/")]


def _gone(changes: Iterable[ChangedFile]) -> Iterator[tuple[str, str | None]]:
    """Yield each removed path of a commit, and its new path if it was renamed."""
    for each in changes:
        if each.kind is ChangeKind.RENAMED and each.old_path is not None:
            yield each.old_path, each.path
        elif each.kind is ChangeKind.DELETED:
            yield each.path, None


def _counted(root: Path, names: Sequence[str]) -> dict[str, Lines]:
    """Return the lines of files, at most `_MOST_CANDIDATES` with each ending."""
    found: dict[str, Lines] = {}
    endings: Counter[str] = Counter()
    for name in names:
        ending = PurePosixPath(name).suffix
        endings[ending] += 1
        if endings[ending] <= _MOST_CANDIDATES and (lines := _lines_of(root / name)) is not None:
            found[name] = lines
    return found


def _lines_of(file: Path) -> Lines | None:
    try:
        if file.is_symlink() or file.stat().st_size > _LARGEST:
            return None
        return Counter(file.read_bytes().split(b"\n"))
    except OSError:
        return None


def _most_alike(candidates: Mapping[str, Lines], former: bytes) -> str | None:
    wanted = Counter(former.split(b"\n"))
    alike = sorted(
        ((_share(each, wanted), name) for name, each in candidates.items()), reverse=True
    )
    is_clear = len(alike) == 1 or (len(alike) > 1 and alike[0][0] > alike[1][0])
    return alike[0][1] if alike and is_clear and alike[0][0] >= _SAME else None


def _share(lines: Lines, wanted: Lines) -> float:
    return (lines & wanted).total() / max(lines.total(), wanted.total())
