"""Shows the progress of a project's run."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import anyio
import anyio.to_thread

from podium.errors import RunNotFound
from podium.model.states import Phase
from podium.operations.run.status import RunStatus, StatusParams, TaskStatus, status
from podium.words import joined, shorten
from podium_lsp.session.projects import Project
from podium_lsp.session.session import Session
from podium_lsp.session.work_done_progress import ShownWork

_RESTING = frozenset({Phase.WAITING, Phase.DONE, Phase.FAILED, Phase.BLOCKED, Phase.CANCELLED})


CancelRun = Callable[[Project, str], Coroutine[Any, Any, Any]]


class RunProgress:
    """Shows a project's active run; there is at most one.

    Args:
        session: shows progress in the editor.
        project: the project whose runs are shown.
        cancel: cancels a run by its id when the user cancels its progress.
    """

    def __init__(self, session: Session, project: Project, cancel: CancelRun) -> None:
        self._session = session
        self._project = project
        self._cancel_run = cancel
        self._run_id = ""
        self._work: ShownWork | None = None
        self._message = ""

    @property
    def run_id(self) -> str:
        """Return the id of the displayed run, or an empty string."""
        return self._run_id if self._work is not None else ""

    @property
    def message(self) -> str:
        """Return the latest progress message."""
        return self._message

    async def look(self) -> None:
        """Show the current state of the run."""
        if not self._session.settings.progress:
            return
        run = await anyio.to_thread.run_sync(self._current)
        if run is None:
            return
        if run.ended:
            self._end(f"{run.state}: {_format_progress(run)}")
            return
        if self._work is None or self._run_id != run.run_id:
            self._end("another run started")
            self._run_id = run.run_id
            self._work = await self._session.progress.begin(
                f"Podium run {run.run_id}", lambda: self._cancel(run.run_id)
            )
        self._message = _format_progress(run)
        self._work.report(self._message, _percentage(run.tasks))

    def _current(self) -> RunStatus | None:
        """Return the current status of the displayed run, or of the newest run, or None."""
        params = StatusParams(run=self.run_id)
        try:
            return anyio.run(status.run, self._project.reading, params)
        except RunNotFound:
            return None

    def _end(self, message: str) -> None:
        if self._work is not None:
            self._work.end(message)
        self._work = None

    def _cancel(self, run_id: str) -> None:
        self._session.tasks.spawn(self._cancel_run(self._project, run_id), "cancelling a run")


def _format_progress(run: RunStatus) -> str:
    rows = run.tasks
    done = sum(row.phase is Phase.DONE for row in rows)
    active = [f"{row.id} {row.doing}" for row in rows if row.phase not in _RESTING]
    failed = sum(row.phase in (Phase.FAILED, Phase.BLOCKED) for row in rows)
    waits = [
        f"waiting for an answer: {joined(each.text, shorten(each.quoted, 80), sign=': ')}"
        for each in run.questions
    ]
    parts = [f"{done} of {len(rows)} done", *(waits or active)]
    return ", ".join([*parts, f"{failed} failed"] if failed else parts)


def _percentage(rows: Sequence[TaskStatus]) -> int:
    done = sum(row.phase is Phase.DONE for row in rows)
    return 100 * done // len(rows) if rows else 0
