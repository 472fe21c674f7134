"""Definitions, parts of the text, and whole files that appear twice."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from podium.syntax.language import JudgedBy
from podium.syntax.source import Source
from podium.syntax.symbols import bare_name
from podium.syntax.values import ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.definition_queries import may_define
from podium.syntax.worker.definitions import Definition
from podium.syntax.worker.rules.case import Case, Rule, problem_of_line

_MIN_COPY = 4
"""Minimum number of lines of a copied file."""
_MIN_DISTINCT = 3
_SAME_START = 4
"""Number of lines at the start of the file that the start of a copy must equal."""
_MARK = "\ufeff"
"""A byte order mark, which a copied file brings along."""
_ALIKE = 0.85
"""Share of equal lines above which the second half of a file is a copy of the first."""
_MIN_PART = 5
"""Minimum number of lines of a part of the text that was inserted twice."""
_TELLING_LENGTH = 4
_REJECTED = frozenset(
    ("go", "java", "csharp", "kotlin", "swift", "rust", "c", "cpp", "typescript", "tsx", "php")
)
"""Languages whose compilers reject two equal definitions in the same place."""
_MAY_REPEAT = frozenset(("init", "_", "main"))
_CHOSEN = re.compile(r"@|#\[|\b(?:overload|singledispatch|register|setter|getter|deleter)\b")
"""Matches decorators and attributes, which may choose between definitions with one name."""
_DIRECTIVE = re.compile(r"[ \t]*#[ \t]*(?:if|el|endif)")


def doubled(case: Case) -> Iterator[SyntaxProblem]:
    """Find what a change doubled; a whole file is reported once."""
    start = _second_copy(case)
    if start is not None:
        is_certain = case.base is not None
        message = "the file appears twice; the second copy starts here"
        severity = Severity.ERROR if is_certain else Severity.DOUBT
        yield problem_of_line(case, ProblemCode.DOUBLED, severity, message, start)
        return
    found = list(_definitions(case))
    yield from found
    if not found:
        yield from _parts(case)


def _second_copy(case: Case) -> int | None:
    """Return the line where a second copy of the whole file starts."""
    start = _start_of_copy(case.new.non_blank_lines)
    if start is None or (case.base is not None and _start_of_copy(case.base.non_blank_lines)):
        return None
    filled = [at for at, line in enumerate(case.new.lines, 1) if line.strip()]
    return filled[start]


def _start_of_copy(lines: Sequence[str]) -> int | None:
    """Return the index at which lines start again from the beginning; None if they do not."""
    least = max(_MIN_COPY, len(lines) // 3)
    if len(lines) < 2 * _MIN_COPY:
        return None
    for start in range(least, len(lines) - least + 1):
        if lines[start].lstrip(_MARK) != lines[0]:
            continue
        if lines[start + 1 : start + _SAME_START] != lines[1:_SAME_START]:
            continue
        first, second = Counter(lines[:start]), Counter(lines[start:])
        distinct = sum(len(line) >= _TELLING_LENGTH for line in first)
        shared = (first & second).total()
        is_copy = shared >= _ALIKE * max(first.total(), second.total())
        if is_copy and distinct >= max(_MIN_DISTINCT, len(first) // 2):
            return start
    return None


def _definitions(case: Case) -> Iterator[SyntaxProblem]:
    """Find functions that are defined twice in one place and only once in the base."""
    if not may_define(case.language.name, "function"):
        return
    heads = _repeated_heads(case)
    if not heads:
        return
    base_reading = case.read_base()
    former = base_reading.definitions.all if base_reading is not None else ()
    known = Counter(_identity(case.base, each) for each in former if case.base is not None)
    first: dict[tuple[str, str], Definition] = {}
    for each in case.reading.definitions.all:
        name = bare_name(each.path)
        is_macro = case.language.judged_by is JudgedBy.C_BRACKETS and name.isupper()
        if not each.is_callable or name in _MAY_REPEAT or is_macro:
            continue
        identity = _identity(case.new, each)
        before = first.setdefault(identity, each)
        if before is each or known[identity] > 1 or not _are_in_one_place(case, before, each):
            continue
        yield _twice(case, before, each)


def _repeated_heads(case: Case) -> bool:
    """Return whether a line that the change added, and that may begin a definition, repeats.

    Reading the definitions costs more than everything else, and most edits repeat no such line.
    """
    added = {
        " ".join(case.new.lines[number - 1].split())
        for hunk in (case.hunks if case.base is not None else ())
        for number in range(hunk.new_from + 1, hunk.new_to + 1)
        if "(" in case.new.lines[number - 1]
    }
    if case.base is None:
        counts = Counter(line for line in case.new.non_blank_lines if "(" in line)
        return any(count > 1 for count in counts.values())
    return any(count > 1 and line in added for line, count in _counted(case.new).items())


def _counted(source: Source) -> Counter[str]:
    return Counter(source.non_blank_lines)


def _identity(source: Source | None, definition: Definition) -> tuple[str, str]:
    assert source is not None
    head = source.text[definition.start : definition.body].decode(errors="replace")
    return definition.path.partition("#")[0], " ".join(head.split())


def _are_in_one_place(case: Case, first: Definition, second: Definition) -> bool:
    """Return whether two definitions belong to one block and no condition chooses one of them."""
    between = case.new.text[first.end : second.start].decode(errors="replace").split("\n")
    head = case.new.text[second.start : second.body].decode(errors="replace")
    if second.start < first.end:
        return False
    if _CHOSEN.search(head) and _text(case, first) != _text(case, second):
        return False
    depth = case.new.indentation(second.start)
    if case.new.indentation(first.start) != depth:
        return False
    lines = [line for line in between[1:-1] if line.strip()]
    return not any(
        _DIRECTIVE.match(line)
        or _CHOSEN.match(line.strip())
        or len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip()) < depth
        for line in lines
    )


def _twice(case: Case, first: Definition, second: Definition) -> SyntaxProblem:
    name = bare_name(second.path)
    is_equal = _text(case, first) == _text(case, second)
    is_certain = case.base is not None and is_equal and case.language.name in _REJECTED
    line = case.new.line(first.start)
    message = f"`{name}` is defined twice; it is already defined at line {line}"
    severity = Severity.ERROR if is_certain else Severity.DOUBT
    return problem_of_line(
        case, ProblemCode.DOUBLED, severity, message, case.new.line(second.start)
    )


def _text(case: Case, definition: Definition) -> bytes:
    return b" ".join(case.new.text[definition.start : definition.end].split())


def _parts(case: Case) -> Iterator[SyntaxProblem]:
    """Find inserted parts that equal the text directly before or after them."""
    if case.base is None:
        return
    lines = case.new.lines
    for hunk in case.hunks:
        if hunk.old_from != hunk.old_to:
            continue
        part = _filled(lines[hunk.new_from : hunk.new_to])
        telling = {line for line in part if len(line) >= _TELLING_LENGTH}
        if len(part) < _MIN_PART or len(telling) < _MIN_DISTINCT:
            continue
        length = 2 * len(part) + _MIN_PART
        before = _filled(lines[max(hunk.new_from - length, 0) : hunk.new_from])[-len(part) :]
        after = _filled(lines[hunk.new_to : hunk.new_to + length])[: len(part)]
        if part in (before, after):
            message = f"{len(part)} lines appear twice in a row"
            yield problem_of_line(
                case, ProblemCode.DOUBLED, Severity.DOUBT, message, hunk.new_from + 1
            )


def _filled(lines: Sequence[str]) -> list[str]:
    return [bare for line in lines if (bare := line.strip())]


RULES: tuple[Rule, ...] = (doubled,)
