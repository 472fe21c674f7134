"""What one version of a text looks like to the judge; the seam between grammars and rules."""

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
"""How many problems of one kind are looked for; enough to know those of a bad base again."""


def _no_definitions() -> Definitions:
    return Definitions("", lambda: None)


def _no_names() -> NameUse:
    return NameUse()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a grammar, or what stands in for one, makes of a text.

    Args:
        problems: what it holds against the text, in no particular order.
        is_quoted: whether a byte offset lies inside a string literal.
        definitions: what the text defines.
        names: which names it imports in vain or uses without knowing; the same.
        parsed: the tree; None where there is none.
        suspects: the names of which `names` may tell something, found out for less.
    """

    problems: tuple[SyntaxProblem, ...]
    is_quoted: Callable[[int], bool]
    definitions: Definitions = field(default_factory=_no_definitions)
    names: Callable[[], NameUse] = _no_names
    parsed: FindParsed = not_parsed
    suspects: Callable[[], frozenset[str]] | None = None


def pairing_problems(
    source: Source, tokens: list[Token], *, optional_openers: frozenset[str] = frozenset()
) -> tuple[SyntaxProblem, ...]:
    """Return what does not pair up.

    Args:
        source: where the tokens stand.
        tokens: openers and closers in the order of the text.
        optional_openers: closers that may stand without an opener.
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
    """Return an error at a span of byte offsets."""
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
    """Return the error for a comment or string that begins at an offset and never ends."""
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
            f'"{closer.text}" closes nothing that is open',
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
