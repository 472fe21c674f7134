"""Finds imported names in a tree, and those that are never used.

Only for languages where an imported name must be written to be used: Rust's traits and C#'s
namespaces are used without being named.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from tree_sitter import Node, QueryCursor, Tree

from podium.syntax.worker.grammars import query_of
from podium.syntax.worker.names import NameUse

_JAVASCRIPT = """
(import_statement (import_clause (identifier) @name)) @import
(import_statement (import_clause (namespace_import (identifier) @name))) @import
(import_statement (import_clause (named_imports (import_specifier !alias name: (_) @name)))) @import
(import_statement (import_clause (named_imports (import_specifier alias: (_) @name)))) @import
"""
_IMPORTS: Mapping[str, str] = MappingProxyType(
    {
        "javascript": _JAVASCRIPT,
        "typescript": _JAVASCRIPT,
        "tsx": _JAVASCRIPT,
        "go": """
(import_spec name: (package_identifier) @name) @import
(import_spec !name path: (_) @name) @import
""",
        "java": "(import_declaration (scoped_identifier name: (_) @name) .) @import",
        "kotlin": "(import (qualified_identifier (identifier) @name .) .) @import",
        "php": """
(namespace_use_declaration
  (namespace_use_clause . (qualified_name (name) @name .) .)) @import
""",
    }
)
_WORD = re.compile(rb"[A-Za-z_$][\w$]*")
_IN_WORD = re.compile(rb"[\w$]")
_DEEPEST = {"go": 3, "kotlin": 2, "php": 3}
"""Maximum depth of imports in a tree; deeper ones are ignored."""
_VERSION = re.compile(r"^v\d+$|^\.v\d+$")
_USED_BY_THE_COMPILER = frozenset(("React", "h", "Fragment", "jsx"))


def names_of(language: str, tree: Tree) -> NameUse:
    """Return the imported names and the unused ones; empty for broken files."""
    query_text = _IMPORTS.get(language)
    if query_text is None or tree.root_node.has_error:
        return NameUse()
    imports = list(_bound(language, tree, query_text))
    if not imports:
        return NameUse()
    rest = bytearray(tree.root_node.text or b"")
    for _, node in imports:
        rest[node.start_byte : node.end_byte] = b" " * (node.end_byte - node.start_byte)
    elsewhere = bytes(rest)
    imported = {name: node.start_byte for name, node in imports}
    unused = frozenset(
        name
        for name in imported
        if name not in _USED_BY_THE_COMPILER and not _occurs(name.encode(), elsewhere)
    )
    return NameUse(imported, unused)


def _occurs(name: bytes, text: bytes) -> bool:
    """Return whether a name occurs in a file as a whole word."""
    at = text.find(name)
    while at >= 0:
        around = text[at - 1 : at] + text[at + len(name) : at + len(name) + 1]
        if not _IN_WORD.search(around):
            return True
        at = text.find(name, at + 1)
    return False


def _bound(language: str, tree: Tree, query_text: str) -> Iterator[tuple[str, Node]]:
    cursor = QueryCursor(query_of(tree.language, query_text))
    cursor.set_max_start_depth(_DEEPEST.get(language, 1))
    for _, nodes in cursor.matches(tree.root_node):
        if "name" not in nodes or "import" not in nodes:
            continue
        name = (nodes["name"][0].text or b"").decode(errors="replace")
        if language == "go":
            name = _package_name(name)
        if name and _WORD.fullmatch(name.encode()):
            yield name, nodes["import"][0]


def _package_name(path: str) -> str:
    """Return the name that a Go import path most likely binds, or empty if it is unclear."""
    parts = [part for part in path.strip('"`').split("/") if not _VERSION.match(part)]
    name = parts[-1] if parts else ""
    return name if name.isidentifier() and name != "_" else ""
