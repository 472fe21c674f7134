"""Finds definitions in a tree; used only in the worker process."""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from tree_sitter import Node, QueryCursor, Tree

from podium.syntax.source import Source
from podium.syntax.symbols import Outline, Symbol, SymbolKind
from podium.syntax.worker.definition_queries import DEFINITION_QUERIES
from podium.syntax.worker.grammars import EVERYWHERE, Span, dialect, query_of

_KINDS = {
    "function": SymbolKind.FUNCTION,
    "class": SymbolKind.CLASS,
    "impl": SymbolKind.CLASS,
    "module": SymbolKind.MODULE,
    "constant": SymbolKind.CONSTANT,
    "section": SymbolKind.SECTION,
}
_WRAPPERS = frozenset(
    (
        *("decorated_definition", "export_statement", "template_declaration"),
        *("ambient_declaration", "lexical_declaration", "variable_declaration"),
    )
)
"""Nodes around a definition that belong to it if they begin the same statement."""
_BODIES = frozenset(("function_body", "class_body", "enum_class_body", "accessor_list"))
_NAMES = frozenset(
    (
        *("identifier", "field_identifier", "type_identifier", "qualified_identifier"),
        *("destructor_name", "operator_name", "operator_cast", "template_function"),
    )
)
_FUNCTION_VALUES = frozenset(("arrow_function", "function_expression", "class"))
_LONGEST_NAME = 120
_MAX_DECLARATORS = 12
_GENERICS = re.compile(r"[\[<].*")


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition, located by byte offsets.

    Args:
        path: see `Symbol`.
        kind: its kind.
        start: its start, including decorators.
        body: the start of its body; `end` if it does not have a body.
        end: the offset after it.
        holds_definitions: whether it contains other definitions.
    """

    path: str
    kind: SymbolKind
    start: int
    body: int
    end: int
    holds_definitions: bool = False

    @property
    def is_callable(self) -> bool:
        """Return whether it is a function or a method."""
        return self.kind in (SymbolKind.FUNCTION, SymbolKind.METHOD)


_MOST_SPANS = 20
"""The number of spans above which finding all definitions is cheaper."""


class Definitions:
    """The definitions in one file, found on first use.

    Args:
        language: the language's name.
        find_tree: returns the parsed file, or None if it was not parsed.
    """

    def __init__(self, language: str, find_tree: Callable[[], Tree | None]) -> None:
        self._language = language
        self._find_tree = find_tree

    @cached_property
    def all(self) -> tuple[Definition, ...]:
        """All definitions in file order, outer ones first."""
        return tuple(_with_paths(_distinct(self._everything)))

    def near(self, spans: Sequence[Span]) -> tuple[Definition, ...]:
        """Return the definitions that touch one of the spans, including outer ones.

        Counters in paths are relative to these. Searches only the spans unless all definitions are
        known.
        """
        merged = _merged(spans)
        if "_everything" not in self.__dict__:
            return tuple(_with_paths(_distinct(self._found_in(merged))))
        near = [
            each
            for each in self._everything
            if any(each.begin < end and start < each.end for start, end in merged)
        ]
        return tuple(_with_paths(_distinct(near)))

    def find_all(self) -> None:
        """Find all definitions at once, for callers that query repeatedly."""
        _ = self._everything

    @cached_property
    def _everything(self) -> "list[_Found]":
        return self._found_in((EVERYWHERE,))

    def _found_in(self, spans: Sequence[Span]) -> "list[_Found]":
        tree = self._find_tree()
        query_text = DEFINITION_QUERIES.get(dialect(self._language, tree)) if tree else None
        if tree is None or query_text is None:
            return []
        cursor = QueryCursor(query_of(tree.language, query_text))
        matched: dict[tuple[str, int, int], dict[str, list[Node]]] = {}
        for start, end in spans:
            cursor.set_byte_range(start, end)
            for _, nodes in cursor.matches(tree.root_node):
                matched.setdefault(_identity(nodes), nodes)
        found = [each for nodes in matched.values() if (each := _found(nodes)) is not None]
        found.sort(key=lambda each: (each.start, -each.end, each.name_start))
        return found


def outline_of(source: Source, definitions: tuple[Definition, ...]) -> Outline:
    """Return the symbols with their hashes.

    Args:
        source: the content of the file.
        definitions: its definitions.
    """
    reader = _Hashes(source, definitions)
    symbols = tuple(
        Symbol(
            each.path,
            each.kind,
            source.position(each.start),
            source.position(each.end),
            reader.own(index),
            _hash(b" ".join(source.text[each.start : each.body].split())),
        )
        for index, each in enumerate(definitions)
    )
    return Outline(symbols, reader.outside)


class _Hashes:
    """Hashes of definitions without the definitions inside them."""

    def __init__(self, source: Source, definitions: tuple[Definition, ...]) -> None:
        self._text = source.text
        self._definitions = definitions

    def own(self, index: int) -> str:
        whole = self._definitions[index]
        return self._without(whole.start, whole.end, index + 1)

    @cached_property
    def outside(self) -> str:
        return self._without(0, len(self._text), 0)

    def _without(self, start: int, end: int, first: int) -> str:
        pieces: list[bytes] = []
        at = start
        for inner in self._definitions[first:]:
            if inner.start >= end:
                break
            if inner.start >= at:
                pieces.append(self._text[at : inner.start])
                at = inner.end
        pieces.append(self._text[at:end])
        return _hash(_without_margin(b"".join(pieces)))


def _hash(text: bytes) -> str:
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def _without_margin(text: bytes) -> bytes:
    lines = [line.rstrip() for line in text.split(b"\n")]
    filled = [line for line in lines if line]
    margin = min((len(line) - len(line.lstrip()) for line in filled[1:]), default=0)
    return b"\n".join(
        [*(line.lstrip() for line in filled[:1]), *(each[margin:] for each in filled[1:])]
    )


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Return disjoint spans in order, or one span of the whole file if there are too many."""
    merged: list[Span] = []
    for start, end in sorted((start, max(end, start + 1)) for start, end in spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged if len(merged) <= _MOST_SPANS else [EVERYWHERE]


def _identity(nodes: dict[str, list[Node]]) -> tuple[str, int, int]:
    """Return the identity of a match: its kind and the position of its name."""
    capture = next((each for each in nodes if each in _KINDS), "")
    name = nodes["name"][0].id if "name" in nodes else 0
    return capture, nodes[capture][0].id if capture else 0, name


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    kind: SymbolKind
    start: int
    body: int
    end: int
    name_start: int
    begin: int
    """The start without the surrounding nodes."""


def _found(nodes: dict[str, list[Node]]) -> _Found | None:
    capture = next((each for each in nodes if each in _KINDS), "")
    if not capture or "name" not in nodes:
        return None
    name_node, node = nodes["name"][0], nodes[capture][0]
    name = _name(capture, name_node, nodes)
    if not name:
        return None
    whole = _with_wrappers(node)
    value = node.child_by_field_name("value") or node.child_by_field_name("right")
    holder = value if value is not None and value.type in _FUNCTION_VALUES else node
    kind = SymbolKind.FUNCTION if holder is not node else _KINDS[capture]
    body = _body_start(holder, node.end_byte)
    return _Found(
        name, kind, whole.start_byte, body, node.end_byte, name_node.start_byte, node.start_byte
    )


def _name(capture: str, node: Node, nodes: dict[str, list[Node]]) -> str:
    declared = _declared(node)
    if declared is None:
        return ""
    name = _text(declared)
    owner = next(iter(nodes.get("owner", ())), None)
    if owner is not None:
        return f"{_GENERICS.sub('', _text(owner)).lstrip('*')}.{name}"
    if capture == "impl":
        trait = next(iter(nodes.get("trait", ())), None)
        return f"impl {_text(trait)} for {name}" if trait is not None else f"impl {name}"
    return name.replace("::", ".").replace(":", ".")


def _declared(node: Node) -> Node | None:
    """Return the name in a C declarator such as `*f(int)`; other nodes are already names."""
    if "declarator" not in node.type:
        return node
    inner: Node | None = node
    for _ in range(_MAX_DECLARATORS):
        if inner is None or inner.type in _NAMES:
            break
        declarator = inner.child_by_field_name("declarator")
        named = inner.named_children
        inner = declarator if declarator is not None else named[0] if named else None
    return inner if inner is not None and inner.type in _NAMES else None


def _with_wrappers(node: Node) -> Node:
    whole = node
    while whole.parent is not None and whole.parent.type in _WRAPPERS:
        first = next(
            (each for each in whole.parent.named_children if each.type == whole.type), None
        )
        if first is None or first.start_byte != whole.start_byte:
            break
        whole = whole.parent
    return whole


def _body_start(node: Node, end: int) -> int:
    body = node.child_by_field_name("body")
    if body is None:
        body = next((each for each in node.named_children if each.type in _BODIES), None)
    return body.start_byte if body is not None else end


def _text(node: Node) -> str:
    return " ".join((node.text or b"").decode(errors="replace").split())[:_LONGEST_NAME]


def _distinct(found: list[_Found]) -> list[_Found]:
    """Remove a definition's second name, as in `typedef struct a {} a;`."""
    kept: list[_Found] = []
    for each in found:
        last = kept[-1] if kept else None
        is_again = last is not None and last.name == each.name and last.kind is each.kind
        if last is None or not (is_again and each.end <= last.end):
            kept.append(each)
    return kept


def _with_paths(found: list[_Found]) -> Iterator[Definition]:
    around: list[tuple[_Found, SymbolKind, str]] = []
    seen: dict[str, int] = {}
    for index, each in enumerate(found):
        while around and around[-1][0].end <= each.start:
            around.pop()
        outer = around[-1] if around else None
        base = f"{outer[2]}.{each.name}" if outer is not None else each.name
        seen[base] = seen.get(base, 0) + 1
        path = base if seen[base] == 1 else f"{base}#{seen[base]}"
        in_class = outer is not None and outer[1] is SymbolKind.CLASS
        is_method = each.kind is SymbolKind.FUNCTION and (in_class or "." in each.name)
        kind = SymbolKind.METHOD if is_method else each.kind
        around.append((each, kind, path))
        inner = found[index + 1] if index + 1 < len(found) else None
        holds = inner is not None and inner.start < each.end
        yield Definition(path, kind, each.start, each.body, each.end, holds)
