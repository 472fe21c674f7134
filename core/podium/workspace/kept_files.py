"""The history of single files: their states in commits and checkpoints, and saved copies.

A copy has the file's exact bytes, before any conversion that git applies when it adds the file.
"""

import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from podium.errors import GitError
from podium.platform.temporary_files import INDEX_PREFIX
from podium.workspace.names import KEPT_PREFIX, REF_PREFIX, RESULTS_PREFIX
from podium.workspace.plumbing import inspection, references
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.programs import act, prepared
from podium.workspace.values import PODIUM, Checkpoint

_REGULAR = "100644"
_FILE_MODES = frozenset({_REGULAR, "100755"})

_BEFORE_ATTEMPT = re.compile(rf"{REF_PREFIX}r-[^/]+/([^/]+)/([0-9]+)")


@dataclass(frozen=True)
class FileState:
    """The state of a file at one time.

    Args:
        ref: the checkpoint's ref, or `HEAD`.
        commit: the commit that contains it.
        about: the checkpoint's purpose, or the commit's subject.
        at: when the commit was created.
        blob: the content's blob id.
    """

    ref: str
    commit: str
    about: str
    at: datetime
    blob: str


async def states_of(git: Git, path: str) -> tuple[FileState, ...]:
    """Return a file's states in HEAD and the checkpoints, newest first; HEAD wins ties."""
    listed = await git.read(
        "for-each-ref",
        "--sort=-creatordate",
        "--format=%(refname)%00%(objectname)%00%(creatordate:unix)%00%(contents:subject)",
        REF_PREFIX.rstrip("/"),
    )
    rows = [line.split("\0", 3) for line in listed.text.splitlines()]
    checkpoints = [row for row in rows if not row[0].startswith(RESULTS_PREFIX)]
    rows = [await _head(git), *checkpoints]
    blobs = await _blobs(git, [row[1] for row in rows], path)
    found = [
        FileState(ref, commit, _about(ref, about), datetime.fromtimestamp(int(at), UTC), blob)
        for (ref, commit, at, about), blob in zip(rows, blobs, strict=True)
        if blob
    ]
    return tuple(sorted(found, key=lambda each: each.at, reverse=True))


def _about(ref: str, subject: str) -> str:
    """Return a checkpoint's purpose; the checkpoint of an attempt may be an ordinary commit."""
    attempt = _BEFORE_ATTEMPT.fullmatch(ref)
    return f"before {attempt[1]}, attempt {attempt[2]}" if attempt else subject


async def blobs_of(git: Git, path: str, content: bytes) -> frozenset[str]:
    """Return the blob ids that git may have for some content: raw, and as git would add it."""
    as_added = await act(git, "hash-object", "--stdin", f"--path={path}", stdin=content)
    return frozenset({as_added.text, await _blob(git, content)})


async def keep(git: Git, path: str, content: bytes, message: str) -> Checkpoint:
    """Save a file's content outside the user's branches, in HEAD's tree, without other changes.

    Returns:
        The checkpoint; it can be restored like any other.
    """
    git = await prepared(git)
    head = await inspection.resolve(git, "HEAD")
    blob = await _blob(git, content)
    mode = await _mode(git, head, path) or _REGULAR
    with tempfile.TemporaryDirectory(prefix=f"{INDEX_PREFIX}{os.getpid()}-") as folder:
        variables = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        await act(git, "read-tree", head, variables=variables)
        entry = f"{mode},{blob},{path}"
        # `--replace`: a folder may be at the file's path by now.
        await act(
            git, "update-index", "--add", "--replace", "--cacheinfo", entry, variables=variables
        )
        tree = (await act(git, "write-tree", variables=variables)).text
    commit = await references.commit_tree(git, tree, (head,), message, (PODIUM, PODIUM))
    return await references.save_checkpoint(git, f"{KEPT_PREFIX}{commit}", commit)


async def content_of(git: Git, state: FileState, path: str) -> bytes:
    """Return a file's content in one of its states.

    Raises:
        GitError: it is a symlink or a nested repository in that state.
    """
    if await _mode(git, state.commit, path) not in _FILE_MODES:
        raise GitError(f"{path!r} is not a regular file in {state.ref}", why="it is a symlink")
    # `--filters`: with the line endings of a checkout.
    return (await act(git, "cat-file", "--filters", f"{state.commit}:{path}")).data


async def _blob(git: Git, content: bytes) -> str:
    return (await act(git, "hash-object", "-w", "--stdin", stdin=content)).text


async def _head(git: Git) -> list[str]:
    output = await git.read("log", "-1", "--no-show-signature", "--format=%H%x00%ct%x00%s", "HEAD")
    commit, at, subject = output.text.split("\0", 2)
    return ["HEAD", commit, at, subject]


async def _blobs(git: Git, commits: Sequence[str], path: str) -> list[str]:
    """Return the blob of a path in each commit, or an empty string where there is none."""
    request = "".join(f"{commit}:{path}\n" for commit in commits).encode("utf-8", "surrogateescape")
    # For a missing object, git repeats the requested name, which may contain spaces.
    output = await git.run(("cat-file", "--batch-check=%(objecttype) %(objectname)"), stdin=request)
    rows = [line.split(" ", 1) for line in output.text.splitlines()]
    return [row[1] if row[0] == "blob" else "" for row in rows]


async def _mode(git: Git, commit: str, path: str) -> str | None:
    listed = await git.read("ls-tree", "-z", "--full-tree", commit, f":(literal){path}")
    return listed.fields[0].split(" ", 1)[0] if listed.fields else None
