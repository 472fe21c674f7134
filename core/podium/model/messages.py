"""Older messages of a session: put aside into documents of their own, compressed, never lost; pure.

A session is written anew with each message, so what it carries has a limit (SPEC S4).
"""

import base64
import json
import zlib
from collections.abc import Sequence
from datetime import datetime

from pydantic import Field, TypeAdapter

from podium.model.base import Frozen
from podium.model.sessions import Context, Message

CARRIED_BYTES = 64 * 1024
"""Messages that are longer than this together are put aside, the older ones first."""

_KEPT_BYTES = 16 * 1024
_SUMMARY_CHARACTERS = 2000
_LINE_CHARACTERS = 100
_MESSAGES: TypeAdapter[tuple[Message, ...]] = TypeAdapter(tuple[Message, ...])


class OlderMessages(Frozen):
    """Messages that a session has put aside: the document `messages/<n>.json`."""

    count: int = Field(ge=1)
    first: datetime
    last: datetime
    packed: str
    """The messages as JSON, compressed by zlib, in Base64."""


def put_aside(context: Context) -> tuple[Context, OlderMessages | None]:
    """Return a context that is short enough, and the older messages when some had to go.

    The newest message stays, however long it is.
    """
    sizes = [len(each.model_dump_json()) for each in context.messages]
    if sum(sizes) <= CARRIED_BYTES or len(sizes) < 2:
        return context, None
    kept = 1
    while kept < len(sizes) and sum(sizes[-kept - 1 :]) <= _KEPT_BYTES:
        kept += 1
    older, newer = context.messages[:-kept], context.messages[-kept:]
    summary = _summary(context.summary, older)
    return context.model_copy(update={"messages": newer, "summary": summary}), _packed(older)


def unpacked(older: OlderMessages) -> tuple[Message, ...]:
    """Return the messages that were put aside.

    Raises:
        ValueError: the document was damaged by hand.
    """
    try:
        return _MESSAGES.validate_json(zlib.decompress(base64.b64decode(older.packed)))
    except zlib.error as error:
        raise ValueError("what was packed cannot be unpacked") from error


def _packed(messages: Sequence[Message]) -> OlderMessages:
    text = json.dumps([each.model_dump(mode="json") for each in messages], ensure_ascii=False)
    return OlderMessages(
        count=len(messages),
        first=messages[0].at,
        last=messages[-1].at,
        packed=base64.b64encode(zlib.compress(text.encode())).decode(),
    )


def _summary(before: str, older: Sequence[Message]) -> str:
    """Return how each older message began, the newest in any case, as far as there is room."""
    lines = [*before.splitlines(), *(_beginning(each) for each in older)]
    room = _SUMMARY_CHARACTERS
    kept: list[str] = []
    for line in reversed(lines):
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join(reversed(kept))


def _beginning(message: Message) -> str:
    words = " ".join(message.text.split())
    cut = words if len(words) <= _LINE_CHARACTERS else f"{words[: _LINE_CHARACTERS - 1]}…"
    return f"{message.role}: {cut}"
