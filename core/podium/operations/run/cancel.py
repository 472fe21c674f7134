"""run.cancel: a wish of the person about a run."""

from pydantic import Field

from podium.model.base import Frozen
from podium.model.runs import Want
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.run.intents import wish
from podium.operations.run.status import RunStatus, run_status


class CancelParams(Frozen):
    """What is asked."""

    run: str = Field(default="", description="id or unique prefix; the newest run if left out")


@operation("run.cancel", Effect.WRITE)
async def cancel(engine: Engine, params: CancelParams) -> RunStatus:
    """Cancel a run: agents are ended, results that were merged stay.

    Raises:
        StateTransitionError: the run has ended.
        RunNotFound: nothing answers to the id.
    """
    run = wish(engine, params.run, Want.CANCEL)
    engine.start_runner()
    return run_status(engine, run)
