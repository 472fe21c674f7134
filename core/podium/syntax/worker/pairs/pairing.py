"""Finds which opener is to blame when brackets, blocks or tags do not pair up; pure.

Counting alone blames the outermost opener, for an unclosed inner one takes the closer of the next.
People and tools indent, and the indentation says which opener a closer was meant for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

_NEAR = 3
"""How many openers a closer that does not start its line may reach over."""


class Token(NamedTuple):
    """An opener or a closer.

    Args:
        closer: the text that closes it, or that it is; equal closers pair up.
        text: how it is written.
        offset: its first byte.
        opens: whether it is an opener.
    """

    closer: str
    text: str
    offset: int
    opens: bool


@dataclass(frozen=True, slots=True)
class Unclosed:
    """An opener without its closer.

    Args:
        opener: the one to blame.
        noticed: the closer at which it was noticed; None at the end of the text.
    """

    opener: Token
    noticed: Token | None


@dataclass(frozen=True, slots=True)
class Unopened:
    """A closer that closes nothing."""

    closer: Token


Blame = Unclosed | Unopened


class Layout(Protocol):
    """How a text is laid out; all by byte offset."""

    def line(self, offset: int) -> int:
        """Return the number of the line."""
        ...

    def indentation(self, offset: int) -> int:
        """Return the indentation of the line."""
        ...

    def content_indentation(self, offset: int) -> int:
        """Return the indentation of the next line that is not empty."""
        ...

    def starts_line(self, offset: int) -> bool:
        """Tell whether only white space and closing brackets stand before it in its line."""
        ...


class _Open(NamedTuple):
    token: Token
    line: int
    indentation: int


def are_paired(tokens: Iterable[Token]) -> bool:
    """Tell whether every opener has its closer, in the right order."""
    stack: list[str] = []
    for token in tokens:
        if token.opens:
            stack.append(token.closer)
        elif not stack or stack.pop() != token.closer:
            return False
    return not stack


def unpaired(tokens: Iterable[Token], layout: Layout) -> tuple[Blame, ...]:
    """Return what does not pair up, in the order in which it is noticed.

    Args:
        tokens: openers and closers in the order of the text.
        layout: how the text is indented.
    """
    pairing = _Pairing(layout)
    for token in tokens:
        if token.opens:
            pairing.open(token)
        else:
            pairing.close(token)
    return pairing.blames()


class _Pairing:
    """What is open, and who is to blame, while one goes through a text."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._stack: list[_Open] = []
        self._found: list[Blame] = []
        self._suspects: list[_Open] = []
        self._last_line = 0
        self._last_closed: _Open | None = None
        self._indented = 0, 0
        """The line that was looked at last, and its indentation."""

    def open(self, token: Token) -> None:
        line = self._layout.line(token.offset)
        if line != self._indented[0]:
            self._indented = line, self._layout.indentation(token.offset)
        indentation = self._indented[1]
        if line == self._last_line and self._last_closed is not None:
            # `) {` after a header of several lines belongs to where the header begins.
            indentation = min(indentation, self._last_closed.indentation)
        if line != self._last_line:
            self._suspect(indentation)
            self._last_closed = None
        self._last_line = line
        self._stack.append(_Open(token, line, indentation))

    def close(self, closer: Token) -> None:
        self._last_line = self._layout.line(closer.offset)
        partner = self._partner(closer)
        if partner is None:
            self._found.append(self._mismatch(closer))
            return
        self._found.extend(Unclosed(each.token, closer) for each in self._stack[partner + 1 :])
        self._last_closed = self._stack[partner]
        del self._stack[partner:]

    def blames(self) -> tuple[Blame, ...]:
        """Return what was found; what is still open is noticed at the end of the text."""
        left = [each.token for each in self._stack]
        return (*self._found, *(Unclosed(self._guilty(token, left), None) for token in left))

    def _suspect(self, indentation: int) -> None:
        """Suspect the innermost block if a line opens another one beside it, not inside it.

        Blocks that do not indent what they hold, such as namespaces, are above suspicion.
        """
        if self._stack:
            block = self._stack[-1]
            if block.indentation < indentation:
                return
            if self._layout.content_indentation(block.token.offset) > block.indentation:
                self._suspects.append(block)

    def _guilty(self, token: Token, left: list[Token]) -> Token:
        """Return the first suspect inside an opener that is left over, or that opener itself.

        The suspect took the closer of its neighbour, this one that of the next, until none was
        left for the outermost.
        """
        suspects = (each.token for each in self._suspects)
        if any(each.token is token for each in self._suspects):
            return token
        return next(
            (
                each
                for each in suspects
                if each.offset > token.offset and each.closer == token.closer and each not in left
            ),
            token,
        )

    def _mismatch(self, closer: Token) -> Blame:
        """Blame a closer of which no opener is open, or the opener in its line that it belies."""
        if self._stack and self._stack[-1].line == self._last_line:
            return Unclosed(self._stack.pop().token, closer)
        return Unopened(closer)

    def _partner(self, closer: Token) -> int | None:
        """Return the index of the opener that a closer was meant for."""
        last = self._stack[-1] if self._stack else None
        if last is not None and last.token.closer == closer.closer and last.line == self._last_line:
            return len(self._stack) - 1
        candidates = [
            len(self._stack) - 1 - depth
            for depth, each in enumerate(reversed(self._stack))
            if each.token.closer == closer.closer
        ]
        if not candidates:
            return None
        aligned = None
        if self._layout.starts_line(closer.offset):
            depth = self._layout.indentation(closer.offset)
            aligned = next((at for at in candidates if self._stack[at].indentation == depth), None)
        innermost = candidates[0]
        if innermost != len(self._stack) - 1:
            if aligned is not None:
                return aligned
            return innermost if len(self._stack) - innermost <= _NEAR else None
        return innermost if aligned is None else self._unless_deeper(innermost, aligned)

    def _unless_deeper(self, innermost: int, aligned: int) -> int:
        """Choose the aligned opener if everything opened after it is indented at least as deep.

        The innermost opener then stands deeper than the closer, so it was not the one meant.
        """
        depth = self._stack[aligned].indentation
        inner = self._stack[aligned + 1 :]
        deeper = self._stack[innermost].indentation > depth
        is_meant = deeper and all(each.indentation >= depth for each in inner)
        return aligned if is_meant else innermost
