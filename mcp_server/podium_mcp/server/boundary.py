"""The outermost handler of every request: the answer to a crash contains only a reference."""

import mcp_types as wire
from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult
from pydantic import ValidationError

from podium.app.crash_log import write_crash
from podium.errors import PathOutsideWorkspace
from podium.operations.installation import restart_hint
from podium_mcp.context.elicitation import Context


async def crash_boundary(ctx: Context, call_next: CallNext) -> HandlerResult:
    """Run a request; the SDK wraps this middleware around each handler.

    Raises:
        MCPError: raised by the handler, or carrying a reference after a crash.
        ValidationError: the parameters are malformed; the SDK answers the client.
    """
    try:
        return await call_next(ctx)
    except (MCPError, ValidationError):
        raise
    except Exception as error:
        restart = restart_hint(error)
        message = crash_message(ctx.method, error) + (f"; {restart}" if restart else "")
        raise MCPError(wire.INTERNAL_ERROR, message) from error


def crash_message(what: str, error: BaseException) -> str:
    """Log a crash and return the message for the client."""
    try:
        reference = write_crash(error, "mcp").reference
    except (OSError, PathOutsideWorkspace):
        reference = "unavailable: the crash log cannot be written"
    return f"{what} failed inside the server, reference {reference}"
