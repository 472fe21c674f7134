"""Asks an architect agent for a plan: one call, and one repair call with the errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from podium.agents.call_costs import NoteCall, ended_call
from podium.agents.failures import describe_failure
from podium.agents.health import HealthStore
from podium.agents.registry import load_agent
from podium.agents.replies.cache import CacheableRequest, ReplyCache
from podium.dialogue.excerpts import redact
from podium.dialogue.prompts.roles import (
    Depth,
    ProjectFacts,
    architect_prompt,
    architect_repair_prompt,
)
from podium.dialogue.replies.plan_replies import PlanReply, parse_plan_reply
from podium.errors import AgentFailed, InvalidPlan, InvalidReply
from podium.model.agents import (
    ROLE_PERMISSIONS,
    AgentReply,
    AgentRequest,
    Billing,
    Limits,
    Outcome,
    Role,
)
from podium.model.plans import AgentChoice, PlanDraft
from podium.model.rules.agents.agent_policy import REACTIONS, Reaction, login_of
from podium.model.sandbox import Sandbox
from podium.ports.dispatcher import CallLost, CallRefused, Dispatcher
from podium.workspace.repository import Repository

MAX_FILES_SHOWN = 400
_REUSED = "An earlier reply to the same request was reused; --no-cache asks the agent again."


@dataclass(frozen=True)
class Drafted:
    """A draft and its source.

    Args:
        warnings: notes for the person approving the plan.
        objective: the plan's objective, if the author gave one.
        agents: agents by role, if the author chose any.
    """

    draft: PlanDraft
    source: str
    warnings: tuple[str, ...] = ()
    objective: str = ""
    agents: Mapping[str, AgentChoice] = field(default_factory=dict[str, AgentChoice])


@dataclass(frozen=True)
class Drafting:
    """What the architect is asked for.

    Args:
        plan_id: the id of the plan to be.
        objective: the objective.
        depth: how thoroughly the architect plans.
        limits: when to end a call.
        sandbox: how the architect is confined.
    """

    plan_id: str
    objective: str
    depth: Depth
    limits: Limits
    sandbox: Sandbox


@dataclass(frozen=True)
class _Workplace:
    """The context shared by all calls to the architect.

    Args:
        dispatcher: makes the calls.
        repository: the project's repository.
        worktree: the worktree that the architect reads.
        commit: the commit that is checked out there.
        chain: the agents, in order of preference.
        cache: the replies that may be reused.
        limits: when to end a call.
        billing: how agents are paid for, where it cannot be seen.
        note: stores the record of each call.
        sandbox: how the architect is confined.
    """

    dispatcher: Dispatcher
    repository: Repository
    worktree: Path
    commit: str
    chain: tuple[AgentChoice, ...]
    cache: ReplyCache
    limits: Limits
    billing: Mapping[str, Billing]
    note: NoteCall
    sandbox: Sandbox


async def draft_by_agent(
    dispatcher: Dispatcher,
    repository: Repository,
    cache: ReplyCache,
    wanted: Drafting,
    chain: tuple[AgentChoice, ...],
    billing: Mapping[str, Billing],
    note: NoteCall,
) -> Drafted:
    """Ask the architect for a plan, in a separate worktree so that it cannot change the checkout.

    If an agent of the chain fails for a reason that another one might not share, the next one is
    asked; resting agents are asked last.

    Raises:
        AgentFailed: the architect did not return a reply.
        InvalidReply, InvalidPlan: the reply contains no valid plan, even after one repair.
    """
    head = await repository.head()
    prompt = await prompt_at(repository, head.commit, wanted.objective, wanted.depth)
    folder = repository.worktree_folder(wanted.plan_id, "architect")
    worktree = await repository.add_detached_worktree(folder, head.commit)
    try:
        awake = _awake_first(chain)
        place = _Workplace(
            dispatcher,
            repository,
            folder,
            head.commit,
            awake,
            cache,
            wanted.limits,
            billing,
            note,
            wanted.sandbox,
        )
        return await _draft(place, wanted, prompt)
    finally:
        await repository.remove_worktree(worktree)


async def prompt_at(repository: Repository, commit: str, objective: str, depth: Depth) -> str:
    """Return the prompt that asks for a plan for the files of a commit."""
    files = await repository.list_files(commit)
    facts = ProjectFacts(files=files[:MAX_FILES_SHOWN])
    return architect_prompt(objective, facts=facts, depth=depth)


def draft_from_reply(reply: str, source: str) -> Drafted:
    """Return the draft in a reply to the architect's prompt.

    Raises:
        InvalidReply, InvalidPlan: the reply contains no valid plan.
    """
    return _drafted(parse_plan_reply(reply), source)


async def _draft(place: _Workplace, wanted: Drafting, prompt: str) -> Drafted:
    for choice in place.chain:
        if (drafted := await _from_cache(place, choice, prompt)) is not None:
            return drafted
    plan_id, objective = wanted.plan_id, wanted.objective
    choice, reply = await _ask(place, f"{plan_id}/architect/1", prompt)
    try:
        parsed = parse_plan_reply(reply.text)
        if parsed.complete:
            if (request := await _cacheable_request(place, choice, prompt)) is not None:
                await place.cache.keep(request, reply)
            return _drafted(parsed, _source(choice))
        problems: tuple[str, ...] = ("the reply was truncated",)
    except InvalidPlan as error:
        problems = error.problems
    except InvalidReply as error:
        problems = (str(error),)
    repair = architect_repair_prompt(objective, reply=reply.text, problems=problems)
    choice, again = await _ask(place, f"{plan_id}/architect/2", repair)
    return draft_from_reply(again.text, _source(choice))


async def _from_cache(place: _Workplace, choice: AgentChoice, prompt: str) -> Drafted | None:
    """Return the draft in an earlier reply to an equal request, or None."""
    request = await _cacheable_request(place, choice, prompt)
    reply = await place.cache.find(request) if request is not None else None
    if reply is None:
        return None
    drafted = draft_from_reply(reply.text, _source(choice))
    return replace(drafted, warnings=(*drafted.warnings, _REUSED))


async def _cacheable_request(
    place: _Workplace, choice: AgentChoice, prompt: str
) -> CacheableRequest | None:
    if not place.cache.is_used_for(choice, Role.ARCHITECT):
        return None
    tree = await place.repository.tree_of(place.commit)
    return CacheableRequest(choice, Role.ARCHITECT, prompt, tree, {})


def _awake_first(chain: tuple[AgentChoice, ...]) -> tuple[AgentChoice, ...]:
    now = datetime.now(UTC)
    health = HealthStore().read_all(login_of(each) for each in chain)
    return tuple(sorted(chain, key=lambda each: health[login_of(each)].is_resting(now)))


def _source(choice: AgentChoice) -> str:
    return f"agent:{choice.agent}"


def _drafted(parsed: PlanReply, source: str) -> Drafted:
    warnings = list(parsed.notes)
    if not parsed.complete:
        warnings.insert(0, "The architect's reply was truncated; tasks may be missing.")
    return Drafted(parsed.draft, source, tuple(warnings), parsed.objective)


async def _ask(place: _Workplace, key: str, prompt: str) -> tuple[AgentChoice, AgentReply]:
    """Return the reply of the first agent that completes, and that agent.

    Raises:
        AgentUnavailable: no agent can be called.
        AgentFailed: no agent completed.
    """
    for number, choice in enumerate(place.chain, start=1):
        is_last = number == len(place.chain)
        own_key = key if number == 1 else f"{key}.{number}"
        reply = await _ask_agent(place, choice, own_key, prompt)
        if reply.outcome is Outcome.COMPLETED:
            return choice, reply
        if is_last or REACTIONS.get(reply.outcome) is Reaction.FAIL:
            raise _failure(choice, reply)
    raise AgentFailed("No agent is chosen for the architect", hints=["add --agent NAME"])


async def _ask_agent(place: _Workplace, choice: AgentChoice, key: str, prompt: str) -> AgentReply:
    dispatcher = place.dispatcher
    request = AgentRequest(
        key=key,
        agent=choice.agent,
        role=Role.ARCHITECT,
        prompt=prompt,
        tree=place.repository.call_tree(key, place.commit),
        folder=str(place.worktree),
        permissions=ROLE_PERMISSIONS[Role.ARCHITECT],
        limits=place.limits,
        options=choice.options,
        sandbox=place.sandbox,
    )
    await dispatcher.submit(request)
    outcome = await dispatcher.wait_outcome(key)
    if isinstance(outcome, CallRefused):
        await dispatcher.cancel(key, outcome.reason)
        return AgentReply(outcome=Outcome.START_FAILED, detail=outcome.reason)
    if isinstance(outcome, CallLost):
        return AgentReply(outcome=Outcome.FAILED, detail="its process died")
    place.note(await ended_call(request, outcome, place.billing))
    return outcome.reply


def _failure(choice: AgentChoice, reply: AgentReply) -> AgentFailed:
    return AgentFailed(
        "The architect did not return a plan",
        why=redact(describe_failure(choice.agent, reply)),
        hints=[
            _remedy(choice.agent, reply.outcome),
            "choose another --agent",
            "podium plan --tasks FILE needs no agent",
        ],
    )


def _remedy(agent: str, outcome: Outcome) -> str:
    """Return what to do about a failure; `podium doctor` cannot see a missing login."""
    how = load_agent(agent).describe().install_hint
    return how if how and outcome is Outcome.UNAUTHENTICATED else "podium doctor"
