"""Draws the agents, their rests and the policy for failures."""

import shlex
from typing import cast

from rich.table import Table
from rich.text import Text

from podium.model.agents import AskKind, LoginState
from podium.operations.agent.add import AddedAgent
from podium.operations.agent.list import AgentRow, AgentTable
from podium.operations.agent.logins import LoginHealth
from podium.operations.agent.policy import PolicyView
from podium.operations.agent.remove import RemovedAgent
from podium.operations.agent.test import AgentTrial
from podium.words import counted
from podium_cli.render.style import console, is_narrow, print_next, table, when

_INSTALLERS = ("npm ", "pipx ", "uv ")


def agent_list(result: AgentTable) -> None:
    """Draw the agents, and how to get one if none is usable."""
    usable = [row for row in result.agents if row.usable]
    more = () if is_narrow() else ("version", "login", "asks", "roles")
    grid = table("", "agent", *more)
    for row in usable:
        _add_usable(grid, row)
    if usable:
        console().print(grid)
    _draw_missing([row for row in result.agents if not row.usable])
    if result.ways:
        console().print("\n[warn]No agent can be used here yet.[/] The quickest ways to get one:")
        for number, way in enumerate(result.ways, start=1):
            console().print(Text(f"  {number}. {way}"))
        print_next("podium demo")


def agent_test(result: AgentTrial) -> None:
    """Draw how an agent carried out the test."""
    tokens = result.usage.output_tokens
    spent = f", {counted(tokens, 'token')} written" if tokens is not None else ""
    if result.wrote_the_file:
        console().print(
            Text.assemble(
                ("✓ ", "good"), (result.agent, "id"), f" works: {result.seconds} s{spent}"
            )
        )
        return
    console().print(
        Text.assemble(
            ("! ", "warn"), (result.agent, "id"), " answered, but did not write the file:"
        )
    )
    console().print(Text(result.answer or "(no text)", style="quiet"))


def agent_rest(result: LoginHealth) -> None:
    """Draw until when an agent rests."""
    until = when(result.resting_until)
    console().print(Text.assemble(("✓ ", "good"), (result.login, "id"), f" rests until {until}"))
    print_next(f"podium agents wake {result.login}")


def agent_wake(result: LoginHealth) -> None:
    """Report that an agent may be called."""
    console().print(Text.assemble(("✓ ", "good"), (result.login, "id"), " may be called"))


def agent_add(result: AddedAgent) -> None:
    """Draw an added agent: what it runs, and what is missing."""
    console().print(
        Text.assemble(("✓ ", "good"), (result.agent, "id"), f" was added: {result.title}")
    )
    console().print(Text(f"  it runs: {shlex.join(result.command)}", style="quiet"))
    if result.usable:
        print_next(f"podium agents test {result.agent}")
    else:
        console().print(Text(f"  not usable yet: {result.reason}", style="warn"))
        console().print(Text(f"  {result.how_to_get}", style="quiet"))
        print_next("podium agents")


def agent_remove(result: RemovedAgent) -> None:
    """Report that an agent was removed."""
    console().print(Text.assemble(("✓ ", "good"), (result.agent, "id"), " was removed"))


def agent_policy(result: PolicyView) -> None:
    """Draw the reactions to failures and the settings."""
    grid = table("failure", "what follows")
    for row in result.reactions:
        grid.add_row(Text(row.failure, style="id"), row.reaction)
    console().print(grid)
    settings = table("setting", "value")
    for name, value in result.settings.model_dump(mode="json").items():
        settings.add_row(Text(f"agents.policy.{name}", style="id"), _shown(value))
    console().print()
    console().print(settings)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        pairs = cast("dict[str, object]", value).items()
        return ", ".join(f"{name}: {each}" for name, each in pairs) or "none"
    return str(value)


def _add_usable(grid: Table, row: AgentRow) -> None:
    rests = row.resting_until is not None
    sign = Text("z", style="warn") if rests else Text("✓", style="good")
    name = Text(row.name, style="id")
    if rests:
        name.append(f"\nrests until {when(row.resting_until)}: {row.reason}", style="warn")
    elif row.reason:
        name.append(f"\n{row.reason}", style="warn")
    if row.unasked and row.roles:
        kinds = ", ".join(row.unasked)
        name.append(f"\nmay not ask about {kinds}: then its role decides", style="warn")
    if is_narrow():
        grid.add_row(sign, name)
    else:
        grid.add_row(sign, name, row.version, _login(row), _asks(row), ", ".join(row.roles))


def _asks(row: AgentRow) -> Text:
    """Return about what an agent can ask a person, briefly."""
    if row.asks is None:
        return Text("unknown", style="quiet")
    kinds = {AskKind.EDIT: "edits", AskKind.COMMAND: "commands"}
    named = [word for kind, word in kinds.items() if kind in row.asks]
    if len(named) == len(kinds):
        return Text("yes")
    return Text(named[0] if named else "never", style="quiet")


def _login(row: AgentRow) -> Text:
    match row.login:
        case LoginState.FOUND:
            return Text(row.login_place)
        case LoginState.NOT_FOUND:
            return Text("no login found", style="warn")
        case LoginState.NOT_NEEDED | LoginState.UNKNOWN:
            return Text(row.login, style="quiet")


def _draw_missing(rows: list[AgentRow]) -> None:
    """Draw one line for each agent that is not usable: how to install it, or what is wrong."""
    if not rows:
        return
    console().print("\n[quiet]not usable here[/]")
    grid = table("", "", "")
    grid.show_header = False
    for row in rows:
        install = _in_two(row.how_to_get)[0]
        found = install if install.startswith(_INSTALLERS) else row.reason or install
        grid.add_row(Text("·", style="quiet"), Text(row.name, style="id"), Text(found))
    console().print(grid)


def _in_two(how_to_get: str) -> tuple[str, str]:
    """Return how to install an agent, and how to log in."""
    install, _, log_in = how_to_get.replace("; then ", ", then ").partition(", then ")
    return install, log_in
