"""run.log: show the events of a run, from the journal."""

from datetime import datetime

from pydantic import Field

from podium.entities.runs import find_run
from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation


class LogParams(Frozen):
    """Parameters of `run.log`."""

    run: str = Field(default="", description="id or unique prefix; by default the newest run")
    limit: int = Field(default=500, ge=1, le=10_000, description="maximum number of lines")


class LogLine(Frozen):
    """An event of a run."""

    at: datetime
    subject: str
    """The id of the run, or of one of its tasks."""
    kind: str
    message: str


class RunLog(Frozen):
    """The last events of a run, oldest first."""

    run_id: str
    lines: tuple[LogLine, ...]


@operation("run.log", Effect.READ)
async def log(engine: Engine, params: LogParams) -> RunLog:
    """Return the last events of a run.

    Raises:
        RunNotFound: there are no runs, or no run has this id.
    """
    run = find_run(engine.store, params.run)
    lines = (
        LogLine(
            at=row.at,
            subject=row.event.subject,
            kind=row.event.kind,
            message=row.event.message,
        )
        for row in engine.store.history(run.id, limit=params.limit)
    )
    return RunLog(run_id=run.id, lines=tuple(lines))
