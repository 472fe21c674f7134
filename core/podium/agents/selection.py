"""Selects the agent of each role: from the caller, the plan or the settings."""

from pathlib import Path

from podium.agents.registry import agent_names, load_agent
from podium.errors import AgentUnavailable, ValidationError
from podium.model.agents import Role
from podium.model.config import Config
from podium.model.doubts import DoubtJudge
from podium.model.plans import AgentChoice, Plan

RUN_ROLES = (Role.EXECUTOR, Role.CONSULTANT)
"""Roles that every run needs."""


def chosen_agent(names: str, options: dict[str, str]) -> AgentChoice | None:
    """Return the choice that a caller made, or None if it made none.

    Args:
        names: the agent, or several separated by commas, in order of preference.
        options: the options of the first agent.
    """
    first, *rest = [each.strip() for each in names.split(",") if each.strip()] or [""]
    if not first:
        return None
    fallback = tuple(AgentChoice(agent=each) for each in rest)
    return AgentChoice(agent=first, options=options, fallback=fallback)


def resolve_agents(
    root: Path, config: Config, plan: Plan, choice: AgentChoice | None
) -> dict[str, tuple[AgentChoice, ...]]:
    """Return the agents of a run by role, including roles named by tasks.

    Raises:
        AgentUnavailable: an agent is not usable here.
        ValidationError: no agent is chosen for a role.
    """
    is_audited = config.run.audit or config.run.doubts is DoubtJudge.AUDITOR
    auditor = (Role.AUDITOR,) if is_audited else ()
    roles = dict.fromkeys((*RUN_ROLES, *auditor, *(task.role for task in plan.tasks)))
    return {
        str(role): resolve_chain(root, config, str(role), choice or plan.header.agents.get(role))
        for role in roles
    }


def resolve_agent(root: Path, config: Config, role: str, choice: AgentChoice | None) -> AgentChoice:
    """Return the first usable agent of a role with all its options; see `resolve_chain`."""
    return resolve_chain(root, config, role, choice)[0]


def resolve_chain(
    root: Path, config: Config, role: str, choice: AgentChoice | None
) -> tuple[AgentChoice, ...]:
    """Return the usable agents of one role with all their options, in order of preference.

    Raises:
        AgentUnavailable: none of the agents is usable here.
        ValidationError: no agent is chosen for the role.
    """
    errors: list[AgentUnavailable] = []
    usable: list[AgentChoice] = []
    for each in chosen_chain(root, config, role, choice):
        try:
            check_available(each.agent, each.options)
        except AgentUnavailable as error:
            errors.append(error)
        else:
            usable.append(each)
    if not usable:
        raise errors[0]
    return tuple(usable)


def chosen_chain(
    root: Path, config: Config, role: str, choice: AgentChoice | None
) -> tuple[AgentChoice, ...]:
    """Return the agents of one role with all their options, whether or not they are usable here.

    A playbook path is relative to the project and made absolute here, because the agent works in
    another directory.

    Raises:
        ValidationError: no agent is chosen for the role.
    """
    picked = choice or config.agents.roles.get(role) or _default(config)
    if picked is None:
        raise ValidationError(
            "No agent is chosen",
            why=f"neither the command nor the settings name an agent for the role {role}",
            hints=[
                f"add --agent NAME; known agents: {', '.join(agent_names())}",
                "podium agents",
                "set agents.default in .podium/config.yaml",
            ],
        )
    return tuple(_with_options(root, config, each) for each in picked.chain)


def _with_options(root: Path, config: Config, choice: AgentChoice) -> AgentChoice:
    options = {**config.agents.options.get(choice.agent, {}), **choice.options}
    if "playbook" in options:
        options["playbook"] = str((root / options["playbook"]).resolve())
    return AgentChoice(agent=choice.agent, options=options)


def _default(config: Config) -> AgentChoice | None:
    return AgentChoice(agent=config.agents.default) if config.agents.default else None


def check_available(name: str, options: dict[str, str]) -> None:
    """Check that an agent can be started here.

    Raises:
        AgentUnavailable: it cannot; the message says why and how to install it.
    """
    agent = load_agent(name)
    found = agent.available(options)
    if not found.available:
        hint = agent.describe().install_hint
        raise AgentUnavailable(
            f"The agent {name} cannot be used here",
            why=found.reason,
            hints=[*([hint] if hint else []), "podium agents"],
        )
