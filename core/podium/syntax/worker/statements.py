"""Tells whether an edited text is still without errors, by reading only the statements around it.

Python's grammar tells every line's end and indentation by a scanner of its own, and reads nearly
everything behind an edit anew for it. But what stands at the margin of a module does not depend on
what is before: where the statements around an edit are whole, and all others were, the text is.
Pure; must not know what is done when it is not.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from tree_sitter import Node, Tree

from podium.syntax.language import Language
from podium.syntax.source import Source
from podium.syntax.worker.grammars import has_error

Span = tuple[int, int]
"""The first byte, and the first one behind the last."""

LANGUAGES = frozenset(("python",))
"""Whose statements stand at the margin, and end where the next one begins there."""
_MOST_BYTES = 12_000
"""Of a longer part the whole is nearly as soon read."""


@dataclass(frozen=True, slots=True)
class Statements:
    """Where the statements at the margin of a text without errors stand.

    Args:
        starts: the first byte of each.
        ends: the first one behind each.
        length: of the text.
    """

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    length: int


def statements_of(tree: Tree, source: Source) -> Statements:
    """Return where the statements of a text stand; its tree must know of no edit since."""
    nodes = [node for node in tree.root_node.children if _is_at_margin(node)]
    starts = tuple(node.start_byte for node in nodes)
    return Statements(starts, tuple(node.end_byte for node in nodes), len(source.text))


def hull_after(hull: Span | None, start: int, old_end: int, new_end: int) -> Span:
    """Return what was edited so far, as one span of the text after another edit.

    Args:
        hull: the same before this edit; None where nothing was.
        start: the first byte that the edit replaced.
        old_end: the first one behind what it replaced.
        new_end: the first one behind what stands there now.
    """
    if hull is None:
        return start, new_end
    end = hull[1] + new_end - old_end if hull[1] > old_end else new_end
    return min(hull[0], start), end


def is_whole(language: Language, before: Statements, source: Source, hull: Span) -> bool:
    """Tell whether a text has no errors; False also where that cannot be told by a part of it.

    Args:
        language: one of `LANGUAGES`.
        before: the statements of an earlier version without errors.
        source: the text as it is now.
        hull: a span that holds all edits since.
    """
    longer = len(source.text) - before.length
    # The statement in front may go on in what was edited, and what was edited in the next one.
    first = bisect_left(before.ends, hull[0]) - 1
    behind = bisect_right(before.starts, hull[1] - longer) + 1
    begin = before.starts[first] if first >= 0 else 0
    end = before.starts[behind] + longer if behind < len(before.starts) else len(source.text)
    return end - begin <= _MOST_BYTES and not has_error(language, source.text[begin:end])


def _is_at_margin(node: Node) -> bool:
    """Tell whether a statement begins there; a comment may belong to the one before."""
    return node.is_named and not node.is_extra and node.start_point.column == 0
