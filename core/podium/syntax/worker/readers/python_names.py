"""Names in Python files: imports without use, and names that nothing binds.

A first look at the compiler's own symbol table is cheap and says whether there may be anything;
only then pyflakes is asked, which knows the exceptions (`__all__`, `try: import`, annotations).
"""

import ast
import builtins
import re
import symtable
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from pyflakes import messages
from pyflakes.checker import Checker

from podium.syntax.source import Source
from podium.syntax.values import Position
from podium.syntax.worker.names import NameUse

_UNREAD_ANNOTATIONS = re.compile(rb"^from __future__ import .*\bannotations\b", re.MULTILINE)
"""Then the compiler leaves annotations as they are, and its table has none of their names."""
_KNOWN = frozenset((*dir(builtins), "__file__", "__path__", "WindowsError", "__annotations__"))


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What a first look tells.

    Args:
        imported: the names that the module imports.
        suspects: the names that seem to be imported in vain, or bound nowhere.
    """

    imported: frozenset[str]
    suspects: frozenset[str]


def names_in(source: Source, suspicion: Suspicion) -> NameUse:
    """Return which names are odd.

    Args:
        source: a text that compiles.
        suspicion: what the first look at it told.
    """
    imported = suspicion.imported
    if not suspicion.suspects:
        return NameUse(dict.fromkeys(imported, 0))
    unused: dict[str, int] = {}
    undefined: dict[str, int] = {}
    for message in _flaws(source):
        # What else pyflakes has to say is about no name.
        if isinstance(message, messages.UnusedImport):
            bound_name = str(message.message_args[0]).rpartition(" as ")[2].partition(".")[0]
            unused[bound_name] = _offset(source, message)
        elif isinstance(message, messages.UndefinedName):
            undefined.setdefault(str(message.message_args[0]), _offset(source, message))
    return NameUse(dict.fromkeys(imported, 0) | unused, frozenset(unused), undefined)


def first_look(source: Source, table: symtable.SymbolTable) -> Suspicion:
    """Return what the symbol table of a module says about its names.

    Args:
        source: a text that compiles.
        table: its symbol table.
    """
    imported, bound, wanted = _module_names(table)
    unused = imported - wanted
    if unused and _UNREAD_ANNOTATIONS.search(source.text):
        unused = {name for name in unused if not _annotates(name, source.text)}
    return Suspicion(frozenset(imported), frozenset(unused | (wanted - bound - _KNOWN)))


def _annotates(name: str, text: bytes) -> bool:
    """Tell whether a name stands where an annotation does."""
    plain = re.escape(name.encode())
    return re.search(rb"(?::|->) (?:[\w.\"'\[]|, | \| )*\b" + plain + rb"\b", text) is not None


def _flaws(source: Source) -> list[messages.Message]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return list(Checker(ast.parse(source.text.decode()), filename="checked.py").messages)
        except (SyntaxError, RecursionError, MemoryError, ValueError):
            # It does not compile, or is too deep to be walked over: nothing can be said.
            return []


def _module_names(table: symtable.SymbolTable) -> tuple[set[str], set[str], set[str]]:
    """Return what the module imports, what it binds, and what any scope takes from it."""
    imported: set[str] = set()
    bound: set[str] = set()
    wanted: set[str] = set()
    for symbol in table.get_symbols():
        name = symbol.get_name()
        if symbol.is_imported():
            imported.add(name)
        if symbol.is_assigned() or symbol.is_imported():
            bound.add(name)
        if symbol.is_referenced():
            wanted.add(name)
    for scope in _inner(table):
        for symbol in scope.get_symbols():
            if symbol.is_global():
                (bound if symbol.is_assigned() else wanted).add(symbol.get_name())
    return imported, bound, wanted


def _inner(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    stack = list(table.get_children())
    while stack:
        scope = stack.pop()
        stack.extend(scope.get_children())
        yield scope


def _offset(source: Source, message: messages.Message) -> int:
    place: Position = source.clamped(message.lineno, 1)
    return source.offset_of(place)
