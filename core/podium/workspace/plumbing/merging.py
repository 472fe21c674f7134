"""Merges two commits without a working tree; moves no branch."""

from podium.workspace.plumbing import inspection
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.programs import act
from podium.workspace.values import Conflicts, MergedTree

_CLEAN, _IN_CONFLICT = 0, 1


async def merge(git: Git, ours: str, theirs: str) -> MergedTree | Conflicts:
    """Return the merged tree of two commits, or their conflicts.

    Raises:
        GitError: a commit is unknown, or the two have no common history.
    """
    sides = [
        each if inspection.is_commit_id(each) else await inspection.resolve(git, each)
        for each in (ours, theirs)
    ]
    output = await act(
        git,
        "merge-tree",
        "--write-tree",
        "--name-only",
        "--messages",
        "-z",
        *sides,
        accept=(_CLEAN, _IN_CONFLICT),
    )
    tree, *fields = output.fields
    if output.code == _CLEAN:
        return MergedTree(tree)
    end_of_files = fields.index("")
    return Conflicts(
        tuple(sorted(set(fields[:end_of_files]))),
        tuple(_messages(fields[end_of_files + 1 :])),
    )


def _messages(fields: list[str]) -> list[str]:
    """Parse git's records: each has the number of paths, the paths, the kind and the message."""
    messages: list[str] = []
    at = 0
    while at < len(fields):
        at += int(fields[at]) + 1
        kind, sentence = fields[at : at + 2]
        if kind.startswith("CONFLICT"):
            messages.append(sentence.strip())
        at += 2
    return messages
