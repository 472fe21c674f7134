"""Asks the user for the value of a parameter before a command runs."""

from collections.abc import Mapping
from typing import Any

from podium_lsp.commands.run import CommandRun
from podium_lsp.session.client import Client


async def choose_value(
    client: Client,
    run: CommandRun,
    question: str,
    parameter: tuple[str, str],
    given: Mapping[str, Any],
) -> str | None:
    """Return the chosen value, or None if the user dismisses the question.

    If there is only one value, it is returned without asking.

    Args:
        client: the editor.
        run: the execution of the command that needs the value.
        question: the question for the user.
        parameter: the operation's id and the parameter's name.
        given: the parameters that are already known.
    """
    operation_id, name = parameter
    offered = await run.ask(
        "prompt.choices", operation=operation_id, parameter=name, given=dict(given)
    )
    values = {each.label: each.value for each in offered.choices}
    if len(values) == 1:
        return str(next(iter(values.values())))
    chosen = await client.choose(question, [*values])
    return values[chosen] if chosen is not None else None
