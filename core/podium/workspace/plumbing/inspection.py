"""Read-only queries of a repository: states, differences, history.

Uses only plumbing commands with NUL-separated output, so neither unusual file names nor the user's
settings affect the results.
"""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from podium.errors import GitError
from podium.workspace.plumbing.git import Git, Output, decode
from podium.workspace.plumbing.programs import act
from podium.workspace.values import (
    ChangedFile,
    ChangeKind,
    Commit,
    CommitChange,
    DiffStat,
    FileStat,
    Head,
    Identity,
    Operation,
    WorkTreeStatus,
)

FileName = tuple[str, str]
"""A commit or tree, and the path of a file in it."""

# The next argument is a revision, even if it begins with a dash.
_END = "--end-of-options"
_DIFF = ("diff-tree", "-r", "-M", "--no-ext-diff", "--no-textconv", "--no-color")
DIFF_RAW = (*_DIFF, "--raw", "--no-abbrev")
"""The command whose output `read_change` parses; add `-z`."""
_COMMIT_FORMAT = "%H%x00%P%x00%an%x00%ae%x00%at%x00%B%x00"
_COMMIT_FIELDS = 6
_CHANGE_FORMAT = "%P%x00%B%x00"
COMMIT_OUTPUT = ("--no-commit-header", f"--format={_COMMIT_FORMAT}", "--encoding=UTF-8")
"""Options of `rev-list` for output that `read_commits` parses."""

_COMMIT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_OPERATION_MARKS = {
    "MERGE_HEAD": Operation.MERGE,
    "rebase-merge": Operation.REBASE,
    "rebase-apply": Operation.REBASE,
    "CHERRY_PICK_HEAD": Operation.CHERRY_PICK,
    "REVERT_HEAD": Operation.REVERT,
    "BISECT_LOG": Operation.BISECT,
}


async def head(git: Git) -> Head:
    """Return the checked-out commit and branch."""
    branch = await git.read("symbolic-ref", "--quiet", "HEAD", accept=(0, 1))
    name = branch.text.removeprefix("refs/heads/") if branch.code == 0 else None
    return Head(await resolve(git, "HEAD"), name)


def head_mark(git_dir: Path, common_dir: Path) -> tuple[object, ...]:
    """Return the content of HEAD, and the modification times of the files that store its branch."""
    try:
        content = (git_dir / "HEAD").read_text("utf-8", "replace").strip()
    except OSError:
        return ()
    name = content.removeprefix("ref: ")
    # A branch is in its own file, in packed-refs, or in a reftable.
    places = (common_dir / name, common_dir / "packed-refs", common_dir / "reftable/tables.list")
    return (content, *(_written(place) for place in places))


def _written(place: Path) -> tuple[int, int] | None:
    try:
        found = place.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def is_commit_id(revision: str) -> bool:
    """Return whether a revision is a full id, which always names the same commit."""
    return _COMMIT_ID.fullmatch(revision) is not None


async def find_commit(git: Git, revision: str) -> str | None:
    """Return the id of the commit that `revision` names, or None."""
    return await _find(git, revision, "commit")


async def resolve(git: Git, revision: str) -> str:
    """Return the id of the commit that `revision` names."""
    return await _resolve(git, revision, "commit")


async def tree_of(git: Git, revision: str) -> str:
    """Return the id of the tree that `revision` names, directly or through a commit."""
    return await _resolve(git, revision, "tree")


async def is_ancestor(git: Git, ancestor: str, descendant: str) -> bool:
    """Return whether `descendant` contains `ancestor`; a commit contains itself."""
    output = await git.read(
        "merge-base", "--is-ancestor", _END, ancestor, descendant, accept=(0, 1)
    )
    return output.code == 0


async def find_commits(git: Git, revisions: Sequence[str]) -> tuple[str | None, ...]:
    """Return, for each revision, the id of the commit that it names, or None."""
    if not revisions:
        return ()
    asked = "".join(f"{each}^{{commit}}\n" for each in revisions)
    output = await git.run(
        ("cat-file", "--batch-check=%(objecttype) %(objectname)"), stdin=asked.encode()
    )
    answers = (line.partition(" ") for line in output.text.splitlines())
    return tuple(name if kind == "commit" else None for kind, _, name in answers)


async def existing_commits(git: Git, commits: Collection[str]) -> frozenset[str]:
    """Return the commits whose objects exist."""
    if not commits:
        return frozenset()
    found = await find_commits(git, tuple(commits))
    return frozenset(each for each, name in zip(commits, found, strict=True) if each == name)


async def not_contained(git: Git, commits: Collection[str], tips: Iterable[str]) -> frozenset[str]:
    """Return the commits that are not reachable from any of the tips. All must exist."""
    if not commits:
        return frozenset()
    asked = "\n".join((*commits, *(f"^{tip}" for tip in tips)))
    output = await git.run(("rev-list", "--stdin"), stdin=f"{asked}\n".encode())
    return frozenset(output.text.split()) & frozenset(commits)


def operation_in_progress(git_dir: Path) -> Operation | None:
    """Return the unfinished operation in the worktree to which `git_dir` belongs, if any."""
    found = (operation for mark, operation in _OPERATION_MARKS.items() if (git_dir / mark).exists())
    return next(found, None)


async def status(git: Git, *, untracked: str = "normal") -> WorkTreeStatus:
    """Return the local changes; `untracked` is `no`, `normal` (whole folders) or `all`."""
    output = await act(
        git,
        "status",
        "--porcelain=v2",
        "-z",
        "--no-renames",
        "--ignore-submodules=dirty",
        f"--untracked-files={untracked}",
    )
    staged: list[str] = []
    unstaged: list[str] = []
    new: list[str] = []
    conflicted: list[str] = []
    for line in output.fields:
        match line[:1]:
            case "?":
                new.append(line[2:])
            case "u":
                conflicted.append(line.split(" ", 10)[10])
            case "1":
                path = line.split(" ", 8)[8]
                staged += [path] if line[2] != "." else []
                unstaged += [path] if line[3] != "." else []
            case _:
                pass
    assert git.git_dir is not None
    return WorkTreeStatus(
        tuple(staged),
        tuple(unstaged),
        tuple(new),
        tuple(conflicted),
        operation_in_progress(git.git_dir),
    )


async def is_clean(git: Git) -> bool:
    """Return whether the folder contains nothing but the files of its HEAD and ignored files.

    The commit of a submodule counts, but not its content: git is not run there.
    """
    output = await act(
        git,
        *("status", "--porcelain=v2", "-z", "--no-renames", "--no-ahead-behind"),
        *("--untracked-files=normal", "--ignore-submodules=dirty"),
    )
    return not output.data


async def changed_files(git: Git, base: str, tip: str) -> tuple[ChangedFile, ...]:
    """Return the files that differ between two commits or trees, with renames detected."""
    output = await git.read(*DIFF_RAW, "-z", _END, base, tip)
    fields = iter(output.fields)
    return tuple(read_change(field, fields) for field in fields)


async def change_of(git: Git, commit: str) -> CommitChange:
    """Return the changes between a commit and its parent, with renames detected."""
    commit = commit if is_commit_id(commit) else await resolve(git, commit)
    header = ("--always", f"--pretty=tformat:{_CHANGE_FORMAT}", "--encoding=UTF-8")
    output = await git.run((*DIFF_RAW, "-z", *header, "--stdin"), stdin=f"{commit}\n".encode())
    # An empty field and a line break separate the changes from the message.
    parents, message, _, *rows = output.fields
    fields = iter(row.removeprefix("\n") if index == 0 else row for index, row in enumerate(rows))
    changes = tuple(read_change(field, fields) for field in fields)
    return CommitChange(commit, tuple(parents.split()), message, changes)


async def diff_stat(git: Git, base: str, tip: str) -> DiffStat:
    """Return the lines added and deleted between two commits or trees."""
    output = await git.read(*_DIFF, "--numstat", "-z", _END, base, tip)
    fields = iter(output.fields)
    stats: list[FileStat] = []
    for field in fields:
        added, deleted, path = field.split("\t", 2)
        # A rename has an empty path here, followed by the old and the new path.
        old_path = None if path else next(fields)
        stats.append(FileStat(path or next(fields), old_path, _count(added), _count(deleted)))
    return DiffStat(tuple(stats))


async def diff_text(git: Git, base: str, tip: str, *, max_bytes: int) -> str:
    """Return a unified diff, truncated with a note after `max_bytes`."""
    trees = await tree_of(git, base), await tree_of(git, tip)
    prefixes = ("--src-prefix=a/", "--dst-prefix=b/", "--submodule=short")
    data = await git.read_at_most(max_bytes + 1, *_DIFF, "-p", *prefixes, *trees)
    text = data[:max_bytes].decode("utf-8", "replace")
    return text if len(data) <= max_bytes else f"{text}\n… (truncated at {max_bytes} bytes)\n"


async def file_at(git: Git, revision: str, path: str) -> bytes | None:
    """Return a file's content in a commit or tree, or None if there is no such file.

    The content of a symlink is its target.
    """
    listed = await git.read("ls-tree", "-z", "--full-tree", _END, revision, path)
    for entry in listed.fields:
        kind, name = entry.split(" ", 2)[1:]
        blob, _, found = name.partition("\t")
        if kind == "blob" and found == path:
            return (await git.read("cat-file", "blob", blob)).data
    return None


async def files_at(git: Git, wanted: Sequence[FileName]) -> dict[FileName, bytes]:
    """Return the contents of files, each in a commit or tree; omit those that do not exist.

    The content of a symlink is its target.
    """
    if not wanted:
        return {}
    asked = b"".join(os.fsencode(f"{revision}:{path}") + b"\0" for revision, path in wanted)
    output = await git.run(("cat-file", "-z", "--batch=%(objecttype) %(objectsize)"), stdin=asked)
    contents: dict[FileName, bytes] = {}
    at = 0
    for name in wanted:
        missing = os.fsencode("{}:{} missing\n".format(*name))
        if output.data.startswith(missing, at):
            at += len(missing)
            continue
        end = output.data.index(b"\n", at)
        kind, size = output.data[at:end].split(b" ")
        if kind == b"blob":
            contents[name] = output.data[end + 1 : end + 1 + int(size)]
        at = end + int(size) + 2
    return contents


async def list_files(git: Git, revision: str) -> tuple[str, ...]:
    """Return the files of a commit or tree, sorted by path."""
    listed = await git.read("ls-tree", "-r", "-z", "--name-only", revision)
    return tuple(listed.fields)


async def log(git: Git, base: str, tip: str, *, limit: int) -> tuple[Commit, ...]:
    """Return the commits in `tip` but not in `base`, newest first, at most `limit`."""
    output = await git.read(
        "rev-list",
        *COMMIT_OUTPUT,
        f"--max-count={limit}",
        _END,
        f"{base}..{tip}",
        "--",
    )
    return read_commits(output)


def read_commits(output: Output) -> tuple[Commit, ...]:
    """Parse the output of a command with `COMMIT_OUTPUT`."""
    fields = decode(output.data).split("\0")[:-1]
    starts = range(0, len(fields), _COMMIT_FIELDS)
    return tuple(_commit(fields[at : at + _COMMIT_FIELDS]) for at in starts)


def read_change(summary: str, following: Iterator[str]) -> ChangedFile:
    """Parse one changed file from the output of `DIFF_RAW`.

    Args:
        summary: the field that begins with a colon.
        following: the fields after it; the paths are consumed from there.
    """
    return _changed_file(summary, next(following), following)


async def _find(git: Git, revision: str, kind: str) -> str | None:
    wanted = f"{revision}^{{{kind}}}"
    output = await git.read("rev-parse", "--verify", "--quiet", _END, wanted, accept=(0, 1, 128))
    return output.text if output.code == 0 else None


async def _resolve(git: Git, revision: str, kind: str) -> str:
    found = await _find(git, revision, kind)
    if found is None:
        raise GitError(
            f"There is no {kind} {revision!r}",
            hints=["git log --oneline --all lists the commits", "git branch -a lists the branches"],
        )
    return found


def _changed_file(summary: str, path: str, following: Iterator[str]) -> ChangedFile:
    old_mode, new_mode, _, _, letter = summary.removeprefix(":").split(" ")
    match letter[0]:
        case "A":
            return ChangedFile(path, ChangeKind.ADDED, new_mode)
        case "D":
            return ChangedFile(path, ChangeKind.DELETED, old_mode)
        case "R":
            return ChangedFile(next(following), ChangeKind.RENAMED, new_mode, path)
        case _:
            return ChangedFile(path, ChangeKind.MODIFIED, new_mode)


def _count(text: str) -> int | None:
    return None if text == "-" else int(text)


def _commit(fields: list[str]) -> Commit:
    identifier, parents, name, email, authored, message = fields
    return Commit(
        identifier.lstrip("\n"),
        tuple(parents.split()),
        Identity(name, email),
        datetime.fromtimestamp(int(authored), UTC),
        message.rstrip("\n"),
    )
