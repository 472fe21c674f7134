"""The definitions in a file, and the effect of a change on them.

Independent of grammars: `podium.syntax.worker.definitions` finds symbols in a tree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from podium.syntax.values import Position

OUTSIDE = ""
"""The path of everything outside symbols, such as imports."""


class SymbolKind(StrEnum):
    """The kind of a symbol."""

    FUNCTION = "function"
    METHOD = "method"
    CLASS = "class"
    """Also an interface, struct, enum, trait or type alias."""
    MODULE = "module"
    """A namespace or module inside a file."""
    CONSTANT = "constant"
    """A name bound outside functions."""
    SECTION = "section"
    """A heading of a document with its section."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """One definition.

    Args:
        path: the names from the outermost definition inwards, joined by dots; the second symbol
            with the same path ends in `#2`, and so on.
        kind: its kind.
        start: its start, including decorators and modifiers.
        end: the position after it.
        own_hash: hash of its text without inner symbols; ignores trailing whitespace, blank lines
            and the common indentation.
        signature_hash: hash of the text before its body; ignores whitespace.
    """

    path: str
    kind: SymbolKind
    start: Position
    end: Position
    own_hash: str
    signature_hash: str

    @property
    def name(self) -> str:
        """The last part of the path, without the counter."""
        return bare_name(self.path)


@dataclass(frozen=True, slots=True)
class Outline:
    """All definitions in a file.

    Args:
        symbols: in file order, outer ones before inner ones.
        outside_hash: hash of the text outside all symbols.
    """

    symbols: tuple[Symbol, ...]
    outside_hash: str


EMPTY_OUTLINE = Outline((), "")
"""The outline of a file whose definitions are unknown."""


class Touch(StrEnum):
    """The effect of a change on a symbol."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    """The body changed, but the signature did not."""
    SIGNATURE_CHANGED = "signature-changed"


@dataclass(frozen=True, slots=True, order=True)
class TouchedSymbol:
    """One symbol that differs between two versions.

    Args:
        path: the symbol's path; `OUTSIDE` for text outside symbols.
        touch: the effect on it.
    """

    path: str
    touch: Touch


def bare_name(path: str) -> str:
    """Return the last name of a symbol path, without the counter."""
    return path.rpartition(".")[2].partition("#")[0]


def touched_between(old: Outline, new: Outline) -> tuple[TouchedSymbol, ...]:
    """Return the differences between two outlines, by path.

    A symbol that only moved is not touched; a renamed one is removed and added.
    """
    return tuple(sorted(_touches(old, new)))


def _touches(old: Outline, new: Outline) -> Iterable[TouchedSymbol]:
    before = {symbol.path: symbol for symbol in old.symbols}
    after = {symbol.path: symbol for symbol in new.symbols}
    if old.outside_hash != new.outside_hash:
        yield TouchedSymbol(OUTSIDE, Touch.CHANGED)
    for path in before.keys() | after.keys():
        former, present = before.get(path), after.get(path)
        if former is None:
            yield TouchedSymbol(path, Touch.ADDED)
        elif present is None:
            yield TouchedSymbol(path, Touch.REMOVED)
        elif former.signature_hash != present.signature_hash:
            yield TouchedSymbol(path, Touch.SIGNATURE_CHANGED)
        elif former.own_hash != present.own_hash:
            yield TouchedSymbol(path, Touch.CHANGED)
