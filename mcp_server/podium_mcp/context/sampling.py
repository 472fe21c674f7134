"""Asks the host's own model (sampling).

Only hosts with one of the older, handshake-based protocols can be asked: the 2026 protocol
deprecates sampling. Used only to draft a plan where nothing else can.
"""

import warnings
from typing import Protocol

import mcp_types as wire
from mcp import MCPDeprecationWarning, MCPError
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from podium.errors import AgentFailed
from podium_mcp.context.elicitation import Context

MAX_TOKENS = 16_384


class HostModel(Protocol):
    """The host's own model."""

    @property
    def is_offered(self) -> bool:
        """Whether the host lets the server ask it."""
        ...

    async def reply(self, prompt: str) -> str:
        """Ask it once and return the text of its reply.

        Raises:
            AgentFailed: the host or its user refused, or there is no text.
        """
        ...


class SampledModel:
    """The model of the host that sent a request.

    Args:
        context: the request.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def is_offered(self) -> bool:
        """Whether the host lets the server ask it."""
        declared = self._context.session.client_capabilities
        is_older = self._context.protocol_version in HANDSHAKE_PROTOCOL_VERSIONS
        return is_older and declared is not None and declared.sampling is not None

    async def reply(self, prompt: str) -> str:
        """Ask it once and return the text of its reply.

        Raises:
            AgentFailed: the host or its user refused, or there is no text.
        """
        message = wire.SamplingMessage(role="user", content=wire.TextContent(text=prompt))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MCPDeprecationWarning)
            asked = self._context.session.create_message(  # pyright: ignore[reportDeprecated] - the older protocols have no other way
                [message], max_tokens=MAX_TOKENS, related_request_id=self._context.request_id
            )
        try:
            result = await asked
        except MCPError as error:
            raise AgentFailed("The host's model did not reply", why=error.error.message) from error
        if not isinstance(result.content, wire.TextContent) or not result.content.text.strip():
            raise AgentFailed("The host's model did not reply with text")
        return result.content.text
