"""`$/setTrace`: how much the log holds."""

from lsprotocol import types as t

from podium_lsp.session.log import set_verbose
from podium_lsp.session.session import Session


async def handle(session: Session, params: t.SetTraceParams) -> None:
    """Write down more, or as much as before."""
    del session
    set_verbose(params.value != t.TraceValue.Off)
