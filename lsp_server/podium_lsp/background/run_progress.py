"""Shows the progress of a project's run; must not know how a run is carried out."""

from collections.abc import Callable, Coroutine
from typing import Any

import anyio.to_thread

from podium.entities.runs import active_run, load_run, load_task_runs
from podium.model.runs import END_STATES, Run, TaskRun
from podium.model.states import Phase
from podium_lsp.session.projects import Project
from podium_lsp.session.session import Session
from podium_lsp.session.work_done_progress import ShownWork

_RESTING = frozenset({Phase.WAITING, Phase.DONE, Phase.FAILED, Phase.BLOCKED, Phase.CANCELLED})


CancelRun = Callable[[Project, str], Coroutine[Any, Any, Any]]


class RunProgress:
    """Shows the one run that a project may have at a time.

    Args:
        session: shows work in the editor.
        project: whose runs.
        cancel: cancels a run by its id, when a person says so in the editor.
    """

    def __init__(self, session: Session, project: Project, cancel: CancelRun) -> None:
        self._session = session
        self._project = project
        self._cancel_run = cancel
        self._run_id = ""
        self._work: ShownWork | None = None
        self._said = ""

    @property
    def run_id(self) -> str:
        """Return the run that is shown, or nothing."""
        return self._run_id if self._work is not None else ""

    @property
    def message(self) -> str:
        """Return what was said last."""
        return self._said

    async def look(self) -> None:
        """Show where the run stands now."""
        if not self._session.settings.progress:
            return
        run = await anyio.to_thread.run_sync(self._current)
        if run is None:
            return
        rows = await anyio.to_thread.run_sync(load_task_runs, self._project.store, run)
        if run.state in END_STATES:
            self._end(f"{run.state}: {_format_progress(rows)}")
            return
        if self._work is None or self._run_id != run.id:
            self._end("another run began")
            self._run_id = run.id
            self._work = await self._session.progress.begin(
                f"Podium run {run.id}", lambda: self._cancel(run.id)
            )
        self._said = _format_progress(rows)
        self._work.report(self._said, _percentage(rows))

    def _current(self) -> Run | None:
        """Return the run that is shown, as it is now, else the active one."""
        store = self._project.store
        if self._work is not None:
            return load_run(store, self._run_id)
        return active_run(store)

    def _end(self, message: str) -> None:
        if self._work is not None:
            self._work.end(message)
        self._work = None

    def _cancel(self, run_id: str) -> None:
        self._session.tasks.spawn(self._cancel_run(self._project, run_id), "cancelling a run")


def _format_progress(rows: dict[str, TaskRun]) -> str:
    done = sum(row.phase is Phase.DONE for row in rows.values())
    at_work = [f"{row.task_id} {row.phase}" for row in rows.values() if row.phase not in _RESTING]
    lost = sum(row.phase in (Phase.FAILED, Phase.BLOCKED) for row in rows.values())
    parts = [f"{done} of {len(rows)} done", *at_work]
    return ", ".join([*parts, f"{lost} failed"] if lost else parts)


def _percentage(rows: dict[str, TaskRun]) -> int:
    done = sum(row.phase is Phase.DONE for row in rows.values())
    return 100 * done // len(rows) if rows else 0
