"""The results of language features, independent of LSP."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from podium_lsp.session.text import Span


class Level(StrEnum):
    """The severity of a problem."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """A problem in a plan file.

    Args:
        span: the span to mark.
        message: a message for the user.
        code: the stable name of the rule.
    """

    span: Span
    message: str
    code: str
    level: Level = Level.ERROR


@dataclass(frozen=True)
class Suggestion:
    """A completion.

    Args:
        text: the text to insert.
        label: the label in the list of completions.
        detail: a few words next to the label.
        explanation: the documentation of the selected completion.
        span: the span to replace.
    """

    text: str
    label: str
    detail: str
    explanation: str
    span: Span


@dataclass(frozen=True)
class Symbol:
    """A named part of a document."""

    name: str
    detail: str
    kind: str
    span: Span
    name_span: Span
    children: tuple["Symbol", ...] = ()


@dataclass(frozen=True)
class Lens:
    """A lens above a line, with or without a command.

    Args:
        offset: the offset of the line.
        title: the lens's title.
        operation: the operation, or one of the server's own commands; empty if there is none.
        arguments: the operation's parameters.
    """

    offset: int
    title: str
    operation: str = ""
    arguments: tuple[tuple[str, Any], ...] = ()
