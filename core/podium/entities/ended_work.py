"""Finds the documents of ended work, which are no longer expected to change."""

from collections.abc import Collection, Iterator

from podium.entities.access import Reader
from podium.model import layout
from podium.model.runs import END_PHASES, Run
from podium.model.states import SessionState, TaskState

_ENDED_SESSIONS = frozenset({SessionState.COMPLETED, SessionState.FAILED})


def documents_of_ended_tasks(reader: Reader, run: Run, task_ids: Collection[str]) -> list[str]:
    """Return the paths of the documents of a run's tasks that have ended.

    These are the record of the task in the run, its progress if it is done, and its session.
    """
    return [path for task_id in task_ids for path in _documents(reader, run, task_id)]


def _documents(reader: Reader, run: Run, task_id: str) -> Iterator[str]:
    key = layout.task_run(run.id, task_id)
    record = reader.get(key)
    if record is None or record.phase not in END_PHASES:
        return
    yield key.path
    progress_key = layout.progress(run.plan_id, task_id)
    progress = reader.get(progress_key)
    if progress is None or progress.run_id != run.id:
        return
    if progress.state is TaskState.DONE:
        yield progress_key.path
    session_key = layout.session(progress.session_id)
    session = reader.get(session_key) if progress.session_id else None
    if session is not None and session.state in _ENDED_SESSIONS:
        yield session_key.path
