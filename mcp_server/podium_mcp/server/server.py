"""Assembles the server from its handlers, on the SDK's low-level server."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.resources import files
from typing import Any

import anyio
import mcp_types as wire
from mcp.server import NotificationOptions, Server
from mcp.server.models import InitializationOptions
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler

from podium import __version__
from podium_mcp.completions import Completions
from podium_mcp.context.project import Project
from podium_mcp.notifications import Notifications
from podium_mcp.prompts import Prompts
from podium_mcp.resources import Resources
from podium_mcp.server.background import (
    EXTENSION,
    BackgroundCalls,
    RunTasks,
    TaskParams,
    TaskSource,
    TaskUpdateParams,
)
from podium_mcp.server.boundary import crash_boundary
from podium_mcp.server.dispatch import Dispatch
from podium_mcp.tools.registry import TOOLS
from podium_mcp.tools.tool import Tier, Tool

LIST_TTL_MS = 3_600_000
"""Lists of tools and prompts never change while a server runs."""

NAME = "podium"


class PodiumServer(Server[None]):
    """The SDK's server; also declares notifications in the older protocols, on every transport."""

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        """Return the answer to `initialize`."""
        options = notification_options or NotificationOptions(resources_changed=True)
        return super().create_initialization_options(options, experimental_capabilities, extensions)


def build_server(
    project: Project, tier: Tier = Tier.DEFAULT, sources: Sequence[TaskSource] = ()
) -> PodiumServer:
    """Return the server of a project.

    Args:
        project: the project to serve; opened by the first call that needs it.
        tier: the set of tools to offer.
        sources: other kinds of tasks, in addition to runs.
    """
    tools = {tool.name: tool for tool in TOOLS if tool.is_in(tier)}
    bus = InMemorySubscriptionBus()
    notifications = Notifications(project, bus)
    resources = Resources(project)
    prompts = Prompts(project)
    background = BackgroundCalls(RunTasks(project), *sources)
    listed = list_tools(tuple(tools.values()))

    async def on_list_resources(context: Any, params: Any) -> wire.ListResourcesResult:
        notifications.register(context)
        return await resources.list_all(context, params)

    async def on_list_tools(context: Any, params: Any) -> wire.ListToolsResult:
        del context, params
        return listed

    server = PodiumServer(
        NAME,
        version=__version__,
        title="Podium",
        instructions=instructions(),
        lifespan=_lifespan(project, notifications),
        on_list_tools=on_list_tools,
        on_call_tool=Dispatch(tools, project, background),  # type: ignore[arg-type] # may return a task, which the SDK supports but does not type
        on_list_resources=on_list_resources,
        on_list_resource_templates=resources.templates,
        on_read_resource=resources.read,
        on_subscribe_resource=notifications.subscribe,
        on_unsubscribe_resource=notifications.unsubscribe,
        on_subscriptions_listen=ListenHandler(bus),
        on_list_prompts=prompts.list_all,
        on_get_prompt=prompts.get,
        on_completion=Completions(project),
    )
    server.extensions[EXTENSION] = {}
    server.add_request_handler("tasks/get", TaskParams, background.get)
    server.add_request_handler("tasks/cancel", TaskParams, background.cancel)
    server.add_request_handler("tasks/update", TaskUpdateParams, background.update)
    sealed = RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=NAME)
    server.middleware.append(sealed)
    server.middleware.append(crash_boundary)
    return server


def instructions() -> str:
    """Return the server's instructions for the model."""
    return (
        files("podium_mcp.server").joinpath("instructions.md").read_text(encoding="utf-8").strip()
    )


def list_tools(tools: Sequence[Tool[Any]]) -> wire.ListToolsResult:
    """Return the answer to `tools/list`."""
    return wire.ListToolsResult(
        tools=[tool.declaration() for tool in tools], ttl_ms=LIST_TTL_MS, cache_scope="public"
    )


def _lifespan(
    project: Project, notifications: Notifications
) -> Callable[[Server[None]], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(server: Server[None]) -> AsyncGenerator[None]:
        del server
        async with anyio.create_task_group() as group:
            group.start_soon(notifications.follow)
            try:
                yield
            finally:
                group.cancel_scope.cancel()
                project.close()

    return lifespan
