"""run.resume: a wish of the person about a run."""

from pydantic import Field

from podium.model.base import Frozen
from podium.model.runs import RequestedState
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.run.intents import ask_of_run
from podium.operations.run.status import RunStatus


class ResumeParams(Frozen):
    """What is asked."""

    run: str = Field(default="", description="id or unique prefix; the newest run if left out")


@operation("run.resume", Effect.WRITE)
async def resume(engine: Engine, params: ResumeParams) -> RunStatus:
    """Let a paused run go on; also brings back a run whose runner died.

    Raises:
        StateTransitionError: the run has ended.
        RunNotFound: nothing answers to the id.
    """
    return ask_of_run(engine, params.run, RequestedState.RUN)
