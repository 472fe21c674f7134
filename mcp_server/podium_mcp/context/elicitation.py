"""Asks the person through the host's dialog (elicitation), in both protocol eras.

The 2026 protocol has no server requests: the call returns a question, and the host repeats the call
with the answer. The older protocols ask while the call runs. A tool works in the same way in both:
it is rerun from the start once there is an answer, so a question must depend only on the arguments
and the state, and an answer is valid only for exactly that question.
"""

from typing import Any

import mcp_types as wire
from mcp.server.context import ServerRequestContext
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from podium.operations.commands import command_line
from podium.operations.confirmation import Answer, Confirmation
from podium_mcp.sanitize import one_line

Context = ServerRequestContext[Any, Any]

_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {"agree": {"type": "boolean", "description": "Yes, I agree"}},
    "required": ["agree"],
}
"""Without a root title, because one host cancels forms that have one without showing them."""


_LONGEST_QUOTE = 300


class AnswerPending(Exception):
    """The person has not answered yet; contains the result to return for this call."""

    def __init__(self, result: wire.InputRequiredResult) -> None:
        super().__init__("the person has to answer first")
        self.result = result


class AgentConfirmer:
    """Agrees to everything that an agent may decide; hosts ask about such calls themselves."""

    async def confirm(self, confirmation: Confirmation) -> Answer:
        """Agree, unless only a person can decide."""
        return Answer.UNDECIDED if confirmation.only_person else Answer.YES


class HostConfirmer(AgentConfirmer):
    """Asks the person through the host that sent a request.

    Args:
        context: the request.
        params: its parameters, which carry the answers in the 2026 protocol.
    """

    def __init__(self, context: Context, params: wire.CallToolRequestParams) -> None:
        self._context = context
        self._params = params

    async def confirm(self, confirmation: Confirmation) -> Answer:
        """Ask and return the answer.

        Raises:
            AnswerPending: the host has to repeat the call with the answer.
        """
        if not (confirmation.only_person and self._has_dialogs()):
            return await super().confirm(confirmation)
        question = question_of(confirmation)
        if self._context.protocol_version in MODERN_PROTOCOL_VERSIONS:
            return _answer(self._provided_answer(confirmation, question))
        return _answer(
            await self._context.session.elicit_form(
                question, _FORM, related_request_id=self._context.request_id
            )
        )

    def _has_dialogs(self) -> bool:
        declared = self._context.session.client_capabilities
        if declared is None or declared.elicitation is None:
            return False
        # Hosts with the first version of elicitation declare neither form nor url.
        only_url = declared.elicitation.form is None and declared.elicitation.url is not None
        return not only_url

    def _provided_answer(self, confirmation: Confirmation, question: str) -> wire.ElicitResult:
        key, state = confirmation.operation, confirmation.fingerprint
        answer = (self._params.input_responses or {}).get(key)
        if isinstance(answer, wire.ElicitResult) and self._params.request_state == state:
            return answer
        form = wire.ElicitRequestFormParams(message=question, requested_schema=_FORM)
        raise AnswerPending(
            wire.InputRequiredResult(
                input_requests={key: wire.ElicitRequest(params=form)}, request_state=state
            )
        )


def question_of(confirmation: Confirmation) -> str:
    """Return the text of the dialog.

    It contains no text from models, agents or files, except what a person has approved: in
    quotation marks, without line breaks and shortened.
    """
    facts = [
        f"{each.label}: {', '.join(map(_quoted, each.values) if each.quoted else each.values)}."
        for each in confirmation.facts
        if each.is_approved or not each.quoted
    ]
    command = command_line(confirmation.read_first) if confirmation.read_first else ""
    return " ".join(
        [confirmation.question, *facts, *([f"To read it first: {command}"] if command else [])]
    )


def _quoted(text: str) -> str:
    return f'"{one_line(text, _LONGEST_QUOTE)}"'


def _answer(given: wire.ElicitResult) -> Answer:
    agreed = given.action == "accept" and (given.content or {}).get("agree") is True
    return Answer.YES if agreed else Answer.NO
