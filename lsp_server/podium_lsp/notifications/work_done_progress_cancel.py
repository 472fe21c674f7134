"""`window/workDoneProgress/cancel`: the person wants work to end."""

from lsprotocol import types as t

from podium_lsp.server import PodiumServer


async def handle(server: PodiumServer, params: t.WorkDoneProgressCancelParams) -> None:
    """Cancel the work of that name."""
    server.workroom.progress.cancel(params.token)
