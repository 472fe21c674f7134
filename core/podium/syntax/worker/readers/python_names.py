"""Finds unused imports and undefined names in Python files.

The compiler's own symbol table is cheap and shows whether there may be any such names. Only then
does pyflakes run; it handles the exceptions (`__all__`, `try: import`, annotations).
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
"""With this import, the symbol table contains no names from annotations."""
_KNOWN = frozenset((*dir(builtins), "__file__", "__path__", "WindowsError", "__annotations__"))


@dataclass(frozen=True, slots=True)
class Suspicion:
    """The result of the symbol table check.

    Args:
        imported: the names that the module imports.
        suspects: the names that seem to be unused imports or undefined.
    """

    imported: frozenset[str]
    suspects: frozenset[str]


def names_in(source: Source, suspicion: Suspicion) -> NameUse:
    """Return the unused and undefined names.

    Args:
        source: a file that compiles.
        suspicion: the result of `first_look`.
    """
    imported = suspicion.imported
    if not suspicion.suspects:
        return NameUse(dict.fromkeys(imported, 0))
    unused: dict[str, int] = {}
    undefined: dict[str, int] = {}
    for message in _flaws(source):
        # Other pyflakes messages are not about names.
        if isinstance(message, messages.UnusedImport):
            bound_name = str(message.message_args[0]).rpartition(" as ")[2].partition(".")[0]
            unused[bound_name] = _offset(source, message)
        elif isinstance(message, messages.UndefinedName):
            undefined.setdefault(str(message.message_args[0]), _offset(source, message))
    return NameUse(dict.fromkeys(imported, 0) | unused, frozenset(unused), undefined)


def first_look(source: Source, table: symtable.SymbolTable) -> Suspicion:
    """Return the suspicious names according to a module's symbol table.

    Args:
        source: a file that compiles.
        table: its symbol table.
    """
    imported, bound, wanted = _module_names(table)
    unused = imported - wanted
    if unused and _UNREAD_ANNOTATIONS.search(source.text):
        unused = {name for name in unused if not _annotates(name, source.text)}
    return Suspicion(frozenset(imported), frozenset(unused | (wanted - bound - _KNOWN)))


def _annotates(name: str, text: bytes) -> bool:
    """Return whether a name occurs in an annotation."""
    plain = re.escape(name.encode())
    return re.search(rb"(?::|->) (?:[\w.\"'\[]|, | \| )*\b" + plain + rb"\b", text) is not None


def _flaws(source: Source) -> list[messages.Message]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return list(Checker(ast.parse(source.text.decode()), filename="checked.py").messages)
        except (SyntaxError, RecursionError, MemoryError, ValueError):
            # It does not compile, or is too deeply nested to walk.
            return []


def _module_names(table: symtable.SymbolTable) -> tuple[set[str], set[str], set[str]]:
    """Return the names that a module imports, those it binds, and those its scopes use."""
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
