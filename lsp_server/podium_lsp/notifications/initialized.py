"""`initialized`: the editor is ready; settings are asked for and projects looked at."""

from typing import Any

from podium_lsp.background.workspace import Workspace
from podium_lsp.notifications.did_change_configuration import ask_for_settings, begin_settings
from podium_lsp.virtual_documents import SCHEME

WATCHED = ("**/.podium/store.json", "**/.podium/config.yaml", "**/.podium/plans/**/*.json")


async def handle(workspace: Workspace, params: Any) -> None:
    """Begin to work; the editor waits for nothing of it."""
    del params
    session = workspace.session
    await begin_settings(session)
    await ask_for_settings(session)
    await workspace.show_all()
    session.publisher.begin()
    if session.client.registers_watchers:
        await session.client.register_watchers(WATCHED)
    if session.client.reads_contents:
        await session.client.register_contents(SCHEME)
    await workspace.look_everywhere()
