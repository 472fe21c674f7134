"""Stores drafts of plans from any source."""

from podium.agents.architect import Drafted
from podium.dialogue.drafts import PlanDocument
from podium.entities.plans import store_plan
from podium.errors import ValidationError
from podium.model import layout
from podium.model.agents import Role
from podium.model.events import Event, EventKind
from podium.model.ids import Kind, new_id
from podium.model.plans import AgentChoice, Plan, PlanHeader
from podium.model.rules.graph import check_tasks
from podium.model.sessions import Session
from podium.operations.engine import Engine
from podium.operations.views import PlanView, plan_view
from podium.store import Transaction
from podium.words import counted, shorten

_LONGEST_TITLE = 120


def store_draft(
    engine: Engine,
    plan_id: str,
    objective: str,
    drafted: Drafted,
    choice: AgentChoice | None = None,
) -> PlanView:
    """Check a draft and store it as a plan with its planning session.

    Raises:
        InvalidPlan: the tasks break the rules; the message lists every problem.
        ValidationError: neither the caller nor the draft has an objective.
    """
    check_tasks(drafted.draft.tasks)
    objective = objective or drafted.objective.strip()
    if not objective:
        raise no_objective()
    session = _planning_session(engine, plan_id, objective)
    header = _header(engine, session, objective, drafted, choice)
    plan = Plan(header=header, tasks=drafted.draft.tasks)
    return plan_view(engine.store, engine.store.transact(lambda tx: _create(tx, plan, session)))


def from_document(document: PlanDocument, source: str) -> Drafted:
    """Return the draft that a person submitted."""
    return Drafted(document.draft, source, objective=document.objective, agents=document.agents)


def no_objective() -> ValidationError:
    """Return the error for a plan without an objective."""
    return ValidationError(
        "The objective is empty",
        why="a plan needs a goal",
        hints=['podium plan "Add a --json flag to the list command"'],
    )


def _planning_session(engine: Engine, plan_id: str, objective: str) -> Session:
    return Session(
        id=new_id(Kind.SESSION),
        type="planning",
        title=shorten(objective, _LONGEST_TITLE),
        plan_id=plan_id,
        created_at=engine.clock.now(),
    )


def _header(
    engine: Engine,
    session: Session,
    objective: str,
    drafted: Drafted,
    choice: AgentChoice | None,
) -> PlanHeader:
    chosen = {str(role): choice for role in Role} if choice else {}
    return PlanHeader(
        id=session.plan_id,
        objective=objective,
        summary=drafted.draft.summary,
        agents={**drafted.agents, **chosen},
        warnings=drafted.warnings,
        created_at=session.created_at,
        created_by=engine.actor,
        source=drafted.source,
        session_id=session.id,
    )


def _create(tx: Transaction, draft: Plan, session: Session) -> Plan:
    plan = store_plan(tx, draft)
    tx.put(layout.session(session.id), session)
    message = f"{counted(len(plan.tasks), 'task')}: {session.title}"
    tx.record(Event(kind=EventKind.PLAN_CREATED, subject=plan.id, message=message))
    tx.record(Event(kind=EventKind.SESSION_CREATED, subject=session.id, message=session.title))
    return plan
