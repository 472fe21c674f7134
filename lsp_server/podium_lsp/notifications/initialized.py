"""`initialized`: the editor is ready; settings are asked for and projects looked at."""

from typing import Any

from podium_lsp.notifications.did_change_configuration import ask_for_settings, begin_settings
from podium_lsp.server import PodiumServer
from podium_lsp.views import SCHEME

WATCHED = ("**/.podium/store.json", "**/.podium/config.yaml", "**/.podium/plans/**/*.json")


async def handle(server: PodiumServer, params: Any) -> None:
    """Begin to work; the editor waits for nothing of it."""
    del params
    await begin_settings(server)
    await ask_for_settings(server)
    await server.workroom.show_all()
    server.workroom.publisher.begin()
    if server.client.registers_watchers:
        await server.client.register_watchers(WATCHED)
    if server.client.reads_contents:
        await server.client.register_contents(SCHEME)
    await server.workroom.look_everywhere()
