"""Computes the state of a plan from its approval, tasks and runs."""

from podium.entities.access import Reader
from podium.entities.plans import load_approval
from podium.entities.runs import active_run
from podium.entities.tasks import load_progress, task_states
from podium.model.plans import Plan
from podium.model.progress import plan_state
from podium.model.states import PlanState


def state_of_plan(reader: Reader, plan: Plan) -> PlanState:
    """Return the state of a plan."""
    states = task_states(plan, load_progress(reader, plan.id))
    running = active_run(reader, plan.id) is not None
    return plan_state(plan, load_approval(reader, plan.id), states, running=running)
