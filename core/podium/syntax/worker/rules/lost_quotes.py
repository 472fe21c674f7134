"""Lost quotes that leave the file valid: the string then continues to the next quote."""

from collections.abc import Iterator

from podium.syntax.values import Position, ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.rules.case import Case, Rule

_QUOTES = ("'", '"', "`")
_MOST_LINES = 400
"""Number of new lines above which a change counts as a rewrite, not as lost quotes."""


def lost_quotes(case: Case) -> Iterator[SyntaxProblem]:
    """Find new lines that equal a line in the base without one of its quotes.

    If the grammar also finds an error, its report is more precise. Lines whose quotes are
    unbalanced in the base, for instance because of an apostrophe, are ignored.
    """
    if case.reading.problems or case.language.is_prose:
        return
    for number, quote in shortened_lines(case):
        line = case.new.lines[number - 1]
        start = len(line) - len(line.lstrip())
        if not _is_comment(case, line):
            yield SyntaxProblem(
                ProblemCode.UNTERMINATED_STRING,
                Severity.DOUBT,
                f"a {quote} that was here before is missing; a string may be unterminated",
                Position(number, start + 1),
                case.new.end_of_line(number),
                expected=quote,
            )


def shortened_lines(case: Case) -> Iterator[tuple[int, str]]:
    """Yield the numbers of new lines that lost one of their quotes, with that quote."""
    if case.base is None or len(case.added_lines) > _MOST_LINES:
        return
    odd = [
        (number, quote)
        for number in case.added_lines
        for quote in _QUOTES
        if case.new.lines[number - 1].count(quote) % 2
    ]
    if not odd:
        return
    shortened = _shortened(case)
    for number, quote in odd:
        if (case.new.lines[number - 1].strip(), quote) in shortened:
            yield number, quote


def _shortened(case: Case) -> set[tuple[str, str]]:
    """Return variants of the base's lost lines, each without one of its paired quotes."""
    return {
        (line[:at] + line[at + 1 :], quote)
        for line in case.removed_lines
        for quote in _QUOTES
        if line.count(quote) and line.count(quote) % 2 == 0
        for at, letter in enumerate(line)
        if letter == quote
    }


def _is_comment(case: Case, line: str) -> bool:
    return line.strip().startswith(case.language.comment_leads)


RULES: tuple[Rule, ...] = (lost_quotes,)
