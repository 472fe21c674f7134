"""Caches facts about commits, and notes which of them this runner is merging.

It is only a cache that saves git queries: a restarted runner starts with an empty one.
"""

from collections.abc import Collection


class KnownCommits:
    """Facts about the commits of one run."""

    def __init__(self) -> None:
        self._whole: tuple[str, str | None] | None = None
        self._contained: set[str] = set()
        self._results: dict[str, int] = {}
        self._looks = 0
        self._merging: set[str] = set()
        self._fresh: set[str] = set()

    def contains_all(self, tip: str, head: str | None, recorded: Collection[str]) -> bool:
        """Return whether the tip of the branch, or HEAD, is known to contain these commits."""
        return self._whole == (tip, head) and self._contained.issuperset(recorded)

    def is_whole(self, tip: str, recorded: Collection[str]) -> bool:
        """Return whether the branch was last seen at this tip with all of these commits."""
        return self._whole is not None and self.contains_all(tip, self._whole[1], recorded)

    def learn_contained(self, tip: str, head: str | None, recorded: Collection[str]) -> None:
        """Remember that the tip of the branch, or HEAD, contains these commits."""
        if self._whole is None or self._whole[0] != tip:
            self._looks += 1
        self._whole, self._contained = (tip, head), set(recorded)

    def learn_advanced(self, before: str, commit: str) -> None:
        """Remember that the branch moved from a tip to a commit on top of it."""
        if self._whole is not None and self._whole[0] == before:
            self._whole = (commit, self._whole[1])
            self._contained.add(commit)
            self._results.pop(commit, None)

    def is_result(self, commit: str) -> bool:
        """Return whether a commit is known to be identical to the result of merging its attempt."""
        return commit in self._results

    def learn_result(self, commit: str) -> None:
        """Remember a commit that has exactly one parent, the base, and the task's message."""
        self._results.setdefault(commit, self._looks)

    def may_have(self, tip: str, commit: str) -> bool:
        """Return whether the tip may contain a commit.

        False only if this runner created the commit after it last inspected the branch, and no
        other process has moved the branch since.
        """
        is_own_tip = self._whole is not None and self._whole[0] == tip
        return not is_own_tip or self._results.get(commit) != self._looks

    def learn_fresh(self, branch: str) -> None:
        """Remember an attempt's branch that this runner has just created, without a commit."""
        self._fresh.add(branch)

    def take_fresh(self, branch: str) -> bool:
        """Return whether a branch is known to have no commits from its attempt, and forget it."""
        is_fresh = branch in self._fresh
        self._fresh.discard(branch)
        return is_fresh

    def is_merging(self, task_id: str) -> bool:
        """Return whether the branch may be moving to the result of a task."""
        return task_id in self._merging

    def begin_merge(self, task_id: str) -> None:
        """Remember that the branch is about to move to the result of a task."""
        self._merging.add(task_id)

    def give_up_merge(self, task_id: str) -> None:
        """Remember that the branch did not move."""
        self._merging.discard(task_id)
