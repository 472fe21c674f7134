"""What a text defines, and which of its definitions a change touches; pure values and rules.

Must not know grammars: `podium.syntax.worker.definitions` reads symbols off a tree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from podium.syntax.values import Position

OUTSIDE = ""
"""The path that stands for everything outside of symbols, such as imports."""


class SymbolKind(StrEnum):
    """What a symbol is."""

    FUNCTION = "function"
    METHOD = "method"
    CLASS = "class"
    """Also an interface, struct, enum, trait or type alias."""
    MODULE = "module"
    """A namespace or module inside a file."""
    CONSTANT = "constant"
    """A name that is bound outside of functions."""
    SECTION = "section"
    """A heading of a document with what belongs to it."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """One definition.

    Args:
        path: the names from the outermost definition inwards, joined by dots; the second of the
            same path ends in `#2`, and so on.
        kind: what it is.
        start: where it begins, with its decorators and modifiers.
        end: the first position after it.
        own_hash: of its text without the symbols inside it; changes of white space at line ends,
            of blank lines and of the indentation of the whole do not change it.
        signature_hash: of what stands before its body; white space does not count.
    """

    path: str
    kind: SymbolKind
    start: Position
    end: Position
    own_hash: str
    signature_hash: str

    @property
    def name(self) -> str:
        """The last part of the path, without the count."""
        return bare_name(self.path)


@dataclass(frozen=True, slots=True)
class Outline:
    """All that a text defines.

    Args:
        symbols: in the order of the text, outer ones before inner ones.
        outside_hash: of what stands outside of all symbols.
    """

    symbols: tuple[Symbol, ...]
    outside_hash: str


EMPTY_OUTLINE = Outline((), "")
"""That of a text of which nothing is known."""


class Touch(StrEnum):
    """What a change does to a symbol."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    """Its body is another; what callers see is not."""
    SIGNATURE_CHANGED = "signature-changed"


@dataclass(frozen=True, slots=True, order=True)
class TouchedSymbol:
    """One symbol that differs between two versions.

    Args:
        path: the symbol's path; `OUTSIDE` for what stands outside of symbols.
        touch: what happened to it.
    """

    path: str
    touch: Touch


def bare_name(path: str) -> str:
    """Return the last name of a symbol path, without the count of equal paths."""
    return path.rpartition(".")[2].partition("#")[0]


def touched_between(old: Outline, new: Outline) -> tuple[TouchedSymbol, ...]:
    """Return what differs between two outlines, by path.

    A symbol that only moved is not touched; one that was renamed is removed and added.
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
