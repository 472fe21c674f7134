"""plan.reset: take approval and progress back; the tasks stay."""

from pydantic import Field

from podium.entities.plans import find_plan
from podium.entities.runs import active_run
from podium.errors import AlreadyRunning
from podium.model import layout
from podium.model.base import Frozen
from podium.model.events import Event, EventKind
from podium.model.plans import Plan
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person
from podium.operations.views import PlanView, plan_view
from podium.store import Transaction


class ResetParams(Frozen):
    """What is asked."""

    plan: str = Field(default="", description="id or unique prefix; the newest plan if left out")


@operation("plan.reset", Effect.DESTRUCTIVE)
async def reset(engine: Engine, params: ResetParams) -> PlanView:
    """Take a plan's approval and progress back to the start; tasks, branches and history stay.

    Raises:
        AlreadyRunning: a run of the plan is active.
        NotApproved: somebody else than a person asked.
        PlanNotFound: nothing answers to the id.
    """
    require_person(engine, "reset a plan")

    def work(tx: Transaction) -> Plan:
        plan = find_plan(tx, params.plan)
        if (run := active_run(tx, plan.id)) is not None:
            raise AlreadyRunning(
                f"Run {run.id} of the plan is {run.state}", hints=[f"podium cancel {run.id}"]
            )
        tx.delete(layout.approval(plan.id))
        for task in plan.tasks:
            tx.delete(layout.progress(plan.id, task.id))
        tx.record(Event(kind=EventKind.PLAN_RESET, subject=plan.id, message="back to the start"))
        return plan

    return plan_view(engine.store, engine.store.transact(work))
