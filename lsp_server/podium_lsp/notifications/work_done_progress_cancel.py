"""`window/workDoneProgress/cancel`: the person wants work to end."""

from lsprotocol import types as t

from podium_lsp.session.session import Session


async def handle(session: Session, params: t.WorkDoneProgressCancelParams) -> None:
    """Cancel the work of that name."""
    session.progress.cancel(params.token)
