"""Finds the Ruby and Lua blocks in a tree: keywords open them and `end` closes them.

The same keywords can occur without opening a block (`return if x`, `while x do`). After an error
the tree does not distinguish these uses, so the position on the line decides.
"""

import re
from collections.abc import Iterator

from tree_sitter import Node, Tree

from podium.syntax.worker.grammars import Span, tokens_of
from podium.syntax.worker.pairs.pairing import Token

_RUBY_OPENERS = (
    *("class", "module", "def", "begin", "case", "for", "do"),
    *("if", "unless", "while", "until"),
)
_RUBY_MAY_FOLLOW = frozenset(("if", "unless", "while", "until"))
_BEGINS_AN_EXPRESSION = re.compile(
    rb"(?:[=(,\[{|&!;?:]|=>|<<|\b(?:return|then|do|else|elsif|begin|and|or|not|in|when))\s*$"
)
_LOOP_HEAD = re.compile(rb"(?:^|[;=(]|\bdo\b|\bthen\b)\s*(?:while|until|for)\b[^;]*$")
_ENDLESS_DEF = re.compile(
    rb"def\s+[\w.]+[?!]?\s*(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?\s*=(?!=|~)\s*\S"
)
_LUA_OPENERS = ("function", "if", "do", "repeat")


def ruby_blocks(tree: Tree, span: Span) -> Iterator[Token]:
    """Yield the keywords that need an `end`, and every `end`."""
    text = tree.root_node.text or b""
    for node in tokens_of(tree, (*_RUBY_OPENERS, "end"), span):
        # Statement nodes have the same names as their first keyword.
        if not node.is_named and (node.type == "end" or _opens_in_ruby(node, text)):
            yield _block(node, "end")


def lua_blocks(tree: Tree, span: Span) -> Iterator[Token]:
    """Yield the keywords that need an `end` or `until`, and their closers."""
    for node in tokens_of(tree, (*_LUA_OPENERS, "end", "until"), span):
        yield _block(node, "until" if node.type == "repeat" else "end")


def _block(node: Node, closer: str) -> Token:
    if node.type in ("end", "until"):
        return Token(node.type, node.type, node.start_byte, opens=False)
    return Token(closer, node.type, node.start_byte, opens=True)


def _opens_in_ruby(node: Node, text: bytes) -> bool:
    parent = node.parent
    if parent is not None and "modifier" in parent.type:
        return False
    line_start = text.rfind(b"\n", 0, node.start_byte) + 1
    before = text[line_start : node.start_byte]
    if node.type == "do":
        return _LOOP_HEAD.search(before) is None
    if node.type == "def":
        line_end = text.find(b"\n", node.start_byte)
        line = text[node.start_byte : line_end if line_end >= 0 else len(text)]
        return _ENDLESS_DEF.match(line) is None
    if node.type in _RUBY_MAY_FOLLOW and before.strip():
        return _BEGINS_AN_EXPRESSION.search(before) is not None
    return True
