"""Parses the answers to doubts in a reply: which places are confirmed or rejected, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from podium.dialogue.excerpts import clean, redact
from podium.dialogue.lenient_json import JsonValue
from podium.dialogue.replies.extraction import extract_json
from podium.errors import InvalidReply
from podium.model.doubts import Doubt

_REASON_CHARACTERS = 1000


class _Loose(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Row(_Loose):
    place: str
    reason: str = ""


class _Reply(_Loose):
    confirmed: tuple[_Row, ...] = ()
    rejected: tuple[_Row, ...] = ()


@dataclass(frozen=True)
class DoubtReply:
    """The answers in a reply.

    Args:
        confirmed: the reasons of the confirmed doubts, by the key of the doubt.
        rejected: the reasons of the rejected doubts, by the key of the doubt.
    """

    confirmed: dict[str, str]
    rejected: dict[str, str]


def parse_doubt_reply(text: str, doubts: Sequence[Doubt]) -> DoubtReply:
    """Return the answers in a reply to these doubts; other places are ignored.

    Raises:
        InvalidReply: there is no complete JSON document of the requested shape.
    """
    found = extract_json(text, fits=_is_answer)
    if not found.complete:
        raise InvalidReply("The answers were truncated", why="; ".join(found.notes))
    try:
        reply = _Reply.model_validate(found.value)
    except ValidationError as error:
        raise InvalidReply("The answers do not match the requested schema") from error
    return DoubtReply(_by_doubt(reply.confirmed, doubts), _by_doubt(reply.rejected, doubts))


def doubts_at(place: str, doubts: Sequence[Doubt]) -> tuple[Doubt, ...]:
    """Return the doubts at a place: a file with a line, or a file that has only one doubt."""
    at_line = tuple(each for each in doubts if each.place == place)
    in_file = tuple(each for each in doubts if each.path == place)
    return at_line or (in_file if len(in_file) == 1 else ())


def _by_doubt(rows: Sequence[_Row], doubts: Sequence[Doubt]) -> dict[str, str]:
    return {
        each.key: _sanitised(row.reason)
        for row in rows
        for each in doubts_at(row.place.strip(), doubts)
    }


def _is_answer(value: JsonValue) -> bool:
    return isinstance(value, dict) and ("confirmed" in value or "rejected" in value)


def _sanitised(text: str) -> str:
    return " ".join(redact(clean(text)).split())[:_REASON_CHARACTERS]
