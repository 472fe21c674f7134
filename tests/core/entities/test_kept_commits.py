"""The kept commits of done tasks against those that are read from all progress."""

from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from podium.entities.kept.commits import KeptCommits
from podium.entities.tasks import load_progress, recorded_commits
from podium.model import layout
from podium.model.progress import TaskProgress
from podium.model.states import TaskState
from podium.store import Store
from tests.support.projects import Project

PLAN = "p-000000"

WRITES = st.tuples(
    st.sampled_from("abc"),
    st.one_of(
        st.none(),
        st.builds(
            TaskProgress, state=st.sampled_from(TaskState), commit=st.sampled_from(["", "c1", "c2"])
        ),
    ),
)


def write(store: Store, name: str, progress: TaskProgress | None) -> None:
    """Write or delete the progress of a task."""
    key = layout.progress(PLAN, name)
    store.transact(lambda tx: tx.delete(key) if progress is None else tx.put(key, progress))


@hypothesis.settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(writes=st.lists(WRITES, max_size=8))
def test_after_any_writes_they_are_what_a_new_reader_finds(
    project: Project, writes: list[tuple[str, TaskProgress | None]]
) -> None:
    store = project.engine.store
    kept = KeptCommits(store, PLAN)
    for name, progress in writes:
        write(store, name, progress)
        assert kept.current() == recorded_commits(load_progress(store, PLAN))


def test_an_update_reads_only_what_changed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = project.engine.store
    write(store, "a", TaskProgress(state=TaskState.DONE, commit="c1"))
    kept = KeptCommits(store, PLAN)

    def refuse(*_: object) -> dict[str, Any]:
        raise AssertionError("all documents of a folder were read")

    write(store, "b", TaskProgress(state=TaskState.DONE, commit="c2"))
    with monkeypatch.context() as patch:
        patch.setattr(Store, "list", refuse)
        assert kept.current() == {"a": "c1", "b": "c2"}
