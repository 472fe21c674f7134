"""`window/workDoneProgress/cancel`: cancels work on the user's request."""

from lsprotocol import types as t

from podium_lsp.session.session import Session


async def handle(session: Session, params: t.WorkDoneProgressCancelParams) -> None:
    """Cancel the work with this token."""
    session.progress.cancel(params.token)
