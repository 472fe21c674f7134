"""run.cancel: cancel a run."""

from pydantic import Field

from podium.entities.runs import find_run
from podium.model.base import Frozen
from podium.model.runs import RequestedState
from podium.operations.confirmation import Confirmation, Fact
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.run.intents import ask_of_run, check_active
from podium.operations.run.status import RunStatus, run_status
from podium.views.steps import Step


class CancelParams(Frozen):
    """Parameters of `run.cancel`."""

    run: str = Field(default="", description="id or unique prefix; by default the newest run")


async def confirm(engine: Engine, params: CancelParams) -> Confirmation:
    """Ask whether to cancel the run, identified by its id.

    Raises:
        StateTransitionError: the run has ended.
    """
    run = find_run(engine.store, params.run)
    check_active(run, RequestedState.CANCEL)
    status = run_status(engine, run)
    return Confirmation(
        operation="run.cancel",
        effect=Effect.WRITE,
        subject=f"run {run.id}",
        question="Cancel the run? Merged results are kept.",
        brief="Cancel the run? Merged results are kept.",
        yes="Cancel the run",
        deed="cancel a run",
        facts=(
            Fact(label="Run", values=(run.id,)),
            Fact(label="Plan", values=(run.plan_id,)),
            Fact(label="Done", values=(f"{status.done} of {len(status.tasks)}",)),
        ),
        read_first=Step(operation="run.status", params={"run": run.id}),
        only_person=False,
        bound=params.model_copy(update={"run": run.id}),
    )


@operation("run.cancel", Effect.WRITE, confirm=confirm)
async def cancel(engine: Engine, params: CancelParams) -> RunStatus:
    """Cancel a run: stops its agents, keeps merged results.

    Raises:
        StateTransitionError: the run has ended.
        NotApproved: the run was not started on this machine.
        RunNotFound: no run has this id.
    """
    return ask_of_run(engine, params.run, RequestedState.CANCEL)
