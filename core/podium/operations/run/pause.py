"""run.pause: a wish of the person about a run."""

from pydantic import Field

from podium.model.base import Frozen
from podium.model.runs import RequestedState
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.run.intents import ask_of_run
from podium.operations.run.status import RunStatus


class PauseParams(Frozen):
    """What is asked."""

    run: str = Field(default="", description="id or unique prefix; the newest run if left out")


@operation("run.pause", Effect.WRITE)
async def pause(engine: Engine, params: PauseParams) -> RunStatus:
    """Pause a run: what is under way is finished, nothing new begins.

    Raises:
        StateTransitionError: the run has ended.
        RunNotFound: nothing answers to the id.
    """
    return ask_of_run(engine, params.run, RequestedState.PAUSE)
