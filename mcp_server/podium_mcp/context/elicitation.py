"""Asks the person through the host's dialog (elicitation), in both protocol eras.

The 2026 protocol has no server requests: the call returns a question, and the host repeats the
call with the answer. The older protocols ask while the call runs. A tool works the same in both:
it is run again from the start once the answer is there, so a question must depend only on the
arguments and the state, and an answer is valid only for the exact question it was given to.
"""

from typing import Any

import mcp_types as wire
from mcp.server.context import ServerRequestContext
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

Context = ServerRequestContext[Any, Any]

_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {"agree": {"type": "boolean", "description": "Yes, I agree"}},
    "required": ["agree"],
}
"""No root title: one host cancels forms that have one without showing them."""


class AnswerPending(Exception):
    """The person has not answered yet; carries the result to return for this call."""

    def __init__(self, result: wire.InputRequiredResult) -> None:
        super().__init__("the person has to answer first")
        self.result = result


class HostAsker:
    """Asks through the host that sent a request.

    Args:
        context: the request.
        params: its parameters, which carry the answers in the 2026 protocol.
    """

    def __init__(self, context: Context, params: wire.CallToolRequestParams) -> None:
        self._context = context
        self._params = params

    @property
    def can_ask(self) -> bool:
        """Whether the host can show a question."""
        declared = self._context.session.client_capabilities
        if declared is None or declared.elicitation is None:
            return False
        # Hosts of the first version of elicitation declare neither form nor url.
        only_url = declared.elicitation.form is None and declared.elicitation.url is not None
        return not only_url

    async def confirm(self, key: str, question: str) -> bool:
        """Ask a yes-or-no question and return the person's answer."""
        if self._context.protocol_version in MODERN_PROTOCOL_VERSIONS:
            return _agreed(self._answer_at_hand(key, question))
        return _agreed(
            await self._context.session.elicit_form(
                question, _FORM, related_request_id=self._context.request_id
            )
        )

    def _answer_at_hand(self, key: str, question: str) -> wire.ElicitResult:
        answer = (self._params.input_responses or {}).get(key)
        state = f"{key}|{question}"
        if isinstance(answer, wire.ElicitResult) and self._params.request_state == state:
            return answer
        form = wire.ElicitRequestFormParams(message=question, requested_schema=_FORM)
        raise AnswerPending(
            wire.InputRequiredResult(
                input_requests={key: wire.ElicitRequest(params=form)}, request_state=state
            )
        )


def _agreed(answer: wire.ElicitResult) -> bool:
    return answer.action == "accept" and (answer.content or {}).get("agree") is True
