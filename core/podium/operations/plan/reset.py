"""plan.reset: undo the approval and the progress of a plan; keep its tasks."""

from pydantic import Field

from podium.entities.access import Reader
from podium.entities.plan_states import state_of_plan
from podium.entities.plans import find_plan, load_approval
from podium.entities.runs import active_run
from podium.entities.tasks import load_progress, task_states
from podium.errors import AlreadyRunning
from podium.model import layout
from podium.model.base import Frozen, content_hash, to_json
from podium.model.events import Event, EventKind
from podium.model.plans import Plan
from podium.operations.confirmation import Confirmation, Fact
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_consent, require_person
from podium.operations.views import PlanView, plan_view
from podium.store import Transaction

_DEED = "reset a plan"


class ResetParams(Frozen):
    """Parameters of `plan.reset`."""

    plan: str = Field(default="", description="id or unique prefix; by default the newest plan")
    token: str = Field(default="", description="token of the progress that was shown")


async def confirm(engine: Engine, params: ResetParams) -> Confirmation:
    """Ask whether to reset the plan's current approval and progress.

    Raises:
        AlreadyRunning: a run of the plan is active.
    """
    plan = find_plan(engine.store, params.plan)
    _check_idle(engine.store, plan)
    states = task_states(plan, load_progress(engine.store, plan.id))
    approval = load_approval(engine.store, plan.id)
    return Confirmation(
        operation="plan.reset",
        effect=Effect.DESTRUCTIVE,
        subject=f"plan {plan.id}",
        question="Reset the approval and the progress of the plan?",
        brief="Reset approval and progress?",
        yes="Reset",
        deed=_DEED,
        facts=(
            Fact(label="Plan", values=(plan.id,)),
            Fact(label="Objective", values=(plan.objective,), quoted=True),
            Fact(label="Approval", values=(approval.decision if approval else "none",)),
            Fact(label="Tasks", values=tuple(f"{name} {state}" for name, state in states.items())),
        ),
        state=state_of_plan(engine.store, plan),
        bound=params.model_copy(update={"plan": plan.id, "token": _token(engine.store, plan)}),
    )


@operation("plan.reset", Effect.DESTRUCTIVE, confirm=confirm)
async def reset(engine: Engine, params: ResetParams) -> PlanView:
    """Reset a plan's approval and progress; keeps its tasks, branches and history.

    Raises:
        AlreadyRunning: a run of the plan is active.
        NotApproved: the requester is not a person.
        WriteConflict: the plan or its progress changed since it was shown.
        PlanNotFound: no plan has this id.
    """
    require_person(engine, _DEED)

    def reset_plan(tx: Transaction) -> Plan:
        plan = find_plan(tx, params.plan)
        _check_idle(tx, plan)
        if params.token:
            again = f"podium show {plan.id}"
            require_consent(engine, _DEED, params.token, _token(tx, plan), again)
        tx.delete(layout.approval(plan.id))
        for task in plan.tasks:
            tx.delete(layout.progress(plan.id, task.id))
        tx.record(Event(kind=EventKind.PLAN_RESET, subject=plan.id, message="reset"))
        return plan

    return plan_view(engine.store, engine.store.transact(reset_plan))


def _check_idle(reader: Reader, plan: Plan) -> None:
    if (run := active_run(reader, plan.id)) is not None:
        raise AlreadyRunning(
            f"Run {run.id} of the plan is {run.state}", hints=[f"podium cancel {run.id}"]
        )


def _token(reader: Reader, plan: Plan) -> str:
    approval = load_approval(reader, plan.id)
    progress = load_progress(reader, plan.id)
    rows = {name: to_json(row) for name, row in progress.items()}
    return content_hash([plan.version, to_json(approval) if approval else None, rows])[:16]
