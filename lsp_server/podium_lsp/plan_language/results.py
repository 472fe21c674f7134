"""What the language says of a text; must not know the protocol."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from podium_lsp.session.text import Span


class Level(StrEnum):
    """How bad it is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """Something that is wrong.

    Args:
        span: where.
        message: a sentence for a person.
        code: the rule's stable name.
    """

    span: Span
    message: str
    code: str
    level: Level = Level.ERROR


@dataclass(frozen=True)
class Suggestion:
    """Something that may be written at a place.

    Args:
        text: what is inserted.
        label: what is shown.
        detail: a few words beside it.
        explanation: what is told when it is looked at.
        span: what it replaces.
    """

    text: str
    label: str
    detail: str
    explanation: str
    span: Span


@dataclass(frozen=True)
class Symbol:
    """A part of a text that has a name."""

    name: str
    detail: str
    kind: str
    span: Span
    name_span: Span
    children: tuple["Symbol", ...] = ()


@dataclass(frozen=True)
class Lens:
    """A command above a line; without a command only words.

    Args:
        offset: where it stands.
        title: what it says.
        operation: the operation, or one of the server's own commands; empty for none.
        arguments: the operation's parameters.
    """

    offset: int
    title: str
    operation: str = ""
    arguments: tuple[tuple[str, Any], ...] = ()
