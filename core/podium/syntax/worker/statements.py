"""Checks whether an edited file is still error-free, parsing only the statements around the edit.

Python's grammar has its own scanner for line ends and indentation, so it parses nearly everything
after an edit again. But top-level statements do not depend on the code before them: if the
statements around an edit are valid, and all others were valid before, the file is valid.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from tree_sitter import Node, Tree

from podium.syntax.language import Language
from podium.syntax.source import Source
from podium.syntax.worker.grammars import has_error

Span = tuple[int, int]
"""Start and end offset."""

LANGUAGES = frozenset(("python",))
"""Languages where a top-level statement is unindented and ends where the next one begins."""
_MOST_BYTES = 12_000
"""The length, in bytes, above which parsing the whole file is nearly as fast."""


@dataclass(frozen=True, slots=True)
class Statements:
    """The top-level statements in a file without errors.

    Args:
        starts: the start of each.
        ends: the end of each.
        length: the length of the file.
    """

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    length: int


def statements_of(tree: Tree, source: Source) -> Statements:
    """Return the statements in a file; its tree must have no pending edits."""
    nodes = [node for node in tree.root_node.children if _is_at_margin(node)]
    starts = tuple(node.start_byte for node in nodes)
    return Statements(starts, tuple(node.end_byte for node in nodes), len(source.text))


def hull_after(hull: Span | None, start: int, old_end: int, new_end: int) -> Span:
    """Return the span of all edits so far, after another edit.

    Args:
        hull: the span before this edit; None if there were no edits.
        start: the start of the replaced bytes.
        old_end: the end of the replaced bytes.
        new_end: the end of the replacement.
    """
    if hull is None:
        return start, new_end
    end = hull[1] + new_end - old_end if hull[1] > old_end else new_end
    return min(hull[0], start), end


def is_whole(language: Language, before: Statements, source: Source, hull: Span) -> bool:
    """Return whether a file has no errors; also False if its statements are not enough to decide.

    Args:
        language: one of `LANGUAGES`.
        before: the statements in an earlier version without errors.
        source: the current content.
        hull: a span that contains all edits since.
    """
    longer = len(source.text) - before.length
    # The previous statement may continue into the edited part, and the edited part into the next
    # one.
    first = bisect_left(before.ends, hull[0]) - 1
    behind = bisect_right(before.starts, hull[1] - longer) + 1
    begin = before.starts[first] if first >= 0 else 0
    end = before.starts[behind] + longer if behind < len(before.starts) else len(source.text)
    return end - begin <= _MOST_BYTES and not has_error(language, source.text[begin:end])


def _is_at_margin(node: Node) -> bool:
    """Return whether a statement begins at an offset; a comment may belong to the previous one."""
    return node.is_named and not node.is_extra and node.start_point.column == 0
