"""Recognises valid code that only the grammar rejects: a gap in the grammar, not a mistake.

A grammar lags behind its language. What it rejects alone is a note: the brackets pair up, and
nothing else suggests that the text was damaged.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from podium.syntax.values import ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.pairs.raw_pairs import brackets_pair_up, unpaired_counts
from podium.syntax.worker.rules.case import Case
from podium.syntax.worker.rules.lost_quotes import shortened_lines
from podium.syntax.worker.rules.shapes.changed import lines_around_base
from podium.syntax.worker.templates import has_tags

GRAMMAR_ONLY = frozenset((ProblemCode.MISSING, ProblemCode.UNEXPECTED))
"""Codes of problems for which there is no evidence but the grammar."""
_HARMLESS = frozenset((ProblemCode.STUB, ProblemCode.DEFINITION_LOST, ProblemCode.DOUBLED))
"""Codes of doubts that do not suggest that the text is broken."""
_CONFIRMED = frozenset(("json", "jsonc", "toml", "python", "yaml"))
"""Languages where another parser confirms the errors, or the grammar is complete."""
_QUOTES = ('"', "`")
_CLOSERS = frozenset((")", "]", "}"))
_MOST = 4
"""Number of errors above which it is more likely that the text is broken."""
_SENTENCE = re.compile(r"[.:!?>\u2026\u3002\uff01\uff1f]\s*$|(?:\S+\s+){3}.*[^;{}(),\s]\s*$")
_DANGLING = re.compile(
    r"(?:[-+*/%=<&|^!?:.,]|\b(?:return|and|or|not|in|new|of))\s*(?:[;)\]}]|$)"
    r"|[=+*/%^]\s+=(?!=)|[(\[]\s*,|,\s*,|;\s*[)\]]"
)
"""Matches an operator without an operand."""
_COMPLETE = re.compile(
    r"(?:\+\+|--|=>|->|\?|!|\.\.\.|\.\.|::|\*|&|:)\s*(?:[;)\]}]|$)|[,({\[]\s*$|,\s*[)\]}]|(?:=|:|->|\|)\s*$"
)
"""Matches operators that may be at an end, as in `i++;` or at the end of a line."""
_STRAY = re.compile(
    r"[\u200b-\u200f\u2018-\u201f\ufffd\ufeff\uff01-\uff5e\\]|`{3}|&(?:lt|gt|amp|quot|#\d+);"
)
_UNFINISHED = re.compile(
    r"(?:[-+*/%=<&|^!?:.,({\[]|\b(?:return|and|or|not|in|new|of|import|from|as|def|class|function"
    r"|func|fun|fn|let|const|var|val|if|else|while|for|extends|implements|with|use))\s*$"
)
"""Matches a last line that needs another one."""
_WORDS = re.compile(r"(?:[A-Za-z']+[,.]?\s+){4}[A-Za-z']+")
_NUMBER = re.compile(r"\d+")
_NOTE = "; this may be valid code that the grammar does not know yet"


def as_gaps(
    case: Case, problems: Sequence[SyntaxProblem], others: Iterable[SyntaxProblem]
) -> list[SyntaxProblem]:
    """Return the grammar's problems, as notes if they may be a gap in the grammar.

    Args:
        case: the file.
        problems: the new problems that the grammar found.
        others: what the rules found.
    """
    if not problems or not _may_be_gaps(case, problems, others):
        return list(problems)
    return [
        replace(each, severity=Severity.NOTE, message=each.message + _NOTE)
        if each.severity is Severity.ERROR
        else each
        for each in problems
    ]


def _may_be_gaps(
    case: Case, problems: Sequence[SyntaxProblem], others: Iterable[SyntaxProblem]
) -> bool:
    if case.language.name in _CONFIRMED or _count(case, problems) > _MOST:
        return False
    if any(each.code not in GRAMMAR_ONLY for each in case.reading.problems):
        return False
    if any(each.severity is not Severity.NOTE and each.code not in _HARMLESS for each in others):
        return False
    if _has_lost_bracket(case) or any(shortened_lines(case)):
        return False
    leftover = _sentences_around(case)
    return not any(each.start.line in leftover or _suggests_damage(case, each) for each in problems)


def _count(case: Case, problems: Sequence[SyntaxProblem]) -> int:
    """Return the number of errors; a change may contain a construct many times."""
    if case.base is None:
        return len(problems)
    return len({(each.code, _NUMBER.sub("", each.message)) for each in problems})


def _sentences_around(case: Case) -> frozenset[int]:
    """Return the lines like sentences or tags that a change added before or after the whole base.

    That is where parts of an agent's reply are left.
    """
    return frozenset(
        at for at in lines_around_base(case) if _SENTENCE.search(case.new.lines[at - 1])
    )


def _has_lost_bracket(case: Case) -> bool:
    """Return whether the change left more brackets without a partner, or fewer, than before."""
    parsed, base = case.reading.parsed(), case.read_base()
    former = base.parsed() if base is not None else None
    if parsed is None or former is None:
        return False
    before = unpaired_counts(former.tree, former.source.text)
    return unpaired_counts(parsed.tree, parsed.source.text) != before


def _is_skipped(case: Case, problem: SyntaxProblem) -> bool:
    """Return whether the text may contain what the grammar reports as missing."""
    parsed = case.reading.parsed()
    if problem.expected not in _CLOSERS:
        return problem.expected == ";"
    return parsed is not None and brackets_pair_up(parsed.tree, parsed.source.text)


def _suggests_damage(case: Case, problem: SyntaxProblem) -> bool:
    """Return whether the lines of a problem look broken, or the file ends within it."""
    if problem.code is ProblemCode.MISSING and not _is_skipped(case, problem):
        return True
    if problem.start.line == 1 and has_tags(case.new.text):
        return False  # The grammar does not know a template.
    lines = case.new.lines
    last = case.new.last_non_blank
    if problem.end.line >= last and (
        not case.new.ends_with_newline or _UNFINISHED.search(lines[last - 1])
    ):
        return True
    shown = lines[problem.start.line - 1 : problem.start.line + _MOST]
    first = shown[0].strip() if shown else ""
    is_dangling = any(
        _COMPLETE.match(first, found.start()) is None for found in _DANGLING.finditer(first)
    )
    excerpt = " ".join(shown[: problem.end.line - problem.start.line + 1])
    is_open = any(first.replace("\\" + quote, "").count(quote) % 2 for quote in _QUOTES)
    return is_dangling or is_open or bool(_STRAY.search(first) or _WORDS.search(excerpt))
