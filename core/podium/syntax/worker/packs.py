"""Finds grammars in the optional packs (the extra `grammars`); used only in the worker process.

The best-maintained packs are tried first. `tree-sitter-languages` is last: it is unmaintained and
its own functions fail with any current tree-sitter, but its compiled library still works, so it is
opened directly and its Python code is never imported.
"""

import ctypes
import importlib
import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import cast

from tree_sitter import Language as TreeSitterLanguage

_CAPSULE_NAME = b"tree_sitter.Language"
_UNFIT = frozenset(
    (
        # This grammar hangs even on short files.
        ("tree_sitter_language_pack", "cobol"),
        # This grammar aborts the process with a failed assertion on real files.
        ("tree_sitter_languages", "markdown"),
    )
)


class GrammarMissing(Exception):
    """No installed package contains the grammar."""


def from_packs(name: str) -> TreeSitterLanguage:
    """Return the grammar with this name from the first installed pack that has it.

    Raises:
        GrammarMissing: no pack contains the grammar.
    """
    for module, load in PACKS:
        if (module, name) not in _UNFIT and importlib.util.find_spec(module) is not None:
            grammar = load(name)
            if grammar is not None:
                return grammar
    raise GrammarMissing(name)


def _from_semble(name: str) -> TreeSitterLanguage | None:
    return _by_function("semble_grammars", name)


def _from_language_pack(name: str) -> TreeSitterLanguage | None:
    return _by_function("tree_sitter_language_pack", name)


def _by_function(module: str, name: str) -> TreeSitterLanguage | None:
    pack = importlib.import_module(module)
    # Only one of the packs raises a LookupError.
    unknown = cast("type[Exception]", getattr(pack, "LanguageNotFoundError", LookupError))
    try:
        found = cast("Callable[[str], object]", pack.get_language)(name)
    except (LookupError, unknown):
        return None
    return found if isinstance(found, TreeSitterLanguage) else None


def _from_languages(name: str) -> TreeSitterLanguage | None:
    function = getattr(_old_library(), f"tree_sitter_{name}", None)
    if function is None:
        return None
    function.restype = ctypes.c_void_p
    new_capsule = ctypes.pythonapi.PyCapsule_New
    new_capsule.restype = ctypes.py_object
    new_capsule.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    return TreeSitterLanguage(cast("object", new_capsule(function(), _CAPSULE_NAME, None)))


@cache
def _old_library() -> ctypes.CDLL | None:
    spec = importlib.util.find_spec("tree_sitter_languages")
    if spec is None or spec.origin is None:
        return None
    found = sorted(Path(spec.origin).parent.glob("languages.*"))
    return ctypes.CDLL(str(found[0])) if found else None


PACKS: tuple[tuple[str, Callable[[str], TreeSitterLanguage | None]], ...] = (
    ("semble_grammars", _from_semble),
    ("tree_sitter_language_pack", _from_language_pack),
    ("tree_sitter_languages", _from_languages),
)
