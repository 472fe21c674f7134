"""run.resume: continue a run."""

from pydantic import Field

from podium.model.base import Frozen
from podium.model.runs import RequestedState
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.run.intents import ask_of_run
from podium.operations.run.status import RunStatus


class ResumeParams(Frozen):
    """Parameters of `run.resume`."""

    run: str = Field(default="", description="id or unique prefix; by default the newest run")


@operation("run.resume", Effect.WRITE)
async def resume(engine: Engine, params: ResumeParams) -> RunStatus:
    """Continue a paused run, or a run whose runner died.

    Raises:
        StateTransitionError: the run has ended.
        NotApproved: the run was not started on this machine.
        RunNotFound: no run has this id.
    """
    return ask_of_run(engine, params.run, RequestedState.RUN)
