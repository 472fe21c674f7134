"""`$/setTrace`: sets the log level."""

from lsprotocol import types as t

from podium_lsp.session.log import set_verbose
from podium_lsp.session.session import Session


async def handle(session: Session, params: t.SetTraceParams) -> None:
    """Set the log level to debug, or back to the default."""
    del session
    set_verbose(params.value != t.TraceValue.Off)
