"""`initialized`: loads the settings and starts to watch projects."""

from typing import Any

from podium_lsp.background.workspace import Workspace
from podium_lsp.notifications.did_change_configuration import ask_for_settings, begin_settings
from podium_lsp.virtual_documents import SCHEME

WATCHED = ("**/.podium/store.json", "**/.podium/config.yaml", "**/.podium/plans/**/*.json")


async def handle(workspace: Workspace, params: Any) -> None:
    """Start all services; the editor does not wait for this."""
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
