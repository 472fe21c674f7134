"""Loads tree-sitter grammars on demand and parses with them; used only in the worker process.

No function here or in the modules that use it may recurse over a tree: a hostile file can make the
tree as deep as the file is long.
"""

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import cast

from tree_sitter import Language as TreeSitterLanguage
from tree_sitter import Node, Parser, Point, Query, QueryCursor, Tree

from podium.syntax.language import Grammar, Language
from podium.syntax.source import Source
from podium.syntax.worker.hunks import hunks_of_blanked
from podium.syntax.worker.packs import from_packs


@dataclass(frozen=True)
class Parsed:
    """A file as passed to a grammar, and its tree."""

    source: Source
    tree: Tree


_REWRITTEN_SHARE = 1 / 2
"""Share of new text above which parsing the whole file is cheaper than parsing the changes."""
_MOST_KEPT = 100
"""Maximum number of errors in a tree that is reused after edits elsewhere."""
_OTHER_DIALECTS = {"javascript": "tsx", "c": "cpp"}
"""Languages some of whose files are parsed by another language's grammar."""

Span = tuple[int, int]
"""Start and end offset."""
EVERYWHERE: Span = (0, 2**32 - 1)
FindParsed = Callable[[], Parsed | None]
"""Returns the parsed previous version, or None."""


def not_parsed() -> None:
    """Return None: there is no previous version."""
    return None


def parse(language: Language, source: Source) -> Tree:
    """Return the tree of a file, from the second grammar if only that one accepts it.

    Args:
        language: the language whose grammar is used.
        source: the content; a missing final newline is added, because some grammars need it.

    Raises:
        GrammarMissing: the grammar is not installed; only for languages of the extra `grammars`.
    """
    text = _finished(source)
    tree = _parser(language.grammar).parse(text)
    if tree.root_node.has_error and language.second_grammar is not None:
        second = _parser(language.second_grammar).parse(text)
        if not second.root_node.has_error:
            return second
    return tree


def parse_again(
    tree: Tree, language: Language, source: Source, *, accepts_errors: bool = False
) -> Tree:
    """Return the tree of an edited file, based on the previous tree.

    Args:
        tree: the previous tree, after `Tree.edit`.
        language: its language.
        source: the current content.
        accepts_errors: accept a tree with errors, although parsing the whole file might place them
            differently.
    """
    parser = _parser(language.grammar)
    if parser.language != tree.language:
        # The file was parsed by the second grammar; determine again which grammar fits.
        return parse(language, source)
    if not accepts_errors and any(map(_is_edited, _broken(tree))):
        return parse(language, source)
    new = parser.parse(_finished(source), tree)
    return new if accepts_errors or _is_final(language, tree, new) else parse(language, source)


def has_error(language: Language, text: bytes) -> bool:
    """Return whether a language's first grammar finds errors in a file.

    Args:
        language: the language whose grammar is used.
        text: the content; a missing final newline is added.
    """
    return _parser(language.grammar).parse(_ended(text)).root_node.has_error


def parse_after(
    language: Language, source: Source, base: Parsed | None, *, accepts_errors: bool = False
) -> Tree:
    """Return the tree of a file, parsing only the differences from the base if possible.

    Args:
        language: its language.
        source: the content.
        base: the previous version; None for a new file.
        accepts_errors: accept a tree with errors, for callers that ignore them.
    """
    if base is None:
        return parse(language, source)
    parser = _parser(language.grammar)
    are_finished = source.ends_with_newline and base.source.ends_with_newline
    if not are_finished or parser.language != base.tree.language:
        return parse(language, source)
    hunks = hunks_of_blanked(base.source, source)
    if sum(each.new_to - each.new_from for each in hunks) > _REWRITTEN_SHARE * len(source.lines):
        return parse(language, source)
    tree = base.tree.copy()
    # Last edit first, so that offsets before an edit still refer to the base.
    for hunk in reversed(hunks):
        start, old_end = (base.source.start_of_line(at) for at in (hunk.old_from, hunk.old_to))
        length = source.start_of_line(hunk.new_to) - source.start_of_line(hunk.new_from)
        new_end_row = hunk.old_from + hunk.new_to - hunk.new_from
        tree.edit(
            start_byte=start,
            old_end_byte=old_end,
            new_end_byte=start + length,
            start_point=Point(hunk.old_from, 0),
            old_end_point=Point(hunk.old_to, 0),
            new_end_point=Point(new_end_row, 0),
        )
    if not accepts_errors and any(map(_is_edited, _broken(tree))):
        return parse(language, source)
    new = parser.parse(source.text, tree)
    return new if accepts_errors or _is_final(language, tree, new) else parse(language, source)


def dialect(language: str, tree: Tree) -> str:
    """Return the language to which a tree's node names belong: that of the grammar that parsed it.

    Args:
        language: the name of the requested language.
        tree: the result of `parse`.
    """
    by_another = tree.language.name != language
    return _OTHER_DIALECTS.get(language, language) if by_another else language


def broken_nodes(tree: Tree, *, limit: int) -> Iterator[Node]:
    """Yield the error and missing nodes, in text order.

    An error that contains other errors is skipped: the inner ones are more precise.

    Args:
        tree: the parsed file.
        limit: the maximum number of nodes.
    """
    left = limit
    stack = [tree.root_node] if tree.root_node.has_error else []
    while stack and left > 0:
        node = stack.pop()
        inner = [] if node.is_missing else [each for each in node.children if _is_broken(each)]
        if node.is_missing or (node.is_error and not inner):
            left -= 1
            yield node
        stack.extend(reversed(inner))


def tokens_of(
    tree: Tree, kinds: Sequence[str], span: Span = EVERYWHERE, *, more: str = ""
) -> list[Node]:
    """Return the tokens of the given kinds in text order, including those inside errors.

    Args:
        tree: the parsed file.
        kinds: strings of tokens, for instance `{`, or names of tokens without a fixed text; kinds
            unknown to the grammar are ignored.
        span: restricts the result to tokens that touch it.
        more: a pattern for additional tokens, captured as `token`.
    """
    query = _token_query(tree.language, tuple(kinds), more)
    return captured(tree, query, "token", span) if query is not None else []


def loose_tokens_of(tree: Tree, kinds: Sequence[str]) -> list[Node]:
    """Return the tokens of the given kinds that the grammar could not place.

    Args:
        tree: the parsed file.
        kinds: as for `tokens_of`.
    """
    found: list[Node] = []
    stack = [tree.root_node] if tree.root_node.has_error else []
    while stack:
        node = stack.pop()
        inner = node.children
        if node.is_error:
            found += (
                each for each in inner if each.type in kinds and each.end_byte > each.start_byte
            )
        stack += (each for each in inner if each.has_error)
    return sorted(found, key=lambda node: node.start_byte)


def captured(tree: Tree, query: Query, name: str, span: Span = EVERYWHERE) -> list[Node]:
    """Return the nodes in a span that a query captures with a name, in text order."""
    cursor = QueryCursor(query)
    cursor.set_byte_range(*span)
    nodes = cursor.captures(tree.root_node).get(name, [])
    real = [node for node in nodes if node.end_byte > node.start_byte]
    real.sort(key=attrgetter("start_byte"))
    return real


@cache
def query_of(grammar: TreeSitterLanguage, text: str) -> Query:
    """Return the compiled query, cached per grammar and text."""
    return Query(grammar, text)


def _is_final(language: Language, before: Tree, new: Tree) -> bool:
    """Return whether parsing the whole file would produce the same tree as parsing the edits.

    A grammar's error recovery depends on what it could reuse from the previous tree. So a broken
    tree is final only if the edits neither touched nor created errors.

    Args:
        language: its second grammar, if any, may judge a broken file differently.
        before: the previous tree with the edits applied, none of them at an error.
        new: the new tree.
    """
    if not new.root_node.has_error:
        return True
    places = _broken_places(new)
    if language.second_grammar is not None or not places or len(places) == _MOST_KEPT:
        return False
    if _broken_places(before) != places:
        return False
    changed = before.changed_ranges(new)
    return not any(
        each.start_byte <= end and start <= each.end_byte
        for each in changed
        for start, end in places
    )


def _broken(tree: Tree) -> Iterator[Node]:
    return broken_nodes(tree, limit=_MOST_KEPT)


def _broken_places(tree: Tree) -> list[tuple[int, int]]:
    return [(node.start_byte, node.end_byte) for node in _broken(tree)]


def _is_edited(node: Node) -> bool:
    return node.has_changes


def _finished(source: Source) -> bytes:
    return _ended(source.text)


def _ended(text: bytes) -> bytes:
    return text if text.endswith(b"\n") else text + b"\n"


def _is_broken(node: Node) -> bool:
    return node.has_error or node.is_missing


@cache
def _token_query(grammar: TreeSitterLanguage, kinds: tuple[str, ...], more: str) -> Query | None:
    fixed = (each for each in kinds if grammar.id_for_node_kind(each, False) is not None)
    named = (each for each in kinds if grammar.id_for_node_kind(each, True) is not None)
    patterns = [*map(_quoted, fixed), *(f"({each})" for each in named)]
    return query_of(grammar, f"[{' '.join(patterns)}] @token {more}") if patterns else None


def _quoted(kind: str) -> str:
    escaped = kind.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@cache
def _parser(grammar: Grammar) -> Parser:
    return Parser(_load(grammar))


def _load(grammar: Grammar) -> TreeSitterLanguage:
    if grammar.module and importlib.util.find_spec(grammar.module) is not None:
        wheel = importlib.import_module(grammar.module)
        return TreeSitterLanguage(cast("Callable[[], object]", getattr(wheel, grammar.function))())
    return from_packs(grammar.in_packs)
