"""The changed lines of a file, and what surrounds them."""

import re
from collections.abc import Iterator, Sequence

from podium.syntax.values import Position, ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.rules.case import Case, problem_of_line

MOST_PROBLEMS: int = 3
"""Maximum number of problems of one kind; the lines after it have the same cause."""
_CODE_INDENTATION = ("    ", "\t")
"""The indentation of a code block in Markdown."""
_MAX_CLIMB = 8
_EXCERPT = 60
_FEW_LINES = 3
"""Maximum number of lines of a leftover before or after a file."""
_SEVERAL_TAGS = 2
_MARKUP = frozenset(("html", "markdown", "php", "tsx", "javascript", "vue", "svelte"))
_LOOSE = frozenset(("markdown", "html", "yaml", "bash"))
"""Languages in which a line without quotes may be a text."""


def changed_spans(case: Case) -> Sequence[tuple[int, int]]:
    """Return the byte spans of the changed lines; the whole text for a new file."""
    if case.base is None:
        return ((0, len(case.new.text)),)
    hunks = (each for each in case.hunks if each.new_to > each.new_from)
    return [case.new.span_of_lines(each.new_from, each.new_to) for each in hunks]


def lines_that_match(
    case: Case, pattern: re.Pattern[bytes]
) -> Iterator[tuple[int, re.Match[bytes]]]:
    """Yield the numbers of the changed lines that a pattern matches, except those in the base.

    Args:
        case: the file.
        pattern: begins with a line feed, which stands for the beginning of a line.
    """
    text = case.by_lines
    for start, end in changed_spans(case):
        # The line feed before a line is at the line's own offset.
        for found in pattern.finditer(text, start, end + 1):
            if found.start() == end and start < end:
                continue
            number = case.new.line(found.start())
            line = case.new.lines[number - 1]
            if line.strip() and not case.is_in_base(line):
                yield number, found


def is_text(case: Case, number: int) -> bool:
    """Return whether a line begins inside a string or a comment, or is an indented code block."""
    line = case.new.lines[number - 1]
    if case.language.is_prose and line.startswith(_CODE_INDENTATION):
        return True
    column = len(line) - len(line.lstrip()) + 1
    offset = case.new.offset_of(Position(number, column))
    return case.reading.is_quoted(offset) or is_comment(case, offset)


def is_comment(case: Case, offset: int) -> bool:
    """Return whether an offset is inside a comment, according to the grammar."""
    if case.reading.is_comment is not None:
        return case.reading.is_comment(offset)
    if case.language.is_prose:
        return False
    parsed = case.reading.parsed()
    if parsed is None or offset >= len(parsed.source.text):
        return False
    node = parsed.tree.root_node.descendant_for_byte_range(offset, offset + 1)
    for _ in range(_MAX_CLIMB):
        if node is None or "comment" in node.type:
            break
        node = node.parent
    return node is not None and "comment" in node.type


def is_markup(case: Case) -> bool:
    """Return whether tags are usual in the file: by its language or, if unknown, by its text."""
    if case.language.name or case.language.is_prose:
        return case.language.name in _MARKUP
    if case.base is not None:
        return b"</" in case.base.text or b"/>" in case.base.text
    text = case.new.text
    return text.lstrip().startswith(b"<") or text.count(b"</") + text.count(b"/>") >= _SEVERAL_TAGS


def is_loose(case: Case) -> bool:
    """Return whether a line without quotes may be a text in the file's language."""
    return case.language.is_prose or case.language.name in _LOOSE


def lines_around_base(case: Case) -> tuple[int, ...]:
    """Return the numbers of the few filled lines that were added before or after the whole base."""
    if case.base is None:
        return ()
    lines, found = case.new.lines, list[int]()
    for hunk in case.hunks:
        added = [at + 1 for at in range(hunk.new_from, hunk.new_to) if lines[at].strip()]
        replaces = any(line.strip() for line in case.base.lines[hunk.old_from : hunk.old_to])
        is_edge = hunk.new_from == 0 or not any(line.strip() for line in lines[hunk.new_to :])
        if is_edge and not replaces and len(added) <= _FEW_LINES:
            found += added
    return tuple(found)


def first_filled(case: Case) -> int:
    """Return the number of the first non-blank line; 1 if all lines are blank."""
    return next((at for at, line in enumerate(case.new.lines, 1) if line.strip()), 1)


def excerpt(case: Case, number: int) -> str:
    """Return the beginning of a line, for a message."""
    return case.new.lines[number - 1].strip()[:_EXCERPT]


def lost_lines_at(case: Case, number: int) -> int:
    """Return how many lines the change that contains a line removed."""
    for each in case.hunks:
        if each.new_from < number <= each.new_to:
            return each.old_to - each.old_from
    return 0


def problem(
    case: Case, code: ProblemCode, number: int, message: str, *, certain: bool = True
) -> SyntaxProblem:
    """Return an error for a line, or a doubt if it is not certain."""
    severity = Severity.ERROR if certain else Severity.DOUBT
    return problem_of_line(case, code, severity, message, number)
