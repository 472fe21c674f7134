"""What a command still needs from the person, one question at a time.

An editor that starts a command from its palette knows only the command. It asks here what to ask,
puts the question in its own way, and repeats that until nothing is missing. Questions of consent
are not among these; see `podium_lsp.commands.confirm`.
"""

from collections.abc import Mapping
from typing import Any, cast

import anyio
import anyio.to_thread

from podium.app.connection import built
from podium.operations.engine import Engine
from podium.operations.prompt.form import Form, FormParams, form, form_of
from podium_lsp.commands.names import operation_of
from podium_lsp.session.projects import Project

_FILES = frozenset({"plan.import"})
"""Operations whose `path` may lie outside of the project, so the open file is no answer."""


async def next_prompt(project: Project | None, arguments: Mapping[str, Any]) -> Any:
    """Return the next question.

    Args:
        project: whose plans, runs and findings there are to choose from.
        arguments: `command`; `given`, its arguments so far; `asked`, the parameters that the person
            was asked for already, so that an answer may be left out.

    Raises:
        ValidationError: there is no such command.
    """
    operation_id = operation_of(str(arguments.get("command", "")))
    given: dict[str, Any] = {**(arguments.get("given") or {})}
    asked = [*(arguments.get("asked") or ())]
    if given.pop("uri", "") and operation_id not in _FILES:
        asked.append("path")
    wanted = {"operation": operation_id, "given": given, "asked": asked}
    params = cast("FormParams", built(form, wanted))
    engine = project.reading if project is not None else None
    found = await anyio.to_thread.run_sync(_form, engine, params)
    return found.model_dump(mode="json")


def _form(engine: Engine | None, params: FormParams) -> Form:
    return anyio.run(form_of, engine, params)
