"""Checks whether brackets pair up in the text itself, outside strings and comments."""

from collections.abc import Iterator

from tree_sitter import Node, Tree

_BRACKETS = b"()[]{}"
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in _BRACKETS)
_TEXT = ("string", "comment", "heredoc", "regex", "char", "rune", "template", "quote", "nowdoc")
_NOT_TEXT = ("interpolation", "substitution", "template_body")
_PAIRS = ((b"(", b")"), (b"[", b"]"), (b"{", b"}"))
_MOST_ROUNDS = 200


def brackets_pair_up(tree: Tree, text: bytes) -> bool:
    """Return whether every bracket in a text has its partner.

    Args:
        tree: the parsed text; its strings and comments are skipped.
        text: the text.
    """
    left = _code(tree, text).translate(None, _NO_BRACKETS)
    for _ in range(_MOST_ROUNDS):
        rest = left.replace(b"()", b"").replace(b"[]", b"").replace(b"{}", b"")
        if rest == left:
            break
        left = rest
    return not left


def unpaired_counts(tree: Tree, text: bytes) -> tuple[int, ...]:
    """Return for each kind of bracket how many more open than close; order does not matter."""
    code = _code(tree, text)
    return tuple(code.count(opener) - code.count(closer) for opener, closer in _PAIRS)


def _code(tree: Tree, text: bytes) -> bytes:
    """Return a text without its strings and comments."""
    pieces: list[bytes] = []
    at = 0
    for start, end in _texts(tree):
        pieces.append(text[at:start])
        at = max(at, end)
    return b"".join([*pieces, text[at:]])


def _texts(tree: Tree) -> Iterator[tuple[int, int]]:
    """Yield the spans of strings and comments, in order."""
    stack = [tree.root_node]
    while stack:
        node = stack.pop()
        if _is_text(node):
            yield node.start_byte, node.end_byte
        else:
            stack.extend(reversed(node.children))


def _is_text(node: Node) -> bool:
    kind = node.type
    if not node.is_named or node.is_error or node.has_error:
        return False
    return any(each in kind for each in _TEXT) and not any(each in kind for each in _NOT_TEXT)
