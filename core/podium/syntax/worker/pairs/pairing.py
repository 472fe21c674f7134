"""Finds the opener to blame when brackets, blocks or tags are unbalanced.

Counting alone blames the outermost opener, because an unclosed inner opener takes the closer of the
next one. The indentation shows which opener a closer really belongs to.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

_NEAR = 3
"""Maximum number of openers that a closer in the middle of a line may skip."""


class Token(NamedTuple):
    """An opener or a closer.

    Args:
        closer: the text of the closer, for both sides of a pair.
        text: its own text.
        offset: its start.
        opens: whether it is an opener.
    """

    closer: str
    text: str
    offset: int
    opens: bool


@dataclass(frozen=True, slots=True)
class Unclosed:
    """An opener without a closer.

    Args:
        opener: the opener to blame.
        noticed: the closer at which it was noticed; None at the end of the file.
    """

    opener: Token
    noticed: Token | None


@dataclass(frozen=True, slots=True)
class Unopened:
    """A closer without an opener."""

    closer: Token


Blame = Unclosed | Unopened


class Layout(Protocol):
    """The layout of a file, by byte offset."""

    def line(self, offset: int) -> int:
        """Return the line number."""
        ...

    def indentation(self, offset: int) -> int:
        """Return the indentation of the line."""
        ...

    def content_indentation(self, offset: int) -> int:
        """Return the indentation of the next non-empty line."""
        ...

    def starts_line(self, offset: int) -> bool:
        """Return whether only whitespace and closing brackets precede it on its line."""
        ...


class _Open(NamedTuple):
    token: Token
    line: int
    indentation: int


def are_paired(tokens: Iterable[Token]) -> bool:
    """Return whether every opener has a closer, in the right order."""
    stack: list[str] = []
    for token in tokens:
        if token.opens:
            stack.append(token.closer)
        elif not stack or stack.pop() != token.closer:
            return False
    return not stack


def unpaired(tokens: Iterable[Token], layout: Layout) -> tuple[Blame, ...]:
    """Return the unbalanced openers and closers, in the order in which they are noticed.

    Args:
        tokens: openers and closers in file order.
        layout: the layout of the file.
    """
    pairing = _Pairing(layout)
    for token in tokens:
        if token.opens:
            pairing.open(token)
        else:
            pairing.close(token)
    return pairing.blames()


class _Pairing:
    """The state of the search: open tokens, suspects and blames."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._stack: list[_Open] = []
        self._found: list[Blame] = []
        self._suspects: list[_Open] = []
        self._last_line = 0
        self._last_closed: _Open | None = None
        self._indented = 0, 0
        """The last line and its indentation."""

    def open(self, token: Token) -> None:
        line = self._layout.line(token.offset)
        if line != self._indented[0]:
            self._indented = line, self._layout.indentation(token.offset)
        indentation = self._indented[1]
        if line == self._last_line and self._last_closed is not None:
            # `) {` after a multi-line header belongs to the start of the header.
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
        """Return the result; tokens that are still open count as noticed at the end of the file."""
        left = [each.token for each in self._stack]
        return (*self._found, *(Unclosed(self._culprit(token, left), None) for token in left))

    def _suspect(self, indentation: int) -> None:
        """Suspect the innermost block if a line opens another block at the same level.

        Blocks that do not indent their contents, such as namespaces, are exempt.
        """
        if self._stack:
            block = self._stack[-1]
            if block.indentation < indentation:
                return
            if self._layout.content_indentation(block.token.offset) > block.indentation:
                self._suspects.append(block)

    def _culprit(self, token: Token, left: list[Token]) -> Token:
        """Return the first suspect inside an unclosed opener, or that opener itself.

        The suspect took its neighbour's closer, the neighbour took the next one, and so on, until
        none was left for the outermost opener.
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
        """Blame a closer without an open opener, or the mismatched opener on its line."""
        if self._stack and self._stack[-1].line == self._last_line:
            return Unclosed(self._stack.pop().token, closer)
        return Unopened(closer)

    def _partner(self, closer: Token) -> int | None:
        """Return the index of the opener to which a closer belongs."""
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
        """Return the aligned opener if everything opened after it is indented at least as deeply.

        The innermost opener is then indented more deeply than the closer, so it is not the match.
        """
        depth = self._stack[aligned].indentation
        inner = self._stack[aligned + 1 :]
        deeper = self._stack[innermost].indentation > depth
        is_meant = deeper and all(each.indentation >= depth for each in inner)
        return aligned if is_meant else innermost
