"""Reads from the repository which tasks changed which files.

There are two sources: commits of runs, recognised by their message trailers, and checkpoints of the
checkout before and after an assistant worked on a claimed task.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import anyio

from podium.workspace.names import REF_PREFIX
from podium.workspace.repository import Repository
from podium.workspace.values import ChangedFile, Checkpoint, Commit

_TASK = "Podium-Task: "
_TRAILER = re.compile(r"^Podium-(Plan|Task|Run): (\S+)$", re.MULTILINE)
_CLAIMS = f"{REF_PREFIX}claims/"
_CLAIM = re.compile(r"(?P<plan>[^/]+)/(?P<token>l-[0-9a-f]+)(?P<after>-\d+)?")
_CLAIMED = re.compile(r"^After (?P<plan>[^/\s]+)/(?P<task>\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class TaskChange:
    """A set of changes by one task.

    Args:
        plan_id: the plan.
        task_id: the task.
        run_id: the run; empty if an assistant made the change in the checkout.
        attempt: the number of the attempt; 0 outside of runs.
        before: the commit before the change.
        after: the commit with the change.
        parent: the user's commit on which the change is based.
        at: the time of the change.
        files: the changed files.
    """

    plan_id: str
    task_id: str
    run_id: str
    attempt: int
    before: str
    after: str
    parent: str
    at: datetime
    files: tuple[ChangedFile, ...]


class TaskChangeLog:
    """The changes of all tasks, cached as long as HEAD only moves forward.

    Args:
        repository: the repository to read.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._lock = anyio.Lock()
        self._head = ""
        self._committed: tuple[TaskChange, ...] = ()
        self._claims: tuple[Checkpoint, ...] = ()
        self._claimed: tuple[TaskChange, ...] = ()
        self._in_history: dict[str, bool] = {}

    async def of(self, path: str) -> list[tuple[TaskChange, ChangedFile]]:
        """Return the tasks' changes to a file, newest first; renames are followed.

        Args:
            path: relative to the top of the repository.

        Raises:
            GitError: the history cannot be read.
        """
        async with self._lock:
            await self._catch_up()
            changes = await self._newest_first()
            return [row for row in _follow(path, changes) if await self._is_relevant(row[0])]

    async def _newest_first(self) -> list[TaskChange]:
        """Return all changes, newest first.

        Git's times have a resolution of one second. Within a second, a claim follows the commits
        that it was based on.
        """
        rows = sorted(self._committed, key=_when, reverse=True)
        for claim in sorted(self._claimed, key=_when):
            place = 0
            while place < len(rows) and await self._is_newer(rows[place], claim):
                place += 1
            rows.insert(place, claim)
        return rows

    async def _is_newer(self, change: TaskChange, claim: TaskChange) -> bool:
        """Return whether a change was made after a claim's."""
        if change.at != claim.at or not change.run_id:
            return change.at > claim.at
        return not await self._repository.is_ancestor(change.after, claim.parent)

    async def _catch_up(self) -> None:
        head = await self._repository.resolve("HEAD")
        if head != self._head:
            await self._read_commits(head)
            self._in_history.clear()
        claims = await self._repository.list_checkpoints(_CLAIMS)
        if claims != self._claims:
            self._claimed = await self._read_claims(claims)
            self._claims = claims

    async def _read_commits(self, head: str) -> None:
        known = self._head
        continues = known and await self._repository.is_ancestor(known, head)
        found = await self._repository.commits_mentioning(_TASK, head, known if continues else "")
        pairs = [(each.parents[0], each.id) for each in found if each.parents]
        files = await self._repository.changes(pairs)
        rows = [
            row
            for each in found
            if each.parents
            and (row := _committed(each, files.get((each.parents[0], each.id), ()))) is not None
        ]
        self._committed = (*rows, *(self._committed if continues else ()))
        self._head = head

    async def _read_claims(self, claims: tuple[Checkpoint, ...]) -> tuple[TaskChange, ...]:
        pairs = _claim_pairs(claims)
        commits = await self._repository.describe([after for _, after in pairs])
        files = await self._repository.changes(pairs)
        rows = [
            _claimed(before, commit, files.get((before, commit.id), ()))
            for (before, _), commit in zip(pairs, commits, strict=True)
        ]
        return tuple(row for row in rows if row is not None)

    async def _is_relevant(self, change: TaskChange) -> bool:
        """Return whether the base of a change is in the history of HEAD."""
        if change.run_id:
            return True
        if change.parent not in self._in_history:
            self._in_history[change.parent] = await self._repository.is_ancestor(
                change.parent, self._head
            )
        return self._in_history[change.parent]


def _when(change: TaskChange) -> datetime:
    return change.at


def _follow(path: str, changes: list[TaskChange]) -> Iterator[tuple[TaskChange, ChangedFile]]:
    name = path
    for change in changes:
        file = next((each for each in change.files if each.path == name), None)
        if file is not None:
            yield change, file
            name = file.old_path or name


def _committed(commit: Commit, files: tuple[ChangedFile, ...]) -> TaskChange | None:
    # The trailers of a squashed commit list several tasks; the last one is the latest.
    named: dict[str, str] = dict(_TRAILER.findall(commit.message))
    if "Plan" not in named or "Task" not in named:
        return None
    run_id, _, number = named.get("Run", "unknown").partition("/")
    return TaskChange(
        plan_id=named["Plan"],
        task_id=named["Task"],
        run_id=run_id,
        attempt=int(number) if number.isdecimal() else 0,
        before=commit.parents[0],
        after=commit.id,
        parent=commit.parents[0],
        at=commit.authored_at,
        files=files,
    )


def _claim_pairs(claims: tuple[Checkpoint, ...]) -> list[tuple[str, str]]:
    """Return, for each completed claim, the checkouts before the claim and at its last completion.

    Args:
        claims: the checkpoints, oldest first.
    """
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for each in claims:
        found = _CLAIM.fullmatch(each.ref.removeprefix(_CLAIMS))
        if found is not None:
            side = after if found["after"] else before
            side[found["token"]] = each.commit
    return [(before[token], commit) for token, commit in after.items() if token in before]


def _claimed(before: str, commit: Commit, files: tuple[ChangedFile, ...]) -> TaskChange | None:
    found = _CLAIMED.search(commit.message)
    if found is None:
        return None
    return TaskChange(
        plan_id=found["plan"],
        task_id=found["task"],
        run_id="",
        attempt=0,
        before=before,
        after=commit.id,
        parent=commit.parents[0] if commit.parents else before,
        at=commit.authored_at,
        files=files,
    )
