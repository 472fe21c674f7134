"""`workspace/didChangeConfiguration`: reloads the settings from the editor or the message."""

from lsprotocol import types as t

from podium_lsp.background.workspace import Workspace
from podium_lsp.session.project_settings import project_settings
from podium_lsp.session.session import Session
from podium_lsp.session.settings import SECTION, Settings, merged


async def handle(workspace: Workspace, params: t.DidChangeConfigurationParams) -> None:
    """Apply the settings and publish everything again; the message itself may be empty."""
    session = workspace.session
    await begin_settings(session)
    if not await ask_for_settings(session):
        session.settings = merged(session.settings, params.settings)
    await workspace.show_all()


async def begin_settings(session: Session) -> None:
    """Load the settings of the project's file, overridden by those from `initialize`."""
    settings = merged(Settings(), await project_settings(session.client.folders))
    session.settings = merged(settings, session.client.options)


async def ask_for_settings(session: Session) -> bool:
    """Apply the settings that the editor returns; return whether it could be asked for them."""
    if not session.client.has_configuration:
        return False
    items = [t.ConfigurationItem(section=SECTION)]
    answer = await session.client.ask(t.WORKSPACE_CONFIGURATION, t.ConfigurationParams(items=items))
    if isinstance(answer, list | tuple) and answer:
        session.settings = merged(session.settings, answer[0])
    return True
