"""Keeps a long turn within the model's context: the oldest results of tools are left out."""

from collections.abc import Callable
from dataclasses import replace

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelRequestPart,
    ToolReturnPart,
)

LEFT_OUT = "(left out to save space; use the tool again if you need this)"
_CHARACTERS_PER_TOKEN = 3
"""Fewer than usual, so that the estimate is rather too high."""
_KEPT_SHARE = 0.6
"""After shortening, the messages have room to grow, so that the service's cache stays useful."""
_NEWEST_KEPT = 4


def make_shortener(tokens: int) -> Callable[[list[ModelMessage]], list[ModelMessage]]:
    """Return a function that shortens messages that are estimated to have more tokens than this."""

    def shorten(messages: list[ModelMessage]) -> list[ModelMessage]:
        size = sum(map(_size, messages))
        if size <= tokens * _CHARACTERS_PER_TOKEN:
            return messages
        excess = size - int(tokens * _CHARACTERS_PER_TOKEN * _KEPT_SHARE)
        shortened: list[ModelMessage] = []
        for number, message in enumerate(messages):
            is_old = number < len(messages) - _NEWEST_KEPT
            if is_old and excess > 0 and isinstance(message, ModelRequest):
                before = _size(message)
                message = replace(message, parts=[_without_result(each) for each in message.parts])
                excess -= before - _size(message)
            shortened.append(message)
        return shortened

    return shorten


def _without_result(part: ModelRequestPart) -> ModelRequestPart:
    if isinstance(part, ToolReturnPart) and len(str(part.content)) > len(LEFT_OUT):
        return ToolReturnPart(part.tool_name, LEFT_OUT, part.tool_call_id)
    return part


def _size(message: ModelMessage) -> int:
    """Return about how many characters a message has."""
    contents = (
        getattr(part, "content", None) or getattr(part, "args", "") for part in message.parts
    )
    return sum(len(str(content)) for content in contents)
