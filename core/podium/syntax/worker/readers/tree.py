"""Checks a file with its grammar: unclosed, missing and unexpected parts."""

import re
from collections.abc import Iterator
from functools import cache

from tree_sitter import Node, Tree

from podium.syntax.language import Language
from podium.syntax.source import Source
from podium.syntax.values import ProblemCode, SyntaxProblem
from podium.syntax.worker.definitions import Definitions
from podium.syntax.worker.grammars import (
    FindParsed,
    Parsed,
    broken_nodes,
    loose_tokens_of,
    not_parsed,
    parse_after,
)
from podium.syntax.worker.import_queries import names_of
from podium.syntax.worker.pairs.raw_pairs import brackets_pair_up
from podium.syntax.worker.pairs.tree_pairs import Pairs, brackets_of
from podium.syntax.worker.reading import (
    MAX_PROBLEMS,
    Reading,
    error_at,
    pairing_problems,
    unterminated,
)

_CLOSERS = frozenset((")", "]", "}", "))", "|}"))
_QUOTES = ('"', "'", "`", '"""', "'''", "string_start")
_COMMENTS = {"/*": b"*/", "<!--": b"-->"}
_STRINGS = frozenset(
    (
        *("string", "string_literal", "raw_string_literal", "interpreted_string_literal"),
        *("template_string", "string_value", "raw_string", "ansi_c_string", "heredoc_body"),
        *("block_scalar", "double_quote_scalar", "single_quote_scalar"),
        *("verbatim_string_literal", "interpolated_string_expression", "character_literal"),
        *("encapsed_string", "heredoc", "nowdoc", "nowdoc_body", "multiline_string_literal"),
        *("line_string_literal", "multi_line_string_literal", "fenced_code_block"),
    )
)
_ROOTS = frozenset(("document", "module", "program", "source_file", "stream", "stylesheet"))
_PAIRED_BY_US = frozenset(("html",))
"""Languages whose grammar accepts unbalanced tags, as browsers do."""
_OPTIONAL_OPENERS = {"bash": frozenset(")")}
"""`case` patterns end in a parenthesis without an opener."""
_FLOW = re.compile(rb"@flow\b")
_HEAD_BYTES = 2000
_EXCERPT_LENGTH = 40
_MAX_CLIMB = 40
"""Maximum number of levels to search upwards for a string literal; the cost is quadratic."""


def read_tree(language: Language, source: Source, find_base: FindParsed = not_parsed) -> Reading:
    """Parse a file and return its problems according to the grammar.

    Args:
        language: the language.
        source: the content, as passed to the grammar.
        find_base: returns the previous version, so that only the differences are parsed.
    """
    return read_parsed(language, source, parse_after(language, source, find_base()))


def read_parsed(
    language: Language, source: Source, tree: Tree, pairs: Pairs | None = None
) -> Reading:
    """Return the problems in a parsed file according to the grammar.

    Args:
        language: the language.
        source: the content, as passed to the grammar.
        tree: its tree.
        pairs: its openers and closers, if they are already known.
    """
    pairs = pairs or Pairs(language.name, tree)

    def is_quoted(offset: int) -> bool:
        return _is_quoted(tree, offset)

    return Reading(
        tuple(_problems(language, source, tree, pairs)),
        is_quoted,
        Definitions(language.name, lambda: tree),
        cache(lambda: names_of(language.name, tree)),
        lambda: Parsed(source, tree),
    )


def read_plainly(language: Language, source: Source, tree: Tree) -> Reading:
    """Return only the positions of the grammar's errors; cheap even for a long file."""
    problems = tuple(_broken_places(language, source, tree)) if tree.root_node.has_error else ()
    return Reading(problems, lambda offset: _is_quoted(tree, offset))


def _problems(
    language: Language, source: Source, tree: Tree, pairs: Pairs
) -> Iterator[SyntaxProblem]:
    has_error = tree.root_node.has_error
    if has_error and language.name == "javascript" and _FLOW.search(source.text[:_HEAD_BYTES]):
        # No grammar supports Flow's types; brackets and quotes can still be checked.
        yield from pairing_problems(source, brackets_of(tree))
        yield from _open_strings(source, tree)
        yield from _open_comments(language, source, tree)
        return
    if has_error or language.name in _PAIRED_BY_US:
        yield from _unpaired(language, source, tree, pairs)
    if has_error:
        yield from _open_strings(source, tree)
        yield from _broken_places(language, source, tree)


def _unpaired(
    language: Language, source: Source, tree: Tree, pairs: Pairs
) -> tuple[SyntaxProblem, ...]:
    optional_openers = _OPTIONAL_OPENERS.get(language.name, frozenset())
    for tokens in pairs.groups():
        problems = pairing_problems(source, tokens, optional_openers=optional_openers)
        are_brackets = all(each.closer in _CLOSERS for each in tokens)
        # A grammar skips brackets in code that it does not know.
        if problems and not (are_brackets and brackets_pair_up(tree, source.text)):
            return problems
    return ()


def _open_strings(source: Source, tree: Tree) -> Iterator[SyntaxProblem]:
    """Find quotes that the grammar could not place and that have no closing quote."""
    open_quotes: dict[int, Node] = {}
    for quote in loose_tokens_of(tree, _QUOTES):
        error = quote.parent.id if quote.parent is not None else 0
        if error in open_quotes and open_quotes[error].text == quote.text:
            del open_quotes[error]
        else:
            open_quotes.setdefault(error, quote)
    for quote in open_quotes.values():
        if not _is_answered(source, quote):
            yield unterminated(source, _text(quote), quote.start_byte)


def _is_answered(source: Source, quote: Node) -> bool:
    """Return whether the string ends or continues on its line without the grammar noticing."""
    text = quote.text or b""
    rest_of_line = source.text[quote.end_byte :].partition(b"\n")[0]
    goes_on = rest_of_line.rstrip(b"\r").endswith(b"\\")
    return len(text) == 1 and (goes_on or rest_of_line.count(text) % 2 == 1)


def _broken_places(language: Language, source: Source, tree: Tree) -> Iterator[SyntaxProblem]:
    found = False
    for node in broken_nodes(tree, limit=MAX_PROBLEMS):
        found = True
        comment = _open_comment(language, source, node)
        if comment:
            yield unterminated(source, comment, node.start_byte)
        elif node.is_missing:
            yield _missing(source, node)
        else:
            yield _unexpected(source, node)
    if not found:
        message = "the grammar cannot parse this file"
        yield error_at(source, ProblemCode.UNEXPECTED, message, (0, len(source.text)))


def _open_comments(language: Language, source: Source, tree: Tree) -> Iterator[SyntaxProblem]:
    for node in broken_nodes(tree, limit=MAX_PROBLEMS):
        if opener := _open_comment(language, source, node):
            yield unterminated(source, opener, node.start_byte)


def _open_comment(language: Language, source: Source, node: Node) -> str:
    if node.is_missing:
        return ""
    start = node.start_byte
    for opener, closer in _COMMENTS.items():
        begins = source.text.startswith(opener.encode(), start)
        if opener in language.comment_leads and begins and closer not in source.text[start:]:
            return opener
    return ""


def _missing(source: Source, node: Node) -> SyntaxProblem:
    whole = node.parent
    if whole is not None and node.type in (*_QUOTES, "*/"):
        opener = "/*" if node.type == "*/" else node.type
        return unterminated(source, opener, whole.start_byte)
    expected = "" if node.is_named else node.type
    wanted = f'"{expected}"' if expected else _node_name(node)
    message = f"expected {wanted}"
    opened_at = None
    if whole is not None and not whole.is_error and whole.type not in _ROOTS:
        opened_at = source.position(whole.start_byte)
        message += f" to complete the {_node_name(whole)} that starts at line {opened_at.line}"
    return error_at(
        source,
        ProblemCode.MISSING,
        message,
        (node.start_byte, node.end_byte),
        opened_at=opened_at,
        expected=expected,
    )


def _unexpected(source: Source, node: Node) -> SyntaxProblem:
    first_line, _, other_lines = _text(node).strip().partition("\n")
    excerpt = first_line.strip()
    if len(excerpt) > _EXCERPT_LENGTH:
        excerpt = excerpt[:_EXCERPT_LENGTH] + "…"
    begins = "the text starting with " if other_lines else ""
    message = f"cannot parse {begins}`{excerpt}`"
    if node.end_byte >= len(source.text.rstrip()):
        message += "; the file ends before it is complete"
    return error_at(source, ProblemCode.UNEXPECTED, message, (node.start_byte, node.end_byte))


def _is_quoted(tree: Tree, offset: int) -> bool:
    node = tree.root_node.descendant_for_byte_range(offset, offset + 1)
    for _ in range(_MAX_CLIMB):
        if node is None or node.type in _STRINGS:
            break
        node = node.parent
    return node is not None and node.type in _STRINGS


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")


def _node_name(node: Node) -> str:
    return node.type.replace("_", " ")
