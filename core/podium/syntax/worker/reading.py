"""The parsed form of one version of a file; the interface between grammars and rules."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from podium.syntax.source import Source
from podium.syntax.values import Position, ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.definitions import Definitions
from podium.syntax.worker.grammars import FindParsed, not_parsed
from podium.syntax.worker.names import NameUse
from podium.syntax.worker.pairs.pairing import Blame, Token, Unclosed, are_paired, unpaired

MAX_PROBLEMS = 500
"""Maximum number of problems of one kind; enough to recognise those in an already broken base."""


def _no_definitions() -> Definitions:
    return Definitions("", lambda: None)


def _no_names() -> NameUse:
    return NameUse()


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of reading a file with a grammar or a fallback parser.

    Args:
        problems: its problems, in no particular order.
        is_quoted: returns whether a byte offset is inside a string literal.
        definitions: its definitions, found on demand.
        names: returns its unused and undefined names.
        parsed: returns the tree, or None if the file was not parsed.
        suspects: returns the names that `names` might report, at a lower cost.
        is_comment: returns whether a byte offset is inside a comment, if the reader knows without
            the tree.
        counted_as_new: problems that old code may have on purpose; they count only if a change
            causes them.
    """

    problems: tuple[SyntaxProblem, ...]
    is_quoted: Callable[[int], bool]
    definitions: Definitions = field(default_factory=_no_definitions)
    names: Callable[[], NameUse] = _no_names
    parsed: FindParsed = not_parsed
    suspects: Callable[[], frozenset[str]] | None = None
    is_comment: Callable[[int], bool] | None = None
    counted_as_new: tuple[SyntaxProblem, ...] = ()


NOT_READ = Reading((), lambda _offset: False)
"""The reading of a file without a grammar."""


def pairing_problems(
    source: Source, tokens: list[Token], *, optional_openers: frozenset[str] = frozenset()
) -> tuple[SyntaxProblem, ...]:
    """Return the problems that unbalanced tokens cause.

    Args:
        source: the content.
        tokens: openers and closers in file order.
        optional_openers: closers that do not need an opener.
    """
    if are_paired(tokens):
        return ()
    blames = (
        blame
        for blame in unpaired(tokens, source)
        if isinstance(blame, Unclosed) or blame.closer.text not in optional_openers
    )
    return tuple(_pairing_problem(source, blame) for blame in islice(blames, MAX_PROBLEMS))


def error_at(
    source: Source,
    code: ProblemCode,
    message: str,
    span: tuple[int, int],
    *,
    opened_at: Position | None = None,
    expected: str = "",
) -> SyntaxProblem:
    """Return an error for a span of byte offsets."""
    return SyntaxProblem(
        code=code,
        severity=Severity.ERROR,
        message=message,
        start=source.position(span[0]),
        end=source.position(span[1]),
        opened_at=opened_at,
        expected=expected,
    )


def unterminated(source: Source, opener: str, offset: int) -> SyntaxProblem:
    """Return the error for a comment or string that is never closed."""
    comment = opener in ("/*", "<!--")
    closer = {"/*": "*/", "<!--": "-->"}.get(opener, opener)
    start = source.position(offset)
    what = "comment" if comment else "string"
    return error_at(
        source,
        ProblemCode.UNTERMINATED_COMMENT if comment else ProblemCode.UNTERMINATED_STRING,
        f"the {what} that {opener} opens at line {start.line} is never closed",
        (offset, offset + len(opener)),
        opened_at=start,
        expected=closer,
    )


def _pairing_problem(source: Source, blame: Blame) -> SyntaxProblem:
    if not isinstance(blame, Unclosed):
        closer = blame.closer
        return error_at(
            source,
            ProblemCode.UNOPENED,
            f'"{closer.text}" has no matching opener',
            (closer.offset, closer.offset + len(closer.text)),
        )
    opener, noticed = blame.opener, blame.noticed
    opened_at = source.position(opener.offset)
    where = (
        f"noticed at line {source.position(noticed.offset).line}"
        if noticed is not None
        else "noticed at the end of the file"
    )
    end = opener.offset + len(opener.text)
    return error_at(
        source,
        ProblemCode.UNCLOSED,
        f'"{opener.text}" opened at line {opened_at.line} is never closed ({where})',
        (opener.offset, end),
        opened_at=opened_at,
        expected=opener.closer,
    )
