"""Finds the openers and closers in a file's tree, outside strings and comments.

The pairs are defined as data. Trees contain the tokens even where parsing failed, so pairs are also
found in broken files, where they matter.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from types import MappingProxyType

from tree_sitter import Node, Tree

from podium.syntax.worker.grammars import EVERYWHERE, Span, captured, query_of, tokens_of
from podium.syntax.worker.pairs.keyword_pairs import lua_blocks, ruby_blocks
from podium.syntax.worker.pairs.pairing import Token

_Reader = Callable[[Tree, Span], Iterator[Token]]

_BRACKETS = MappingProxyType(
    {
        **{"(": ")", "$(": ")", "<(": ")", ">(": ")", "((": "))", "$((": "))"},
        **{"[": "]", "$[": "]", "[[": "]]", "#[": "]"},
        **{"{": "}", "${": "}", "#{": "}", "\\{": "}", "{|": "|}"},
        # The first is Swift's interpolation, the others are Ruby's word lists.
        **{"\\(": ")", "%w(": ")", "%i(": ")"},
    }
)
_BASH_BLOCKS = MappingProxyType(
    {
        # A single square bracket is a command name.
        **{opener: closer for opener, closer in _BRACKETS.items() if closer != "]"},
        **{"if": "fi", "case": "esac", "do": "done"},
    }
)

_BASH_WORDS = '((word) @token (#any-of? @token "fi" "done" "esac" "}" "if" "case"))'

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


@dataclass(frozen=True, slots=True)
class Changed:
    """The changed part of a file and its tree, in whole lines.

    Args:
        start: its start.
        old_end: its end in the previous version.
        new_end: its end in the current version.
    """

    start: int
    old_end: int
    new_end: int


class Pairs:
    """The openers and closers in a file, in groups that are read on demand.

    Args:
        language: the language's name.
        tree: the parsed file.
    """

    def __init__(self, language: str, tree: Tree) -> None:
        self._language = language
        self._tree = tree
        self._known: dict[_Reader, list[Token]] = {}

    def groups(self) -> Iterator[list[Token]]:
        """Yield the groups, each in file order.

        An unbalanced group explains why later ones are unbalanced: brackets after an unclosed tag
        are text.
        """
        for reader in _READERS.get(self._language, (_brackets,)):
            if reader not in self._known:
                self._known[reader] = _in_order(reader(self._tree, EVERYWHERE))
            yield self._known[reader]

    def after(self, tree: Tree, changed: Changed) -> "Pairs":
        """Return the pairs of an edited file, reusing the unchanged ones.

        Args:
            tree: the parsed edited text.
            changed: the changed part.
        """
        pairs = Pairs(self._language, tree)
        longer = changed.new_end - changed.old_end
        for reader, known in self._known.items():
            if reader in _READ_WHOLE:
                continue
            read = _in_order(reader(tree, (changed.start, changed.new_end)))
            pairs._known[reader] = [
                *(each for each in known if each.offset < changed.start),
                *(each for each in read if changed.start <= each.offset < changed.new_end),
                *(_moved(each, longer) for each in known if each.offset >= changed.old_end),
            ]
        return pairs


def brackets_of(tree: Tree) -> list[Token]:
    """Return the brackets in a file in order."""
    return _in_order(_brackets(tree, EVERYWHERE))


def _in_order(tokens: Iterable[Token]) -> list[Token]:
    return sorted(tokens, key=attrgetter("offset"))


def _moved(token: Token, by: int) -> Token:
    return Token(token.closer, token.text, token.offset + by, token.opens) if by else token


def _brackets(tree: Tree, span: Span) -> Iterator[Token]:
    return (_token(node, _BRACKETS) for node in _pair_nodes(tree, _BRACKETS, span))


def _bash_blocks(tree: Tree, span: Span) -> Iterator[Token]:
    has_error = tree.root_node.has_error
    text = (tree.root_node.text or b"") if has_error else b""
    for node in _pair_nodes(tree, _BASH_BLOCKS, span, more=_BASH_WORDS if has_error else ""):
        if node.type == "word":
            yield from _bash_word(node, text)
        # The closing parenthesis of a `case` pattern has no opener.
        elif node.type not in "()" or not _is_in_case_item(node):
            yield _token(node, _BASH_BLOCKS)


def _is_in_case_item(node: Node) -> bool:
    return node.parent is not None and node.parent.type == "case_item"


def _bash_word(node: Node, text: bytes) -> Iterator[Token]:
    """Yield block keywords that the grammar mistook for commands after an error."""
    word = (node.text or b"").decode(errors="replace")
    line_start = text.rfind(b"\n", 0, node.start_byte) + 1
    before = text[line_start : node.start_byte].strip()
    if word in ("fi", "done", "esac", "}") and (not before or before.endswith(b";")):
        yield Token(word, word, node.start_byte, opens=False)
    elif word in ("if", "case") and not before:
        yield Token(_BASH_BLOCKS[word], word, node.start_byte, opens=True)


def _html_tags(tree: Tree, _: Span) -> Iterator[Token]:
    return (tag for tag in _tags(tree, _HTML_TAGS) if tag.closer[2:-1] not in _NO_END_TAG_NEEDED)


def _jsx_tags(tree: Tree, _: Span) -> Iterator[Token]:
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


def _pair_nodes(tree: Tree, pairs: Mapping[str, str], span: Span, *, more: str = "") -> list[Node]:
    return tokens_of(tree, (*pairs, *sorted(set(pairs.values()))), span, more=more)


def _token(node: Node, pairs: Mapping[str, str]) -> Token:
    closer = pairs.get(node.type)
    if closer is None:
        return Token(node.type, node.type, node.start_byte, opens=False)
    return Token(closer, node.type, node.start_byte, opens=True)


_READ_WHOLE = frozenset((_html_tags, _jsx_tags))
"""Groups found by tag name, which may be on a different line than the tag's bracket."""
_READERS: Mapping[str, tuple[_Reader, ...]] = MappingProxyType(
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
