"""`podium.missing`: returns what a command still needs from the user, one question at a time.

A command from the editor's palette has no arguments. The editor asks the server for the next
question, shows it, and repeats this until no question is left. Requests for consent are separate;
see `podium_lsp.commands.confirm`.
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
"""Operations whose `path` can be outside the project, so the open file is not a default."""


async def next_prompt(project: Project | None, arguments: Mapping[str, Any]) -> Any:
    """Return the next question.

    Args:
        project: provides the plans, runs and findings to choose from.
        arguments: `command`; `given`, its arguments so far; `asked`, the parameters that the user
            was already asked for, whether or not they answered.

    Raises:
        ValidationError: the command is unknown.
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
