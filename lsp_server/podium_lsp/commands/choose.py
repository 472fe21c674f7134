"""Lets the person choose a parameter's value before a command is carried out."""

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
    """Return the chosen value; the only one without asking, None when the person chose none.

    Args:
        client: the editor.
        run: of the command that needs the value.
        question: what the person is asked.
        parameter: the operation's id, and the parameter's name.
        given: the parameters that are known.
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
