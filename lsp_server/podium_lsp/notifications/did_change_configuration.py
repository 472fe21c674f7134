"""`workspace/didChangeConfiguration`: settings are asked for again, or taken from the message."""

from lsprotocol import types as t

from podium_lsp.project_settings import project_settings
from podium_lsp.server import PodiumServer
from podium_lsp.settings import SECTION, Settings, merged


async def handle(server: PodiumServer, params: t.DidChangeConfigurationParams) -> None:
    """Take the settings over and show everything anew; the message may be empty."""
    await begin_settings(server)
    if not await ask_for_settings(server):
        server.settings = merged(server.settings, params.settings)
    await server.workroom.show_all()


async def begin_settings(server: PodiumServer) -> None:
    """Take the settings of the project's file, and lay what `initialize` brought over them."""
    settings = merged(Settings(), await project_settings(server))
    server.settings = merged(settings, server.client.options)


async def ask_for_settings(server: PodiumServer) -> bool:
    """Lay what the editor answers over the settings; tell whether it could be asked."""
    if not server.client.has_configuration:
        return False
    items = [t.ConfigurationItem(section=SECTION)]
    answer = await server.client.ask(t.WORKSPACE_CONFIGURATION, t.ConfigurationParams(items=items))
    if isinstance(answer, list | tuple) and answer:
        server.settings = merged(server.settings, answer[0])
    return True
