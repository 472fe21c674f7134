"""Keeps the commits of done tasks up to date, instead of reading all progress for every task."""

from collections.abc import Mapping

from podium.entities.tasks import load_progress, recorded_commits
from podium.model import layout
from podium.store import Store


class KeptCommits:
    """The commits that the store has recorded for the done tasks of a plan.

    Args:
        store: the project's store.
        plan_id: the plan.
    """

    def __init__(self, store: Store, plan_id: str) -> None:
        self._store = store
        self._plan_id = plan_id
        self._folder = layout.progresses(plan_id).pattern.removesuffix("*.json")
        self._mark, _ = store.changed_since()
        self._commits = recorded_commits(load_progress(store, plan_id))

    def current(self) -> Mapping[str, str]:
        """Return the commits, by task; the cost depends on what changed since the last call."""
        with self._store.consistent_read():
            mark, changed = self._store.changed_since(self._mark)
            if changed is None:
                self._commits = recorded_commits(load_progress(self._store, self._plan_id))
            else:
                for path in changed:
                    if path.startswith(self._folder):
                        self._read_task(layout.name_of(path))
        # Set last, so that documents that could not be read are read again.
        self._mark = mark
        return self._commits

    def _read_task(self, task_id: str) -> None:
        self._commits.pop(task_id, None)
        progress = self._store.get(layout.progress(self._plan_id, task_id))
        if progress is not None:
            self._commits.update(recorded_commits({task_id: progress}))
