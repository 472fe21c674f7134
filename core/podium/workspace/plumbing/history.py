"""Reads messages and changes of many commits at once.

Every query is one command, regardless of the number of commits.
"""

from collections.abc import Iterable, Sequence

from podium.workspace.plumbing import inspection
from podium.workspace.plumbing.git import Git, decode
from podium.workspace.values import ChangedFile, Commit

_MOST_COMMITS = 5_000
# The next argument is a revision, even if it begins with a dash.
_END = "--end-of-options"


async def commits_mentioning(git: Git, phrase: str, tip: str, base: str) -> tuple[Commit, ...]:
    """Return the commits reachable from `tip` with a phrase in their message, newest first.

    Args:
        phrase: a literal string.
        base: a commit whose history is excluded; empty to exclude nothing.
    """
    output = await git.read(
        "rev-list",
        *inspection.COMMIT_OUTPUT,
        f"--max-count={_MOST_COMMITS}",
        "--fixed-strings",
        f"--grep={phrase}",
        _END,
        *([tip, f"^{base}"] if base else [tip]),
        "--",
    )
    return inspection.read_commits(output)


async def describe(git: Git, commits: Sequence[str]) -> tuple[Commit, ...]:
    """Return commits by their ids, in the given order; all of them must exist."""
    if not commits:
        return ()
    output = await git.run(
        ("rev-list", *inspection.COMMIT_OUTPUT, "--no-walk=unsorted", "--stdin"),
        stdin="".join(f"{each}\n" for each in commits).encode(),
    )
    return inspection.read_commits(output)


async def changes(
    git: Git, pairs: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[ChangedFile, ...]]:
    """Return the files that changed between the commits of each pair, with renames detected.

    Args:
        pairs: the commit before and the commit after; a pair without changes is not in the result.
    """
    wanted = dict.fromkeys(pairs)
    by_after: dict[str, list[str]] = {}
    for before, after in wanted:
        by_after.setdefault(after, []).append(before)
    if not wanted:
        return {}
    lines = "".join(f"{after} {before}\n" for before, after in wanted)
    output = await git.run((*inspection.DIFF_RAW, "-z", "--stdin"), stdin=lines.encode())
    return dict(_sections(decode(output.data), by_after))


def _sections(
    text: str, by_after: dict[str, list[str]]
) -> Iterable[tuple[tuple[str, str], tuple[ChangedFile, ...]]]:
    """Yield the sections of the output: a pair of commits and its changes."""
    fields = iter(text.split("\0")[:-1])
    after, rows = "", list[ChangedFile]()
    for field in fields:
        if field.startswith(":"):
            rows.append(inspection.read_change(field, fields))
            continue
        if after:
            yield (by_after[after].pop(0), after), tuple(rows)
        after, rows = field, []
    if after:
        yield (by_after[after].pop(0), after), tuple(rows)
