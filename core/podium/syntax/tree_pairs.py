"""Reads the openers and closers of a text off its tree, strings and comments left out.

Which tokens open and close what is data. Trees hold the tokens also where the grammar gave up, so
they are found in broken texts, where they are needed.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from tree_sitter import Node, Tree

from podium.syntax.grammars import captured, query_of, tokens_of
from podium.syntax.keyword_pairs import lua_blocks, ruby_blocks
from podium.syntax.pairing import Token

_BRACKETS = MappingProxyType(
    {
        **{"(": ")", "$(": ")", "<(": ")", ">(": ")", "((": "))", "$((": "))"},
        **{"[": "]", "$[": "]", "[[": "]]", "#[": "]"},
        **{"{": "}", "${": "}", "#{": "}", "\\{": "}", "{|": "|}"},
        # Swift interpolates with the first, Ruby lists words with the others.
        **{"\\(": ")", "%w(": ")", "%i(": ")"},
    }
)
_BASH_BLOCKS = MappingProxyType(
    {
        # A single square bracket is the name of a command.
        **{opener: closer for opener, closer in _BRACKETS.items() if closer != "]"},
        **{"if": "fi", "case": "esac", "do": "done"},
    }
)

_BASH_WORDS = '((word) @word (#any-of? @word "fi" "done" "esac" "}" "if" "case"))'

_NO_END_TAG_NEEDED = frozenset(
    (
        *("area", "base", "body", "br", "caption", "col", "colgroup", "command", "dd", "dt"),
        *("embed", "head", "hr", "html", "img", "input", "keygen", "li", "link", "menuitem"),
        *("meta", "optgroup", "option", "p", "param", "rb", "rp", "rt", "rtc", "source"),
        *("tbody", "td", "tfoot", "th", "thead", "tr", "track", "wbr"),
    )
)
_HTML_TAGS = """
(start_tag (tag_name) @open)
(end_tag (tag_name) @close)
(erroneous_end_tag (erroneous_end_tag_name) @close)
"""
_JSX_TAGS = """
(jsx_opening_element name: (_) @open)
(jsx_closing_element name: (_) @close)
"""


def pairs_of(language: str, tree: Tree) -> Iterator[list[Token]]:
    """Yield groups of openers and closers, each in the order of the text.

    A group that does not pair up explains why later ones do not: behind an unclosed tag brackets
    are text.

    Args:
        language: the language's name.
        tree: the parsed text.
    """
    for read in _READERS.get(language, (_brackets,)):
        yield sorted(read(tree), key=lambda token: token.offset)


def brackets_of(tree: Tree) -> list[Token]:
    """Return the brackets of a text in their order."""
    return sorted(_brackets(tree), key=lambda token: token.offset)


def _brackets(tree: Tree) -> Iterator[Token]:
    return (_token(node, _BRACKETS) for node in _pair_nodes(tree, _BRACKETS))


def _bash_blocks(tree: Tree) -> Iterator[Token]:
    for node in _pair_nodes(tree, _BASH_BLOCKS):
        # The closing parenthesis of a `case` pattern has no opener.
        if node.type not in "()" or not _is_in_case_item(node):
            yield _token(node, _BASH_BLOCKS)

    if tree.root_node.has_error:
        yield from _bash_words(tree)


def _is_in_case_item(node: Node) -> bool:
    return node.parent is not None and node.parent.type == "case_item"


def _bash_words(tree: Tree) -> Iterator[Token]:
    """Yield what opens and closes blocks where the grammar, lost, takes it for a command."""
    text = tree.root_node.text or b""
    for node in captured(tree, query_of(tree.language, _BASH_WORDS), "word"):
        word = (node.text or b"").decode(errors="replace")
        line_start = text.rfind(b"\n", 0, node.start_byte) + 1
        before = text[line_start : node.start_byte].strip()
        if word in ("fi", "done", "esac", "}") and (not before or before.endswith(b";")):
            yield Token(word, word, node.start_byte, opens=False)
        elif word in ("if", "case") and not before:
            yield Token(_BASH_BLOCKS[word], word, node.start_byte, opens=True)


def _html_tags(tree: Tree) -> Iterator[Token]:
    return (tag for tag in _tags(tree, _HTML_TAGS) if tag.closer[2:-1] not in _NO_END_TAG_NEEDED)


def _jsx_tags(tree: Tree) -> Iterator[Token]:
    return _tags(tree, _JSX_TAGS)


def _tags(tree: Tree, query_text: str) -> Iterator[Token]:
    query = query_of(tree.language, query_text)
    for capture, opens in (("open", True), ("close", False)):
        for node in captured(tree, query, capture):
            yield _tag(node, opens=opens)


def _tag(name_node: Node, *, opens: bool) -> Token:
    name = (name_node.text or b"").decode()
    name = name if name_node.type not in ("tag_name", "erroneous_end_tag_name") else name.lower()
    tag = name_node.parent or name_node
    closer = f"</{name}>"
    return Token(closer, f"<{name}>" if opens else closer, tag.start_byte, opens=opens)


def _pair_nodes(tree: Tree, pairs: Mapping[str, str]) -> list[Node]:
    return tokens_of(tree, (*pairs, *sorted(set(pairs.values()))))


def _token(node: Node, pairs: Mapping[str, str]) -> Token:
    closer = pairs.get(node.type)
    if closer is None:
        return Token(node.type, node.type, node.start_byte, opens=False)
    return Token(closer, node.type, node.start_byte, opens=True)


_READERS: Mapping[str, tuple[Callable[[Tree], Iterator[Token]], ...]] = MappingProxyType(
    {
        "bash": (_bash_blocks,),
        "html": (_html_tags,),
        "javascript": (_jsx_tags, _brackets),
        "lua": (_brackets, lua_blocks),
        "markdown": (),
        "ruby": (_brackets, ruby_blocks),
        "tsx": (_jsx_tags, _brackets),
    }
)
