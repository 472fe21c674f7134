"""Missing definitions: definitions from the base, and definitions that the task expects."""

import re
from collections.abc import Iterator, Sequence

from podium.syntax.symbols import SymbolKind, bare_name
from podium.syntax.values import Intent, Position, ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.definition_queries import DEFINITION_QUERIES, may_define
from podium.syntax.worker.definitions import Definition
from podium.syntax.worker.rules.case import Case, Rule, problem_of_line

_MANY = 3
_MANY_SHARE = 0.5
_FEW_NEW_LINES = 0.1
_LANDSLIDE_SHARE = 0.1
"""Minimum share of removed lines when many definitions are missing."""
_HEAD = re.compile(
    r"\b(?:function\*?|class|interface|type|enum|const|let|var|namespace|module)\s+([\w$]+)"
    r"|\b([\w$]+)\s*[:=]\s*(?:async\b|function\b|class\b|\(|[\w$]+\s*=>)"
)
"""Matches a line that begins a definition in JavaScript."""
_USES = ("(", "{", "<", " (", " {", " <")
_MOST_NAMED = 4
_COUNTED = frozenset((SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.CLASS, SymbolKind.MODULE))
_CLOSED_WORLD = frozenset(("javascript", "typescript", "tsx"))
"""Languages where a name must be imported or defined in the file. For Python the names rule is more
precise."""
_NAME = re.compile(r"[A-Za-z_]\w+$")


def lost_definitions(case: Case) -> Iterator[SyntaxProblem]:
    """Find definitions that were removed unintentionally.

    People remove definitions in one edit out of twenty, so without an intent this reports only
    definitions that the file still uses, or many that vanish at once without a replacement.
    """
    yield from _not_delivered(case)
    # A rename removes one line; skip it, because parsing the base is the most expensive step.
    if case.base is None or case.may_shrink or not case.lost_lines:
        return
    if not any(may_define(case.language.name, each) for each in ("function", "class", "module")):
        return
    # Expected definitions do not justify removals.
    intent = case.intent if case.intent is not None and case.intent.removes else None
    if intent is None and case.lost_lines < _MANY:
        return
    base_reading = case.read_base()
    if base_reading is None:
        return
    if intent is None and not _may_be_missing(case):
        return
    gone = _missing(base_reading.definitions.all, case.reading.definitions.all)
    if not gone:
        return
    if intent is not None:
        yield from _not_intended(case, intent, gone)
        return
    still_used = [each for each in gone if _is_still_used(case, each)]
    if still_used:
        yield from (_still_used(case, each) for each in still_used[:_MOST_NAMED])
    elif _is_mass_removal(case, gone, base_reading.definitions.all):
        names = ", ".join(f"`{each.path}`" for each in gone[:_MOST_NAMED])
        more = ", …" if len(gone) > _MOST_NAMED else ""
        message = f"{len(gone)} definitions are gone without a replacement: {names}{more}"
        yield _lost(case, message)


def _may_be_missing(case: Case) -> bool:
    """Return whether the definitions of both versions have to be read.

    Reading them costs more than all other rules, and most edits do not remove any.
    """
    assert case.base is not None
    if case.lost_lines >= _LANDSLIDE_SHARE * len(case.base.non_blank_lines):
        return True
    if case.language.name not in _CLOSED_WORLD:
        return False
    heads = {
        name
        for line in case.removed_lines
        for found in _HEAD.finditer(line)
        for name in found.groups()
        if name
    }
    text = case.new.text
    return any(f"{name}{use}".encode() in text for name in heads for use in _USES)


def _missing(old: Sequence[Definition], new: Sequence[Definition]) -> list[Definition]:
    """Return the outermost definitions that are missing and did not move."""
    paths = {each.path for each in new}
    names = {bare_name(each.path) for each in new}
    gone: list[Definition] = []
    for each in old:
        if each.kind not in _COUNTED or each.path in paths or bare_name(each.path) in names:
            continue
        if not gone or each.start >= gone[-1].end:
            gone.append(each)
    return gone


def _not_delivered(case: Case) -> Iterator[SyntaxProblem]:
    if case.intent is None or not case.intent.expects:
        return
    if case.language.name not in DEFINITION_QUERIES:
        return  # The language has no definitions, so the task cannot expect any.
    defined = {each.path for each in case.reading.definitions.all}
    defined |= {bare_name(path) for path in defined}
    for name in sorted(case.intent.expects - defined):
        message = f"`{name}` is not defined here, but the task expects it"
        yield _lost(case, message, severity=Severity.ERROR)


def _not_intended(
    case: Case, intent: Intent, gone: Sequence[Definition]
) -> Iterator[SyntaxProblem]:
    for each in gone:
        if not intent.means_removal_of(each.path):
            message = f"`{each.path}` is no longer defined; the task does not say to remove it"
            yield _lost(case, message)


def _is_still_used(case: Case, definition: Definition) -> bool:
    """Return whether the name of a function or class still occurs in the code."""
    name = bare_name(definition.path)
    if case.language.name not in _CLOSED_WORLD:
        return False
    if definition.kind is SymbolKind.METHOD or not _NAME.match(name):
        return False
    if name in case.reading.names().imported:
        return False
    plain = re.escape(name)
    places = re.finditer(
        # A pattern that begins with the name searches at the speed of `bytes.find`.
        rf"{plain}(?<![\w.$@/'\"-]{plain})\b(?=\s*[({{<])".encode(),
        case.new.text,
    )
    return any(not _is_text(case, found.start()) for found in places)


def _is_text(case: Case, offset: int) -> bool:
    line = case.new.lines[case.new.line(offset) - 1].strip()
    return line.startswith(case.language.comment_leads) or case.reading.is_quoted(offset)


def _is_mass_removal(case: Case, gone: Sequence[Definition], old: Sequence[Definition]) -> bool:
    counted = [each for each in old if each.kind in _COUNTED]
    if len(gone) < _MANY or len(gone) < _MANY_SHARE * len(counted) or case.base is None:
        return False
    added = sum(line.strip() not in case.base.line_set for line in case.new.lines)
    return added <= _FEW_NEW_LINES * len(case.base.non_blank_lines)


def _still_used(case: Case, definition: Definition) -> SyntaxProblem:
    name = bare_name(definition.path)
    return _lost(case, f"`{name}` is still used, but no longer defined")


def _lost(case: Case, message: str, severity: Severity = Severity.DOUBT) -> SyntaxProblem:
    problem = problem_of_line(
        case, ProblemCode.DEFINITION_LOST, severity, message, case.new.last_non_blank
    )
    return problem if problem.start <= problem.end else problem_at_top(problem)


def problem_at_top(problem: SyntaxProblem) -> SyntaxProblem:
    """Return the problem, moved to the beginning of the file."""
    top = Position(1, 1)
    return SyntaxProblem(problem.code, problem.severity, problem.message, top, top)


RULES: tuple[Rule, ...] = (lost_definitions,)
