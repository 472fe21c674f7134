"""`$/setTrace`: how much the log holds."""

from lsprotocol import types as t

from podium_lsp.log import set_verbose
from podium_lsp.server import PodiumServer


async def handle(server: PodiumServer, params: t.SetTraceParams) -> None:
    """Write down more, or as much as before."""
    del server
    set_verbose(params.value != t.TraceValue.Off)
