"""Dispatches tool calls: finds the tool, validates the arguments and turns errors into results."""

from collections.abc import Callable, Mapping
from typing import Any

import mcp_types as wire
from mcp import MCPError
from mcp.server.context import HandlerResult
from pydantic import ValidationError

from podium.errors import InternalError, PodiumError
from podium.operations.installation import restart_hint
from podium_mcp.context.calls import Call
from podium_mcp.context.elicitation import AnswerPending, Context, HostConfirmer
from podium_mcp.context.project import Project
from podium_mcp.context.sampling import SampledModel
from podium_mcp.presenters.results import (
    Facts,
    refused,
    refused_arguments,
    refused_by_engine,
    succeeded,
)
from podium_mcp.server.background import BackgroundCalls
from podium_mcp.server.boundary import crash_message
from podium_mcp.tools.tool import Input, Tool
from podium_mcp.tools.wording import Wording


class Dispatch:
    """The handler of `tools/call`.

    Args:
        tools: the offered tools by name.
        project: the project on which they work.
        background: turns calls into tasks for hosts that support tasks.
    """

    def __init__(
        self, tools: Mapping[str, Tool[Any]], project: Project, background: BackgroundCalls
    ) -> None:
        self._tools = tools
        self._project = project
        self._background = background
        self._wording = Wording(tools.values())

    async def __call__(self, context: Context, params: wire.CallToolRequestParams) -> HandlerResult:
        """Answer one call.

        Raises:
            MCPError: the tool does not exist, which is the client's error, not the model's.
        """
        tool = self._tools.get(params.name)
        if tool is None:
            known = ", ".join(self._tools)
            raise MCPError(wire.INVALID_PARAMS, f"Unknown tool: {params.name[:80]}. Known: {known}")
        try:
            given = tool.input.model_validate(params.arguments or {})
        except ValidationError as error:
            return refused_arguments(tool.name, error, tool.input, tool.schema)
        return await self._run(tool, given, self._call(context, params), context)

    async def _run(
        self, tool: Tool[Any], given: Input, call: Call, context: Context
    ) -> HandlerResult:
        try:
            facts = await tool.handler(call, given)
            if (started := self._background.begin(tool, facts, context)) is not None:
                return started
            return succeeded(self._with_worded_steps(facts))
        except AnswerPending as question:
            return question.result
        except MCPError:
            raise
        except InternalError as error:
            return _broken(tool.name, error)
        except PodiumError as error:
            return refused_by_engine(tool.name, error, [*map(self._wording.hint, error.hints)])
        except Exception as error:  # noqa: BLE001 - the outermost handler: our own bug
            return _broken(tool.name, error)

    def _with_worded_steps(self, facts: Facts) -> Facts:
        steps = facts["next"]
        return facts if isinstance(steps, str) else facts | {"next": self._wording.next(steps)}

    def _call(self, context: Context, params: wire.CallToolRequestParams) -> Call:
        return Call(
            project=self._project,
            client=client_name(context),
            confirmer=HostConfirmer(context, params),
            model=SampledModel(context),
            progress=progress_of(context),
        )


def client_name(context: Context) -> str:
    """Return the host's name, for the history."""
    client = context.session.client_params
    return client.client_info.name if client is not None else "host"


def progress_of(context: Context) -> Callable[[float, float, str], Any]:
    """Return a function that reports progress; values that do not increase are dropped."""
    last = -1.0

    async def tell(done: float, total: float, message: str) -> None:
        nonlocal last
        if done <= last:
            return
        last = done
        await context.session.report_progress(done, total, message)

    return tell


def _broken(tool: str, error: BaseException) -> wire.CallToolResult:
    if restart := restart_hint(error):
        why = "Podium was updated, but this server is still running the previous version"
        return refused(crash_message(tool, error), why, [f"ask the person: {restart}"])
    return refused(
        crash_message(tool, error),
        "this is a bug in Podium; no acknowledged change is lost",
        ["do not repeat the call unchanged", "give the person the reference"],
    )
