"""plan.create: draft a plan for an objective."""

import json
from typing import Any

import anyio.to_thread
from pydantic import Field

from podium.agents.architect import Drafting, draft_by_agent, draft_from_reply
from podium.agents.replies.cache import ReplyCache
from podium.agents.selection import chosen_agent, resolve_chain
from podium.dialogue.documents.plan_json import read_plan_json
from podium.dialogue.prompts.roles import Depth
from podium.entities.ledger import note_lone_call
from podium.entities.plans import plan_ids
from podium.errors import ValidationError
from podium.model.agents import without_cache
from podium.model.base import Frozen
from podium.model.ids import Kind, new_id
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.plan.drafting import from_document, no_objective, store_draft
from podium.operations.views import PlanView
from podium.projects.repositories import open_repository
from podium.projects.sandbox import project_sandbox
from podium.projects.trust import check_trusted

MAX_OBJECTIVE = 20_000


class CreateParams(Frozen):
    """Parameters of `plan.create`."""

    objective: str = Field(default="", description="what to do, in your own words")
    tasks: Any = Field(default=None, description="the tasks, instead of having an agent draft them")
    reply: str = Field(
        default="",
        description="the reply of the host's own model to plan.prompt, instead of having an agent"
        " draft them",
    )
    agent: str = Field(default="", description="the agent that drafts and executes the plan")
    options: dict[str, str] = Field(default_factory=dict, description="options of that agent")
    no_cache: bool = Field(
        default=False, description="ask the agent again although an earlier plan could be reused"
    )
    depth: Depth = Field(default=Depth.NORMAL, description="how thoroughly the architect plans")


@operation("plan.create", Effect.LONG)
async def create(engine: Engine, params: CreateParams) -> PlanView:
    """Draft a plan for an objective; nothing runs until it is approved.

    Raises:
        ValidationError: the objective is missing or too long.
        InvalidPlan: the tasks break the rules; the message lists every problem.
        AgentUnavailable: the agent cannot be started on this machine.
        AgentFailed, InvalidReply: the agent did not produce a plan.
        NotTrusted: the project's settings select the agent but are not trusted.
    """
    objective = params.objective.strip()
    _check_objective(objective, params)
    plan_id = new_id(Kind.PLAN, plan_ids(engine.store))
    choice = chosen_agent(params.agent, params.options)
    if params.tasks is not None:
        text = params.tasks if isinstance(params.tasks, str) else json.dumps(params.tasks)
        drafted = from_document(read_plan_json(text, "the plan"), "tasks")
    elif params.reply:
        drafted = draft_from_reply(params.reply, "host")
    else:
        check_trusted(engine.root, engine.config.project)
        architect = resolve_chain(engine.root, engine.config.config, "architect", choice)
        repository = await open_repository(engine.root)
        sandbox = await anyio.to_thread.run_sync(project_sandbox, engine.root, engine.config)
        settings = engine.config.config.agents.cache
        if params.no_cache:
            settings = without_cache(settings)
        drafted = await draft_by_agent(
            engine.dispatcher,
            repository,
            ReplyCache(settings, engine.clock),
            Drafting(plan_id, objective, params.depth, engine.config.config.run.limits, sandbox),
            architect,
            engine.config.config.budget.billing,
            lambda call: note_lone_call(engine.store, call, plan_id=plan_id),
        )
    return store_draft(engine, plan_id, objective, drafted, choice)


def _check_objective(objective: str, params: CreateParams) -> None:
    check_length(objective)
    brought = params.tasks is not None or "playbook" in params.options
    if not objective and not brought:
        raise no_objective()


def check_length(objective: str) -> None:
    """Check that an objective fits into a prompt.

    Raises:
        ValidationError: it is too long.
    """
    if len(objective) > MAX_OBJECTIVE:
        raise ValidationError(
            f"The objective has {len(objective)} characters",
            why=f"the maximum is {MAX_OBJECTIVE}",
            hints=["put the details into a file in the project and refer to it in the objective"],
        )
