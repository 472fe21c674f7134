"""Loads tree-sitter grammars one by one and parses with them; only for the worker process.

No function here or in the modules that use it may recurse over a tree: hostile texts make trees
as deep as the text is long.
"""

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

from tree_sitter import Language as TreeSitterLanguage
from tree_sitter import Node, Parser, Point, Query, QueryCursor, Tree

from podium.syntax.hunks import hunks_between
from podium.syntax.language import Grammar, Language
from podium.syntax.packs import from_packs
from podium.syntax.source import Source


@dataclass(frozen=True)
class Parsed:
    """A text as a grammar was shown it, and the tree."""

    source: Source
    tree: Tree


FindParsed = Callable[[], Parsed | None]
"""Gives the version before as it was parsed, or None."""


def not_parsed() -> None:
    """Return that there is no version before."""
    return None


def parse(language: Language, source: Source) -> Tree:
    """Return the tree of a text; that of the second grammar when only that one accepts it.

    Args:
        language: whose grammar is used.
        source: the text; a missing final newline is added, for some grammars need it.

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
    """Return the tree of an edited text, made from the one before.

    Args:
        tree: the tree of the text before; `Tree.edit` has told it what was replaced.
        language: its language.
        source: the text as it is now.
        accepts_errors: a tree with errors is taken as it is, though another reading of the whole
            might place them otherwise.
    """
    parser = _parser(language.grammar)
    if parser.language != tree.language:
        # The text had been left to the second grammar; which one fits must be found out again.
        return parse(language, source)
    new = parser.parse(_finished(source), tree)
    # How a grammar recovers from errors depends on what it could take over from the tree before.
    is_final = accepts_errors or not new.root_node.has_error
    return new if is_final else parse(language, source)


def parse_after(
    language: Language, source: Source, base: Parsed | None, *, accepts_errors: bool = False
) -> Tree:
    """Return the tree of a text; where that of its base is sound, only what differs is parsed.

    Args:
        language: its language.
        source: the text.
        base: the version before; None when there is none.
        accepts_errors: a tree with errors is taken too, where it is not they that count.
    """
    if base is None:
        return parse(language, source)
    parser = _parser(language.grammar)
    is_sound = accepts_errors or not base.tree.root_node.has_error
    are_finished = source.ends_with_newline and base.source.ends_with_newline
    if not (is_sound and are_finished and parser.language == base.tree.language):
        return parse(language, source)
    tree = base.tree.copy()
    # From the last one on, so that places in front of an edit are still those of the base.
    for hunk in reversed(hunks_between(base.source, source)):
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
    new = parser.parse(source.text, tree)
    if new.root_node.has_error and not accepts_errors:
        return parse(language, source)
    return new


def dialect(language: str, tree: Tree) -> str:
    """Return the language whose node names a tree has: that of the grammar that was believed.

    Args:
        language: the name of the language that was asked for.
        tree: what `parse` returned for it.
    """
    by_second_grammar = language == "javascript" and tree.language.name != language
    return "tsx" if by_second_grammar else language


def broken_nodes(tree: Tree, *, limit: int) -> Iterator[Node]:
    """Yield nodes that are errors or that the parser had to invent, in the order of the text.

    An error that holds other errors is left out: the inner ones say more precisely where it is.

    Args:
        tree: what was parsed.
        limit: yield at most so many.
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


def tokens_of(tree: Tree, kinds: Sequence[str]) -> list[Node]:
    """Return the tokens of the given kinds in the order of the text, also those inside errors.

    Args:
        tree: what was parsed.
        kinds: texts of tokens, for instance `{`, or names of tokens without a fixed text; those
            that the grammar does not know are ignored.
    """
    query = _token_query(tree.language, tuple(kinds), "[{}] @token")
    return captured(tree, query, "token") if query is not None else []


def loose_tokens_of(tree: Tree, kinds: Sequence[str]) -> list[Node]:
    """Return the tokens of the given kinds that the grammar found no place for.

    Args:
        tree: what was parsed.
        kinds: as for `tokens_of`.
    """
    query = _token_query(tree.language, tuple(kinds), "(ERROR [{}] @token)")
    return captured(tree, query, "token") if query is not None else []


def captured(tree: Tree, query: Query, name: str) -> list[Node]:
    """Return the nodes that a query captures under a name, in the order of the text."""
    nodes = QueryCursor(query).captures(tree.root_node).get(name, [])
    real = [node for node in nodes if node.end_byte > node.start_byte]
    return sorted(real, key=lambda node: node.start_byte)


@cache
def query_of(grammar: TreeSitterLanguage, text: str) -> Query:
    """Return the compiled query; compiled once per grammar and text."""
    return Query(grammar, text)


def _finished(source: Source) -> bytes:
    return source.text if source.ends_with_newline else source.text + b"\n"


def _is_broken(node: Node) -> bool:
    return node.has_error or node.is_missing


@cache
def _token_query(grammar: TreeSitterLanguage, kinds: tuple[str, ...], pattern: str) -> Query | None:
    fixed = (each for each in kinds if grammar.id_for_node_kind(each, False) is not None)
    named = (each for each in kinds if grammar.id_for_node_kind(each, True) is not None)
    patterns = [*map(_quoted, fixed), *(f"({each})" for each in named)]
    return query_of(grammar, pattern.format(" ".join(patterns))) if patterns else None


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
