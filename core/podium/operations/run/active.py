"""run.active: return the runs that have not ended."""

from pydantic import Field

from podium.entities.runs import load_run
from podium.errors import RunNotFound
from podium.model.base import Frozen
from podium.model.runs import END_STATES
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation


class ActiveParams(Frozen):
    """Parameters of `run.active`."""

    runs: frozenset[str] = Field(description="ids of runs")


class ActiveRuns(Frozen):
    """The runs that have not ended."""

    runs: frozenset[str]


@operation("run.active", Effect.READ)
async def active(engine: Engine, params: ActiveParams) -> ActiveRuns:
    """Return the given runs that have not ended."""
    return ActiveRuns(runs=frozenset(each for each in params.runs if _is_active(engine, each)))


def _is_active(engine: Engine, run_id: str) -> bool:
    try:
        return load_run(engine.store, run_id).state not in END_STATES
    except RunNotFound:
        return False
