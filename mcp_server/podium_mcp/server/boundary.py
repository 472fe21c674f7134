"""The outermost handler of every request: a bug of ours tells a reference and nothing else."""

import mcp_types as wire
from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult
from pydantic import ValidationError

from podium_mcp.context.elicitation import Context
from podium_mcp.server.crash_log import write_crash


async def crash_boundary(ctx: Context, call_next: CallNext) -> HandlerResult:
    """Carry a request out; the SDK calls this around each of its handlers.

    Raises:
        MCPError: the handler's own, or one with a reference when it crashed.
        ValidationError: the parameters are malformed; the SDK tells the client so.
    """
    try:
        return await call_next(ctx)
    except (MCPError, ValidationError):
        raise
    except Exception as error:
        raise MCPError(wire.INTERNAL_ERROR, told(ctx.method, error)) from error


def told(what: str, error: BaseException) -> str:
    """Write a crash down and return what is said about it."""
    try:
        reference = write_crash(error)
    except OSError:
        reference = "unavailable: the crash log cannot be written"
    return f"{what} failed inside the server, reference {reference}"
