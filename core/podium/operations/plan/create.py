"""plan.create: an objective becomes a draft of a plan."""

import json
from typing import Any

from pydantic import Field

from podium.agents.architect import Drafted, draft_by_agent
from podium.agents.selection import resolve_agent
from podium.dialogue.documents.plan_json import read_plan_json
from podium.dialogue.drafts import PlanDocument
from podium.dialogue.prompts.roles import Depth
from podium.entities.plans import plan_ids, store_plan
from podium.errors import ValidationError
from podium.model import layout
from podium.model.agents import Role
from podium.model.base import Frozen
from podium.model.events import Event, EventKind
from podium.model.ids import Kind, new_id
from podium.model.plans import AgentChoice, Plan, PlanHeader
from podium.model.rules.graph import check_tasks
from podium.model.sessions import Session
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.views import PlanView, plan_view
from podium.projects.trust import check_trusted
from podium.store import Transaction

MAX_OBJECTIVE = 20_000


class CreateParams(Frozen):
    """What is asked."""

    objective: str = Field(default="", description="what is to be done, in your own words")
    tasks: Any = Field(default=None, description="the tasks themselves, instead of an agent")
    agent: str = Field(default="", description="the agent that drafts the plan and carries it out")
    options: dict[str, str] = Field(default_factory=dict, description="options of that agent")
    depth: Depth = Field(default=Depth.NORMAL, description="how long the architect thinks first")


@operation("plan.create", Effect.LONG)
async def create(engine: Engine, params: CreateParams) -> PlanView:
    """Draft a plan for an objective; nothing runs until it is approved.

    Raises:
        ValidationError: no objective.
        InvalidPlan: the tasks break the rules; every problem is named.
        AgentUnavailable: the agent cannot be started here.
        AgentFailed, InvalidReply: the agent did not deliver a plan.
        NotTrusted: the project's settings choose the agent and are not trusted yet.
    """
    objective = params.objective.strip()
    _check_objective(objective, params)
    plan_id = new_id(Kind.PLAN, plan_ids(engine.store))
    choice = AgentChoice(agent=params.agent, options=params.options) if params.agent else None
    if params.tasks is not None:
        text = params.tasks if isinstance(params.tasks, str) else json.dumps(params.tasks)
        drafted = from_document(read_plan_json(text, "the plan"), "tasks")
    else:
        check_trusted(engine.root, engine.config.project)
        architect = resolve_agent(engine.root, engine.config.config, "architect", choice)
        drafted = await draft_by_agent(
            engine.dispatcher, engine.root, plan_id, objective, params.depth, architect
        )
    return store_draft(engine, plan_id, objective, drafted, choice)


def store_draft(
    engine: Engine,
    plan_id: str,
    objective: str,
    drafted: Drafted,
    choice: AgentChoice | None = None,
) -> PlanView:
    """Check a draft and store it as a plan with its planning session.

    Raises:
        InvalidPlan: the tasks break the rules; every problem is named.
        ValidationError: neither the caller nor the draft names an objective.
    """
    draft = drafted.draft
    check_tasks(draft.tasks)
    objective = objective or drafted.objective.strip()
    if not objective:
        raise _no_objective()
    now = engine.clock.now()
    session = Session(
        id=new_id(Kind.SESSION),
        type="planning",
        title=_title(objective),
        plan_id=plan_id,
        created_at=now,
    )
    chosen = {str(role): choice for role in Role} if choice else {}
    header = PlanHeader(
        id=plan_id,
        objective=objective,
        summary=draft.summary,
        agents={**drafted.agents, **chosen},
        warnings=drafted.warnings,
        created_at=now,
        created_by=engine.actor,
        source=drafted.source,
        session_id=session.id,
    )

    def work(tx: Transaction) -> Plan:
        plan = store_plan(tx, Plan(header=header, tasks=draft.tasks))
        tx.put(layout.session(session.id), session)
        count = len(plan.tasks)
        message = f"{count} task{'s' if count != 1 else ''}: {_title(objective)}"
        tx.record(Event(kind=EventKind.PLAN_CREATED, subject=plan_id, message=message))
        tx.record(Event(kind=EventKind.SESSION_CREATED, subject=session.id, message=session.title))
        return plan

    return plan_view(engine.store, engine.store.transact(work))


def from_document(document: PlanDocument, source: str) -> Drafted:
    """Return the draft that a person handed in."""
    return Drafted(document.draft, source, objective=document.objective, agents=document.agents)


def _check_objective(objective: str, params: CreateParams) -> None:
    if len(objective) > MAX_OBJECTIVE:
        raise ValidationError(
            f"The objective has {len(objective)} characters",
            why=f"at most {MAX_OBJECTIVE} are taken",
            hints=["put the details into a file of the project and name it in the objective"],
        )
    brought = params.tasks is not None or "playbook" in params.options
    if not objective and not brought:
        raise _no_objective()


def _no_objective() -> ValidationError:
    return ValidationError(
        "The objective is empty",
        why="a plan begins with what is to be done",
        hints=['podium plan "Add a --json flag to the list command"'],
    )


def _title(objective: str) -> str:
    line = " ".join(objective.split())
    return line if len(line) <= 120 else line[:119] + "…"
