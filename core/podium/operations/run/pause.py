"""run.pause: pause a run."""

from pydantic import Field

from podium.model.base import Frozen
from podium.model.runs import RequestedState
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.run.intents import ask_of_run
from podium.operations.run.status import RunStatus


class PauseParams(Frozen):
    """Parameters of `run.pause`."""

    run: str = Field(default="", description="id or unique prefix; by default the newest run")


@operation("run.pause", Effect.WRITE)
async def pause(engine: Engine, params: PauseParams) -> RunStatus:
    """Pause a run: tasks in progress are finished, new ones do not start.

    Raises:
        StateTransitionError: the run has ended.
        NotApproved: the run was not started on this machine.
        RunNotFound: no run has this id.
    """
    return ask_of_run(engine, params.run, RequestedState.PAUSE)
