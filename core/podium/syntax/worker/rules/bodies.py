"""Emptied bodies, and new bodies that only state that they are not implemented yet."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise
from types import MappingProxyType

from podium.syntax.source import Source
from podium.syntax.symbols import bare_name
from podium.syntax.values import ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.comment_lines import LineKind, line_kinds
from podium.syntax.worker.definition_queries import may_define
from podium.syntax.worker.definitions import Definition
from podium.syntax.worker.hunks import Hunk, joined
from podium.syntax.worker.rules.case import Case

_NOT_IMPLEMENTED = re.compile(
    r"""
      (?:raise|throw)\b .{0,40}? not[\s_-]*(?:yet[\s_-]*)?implemented .*
    | (?:todo|unimplemented)!\s*\(.*\) | TODO\s*\(.*\)
    | throw\s+new\s+\w*(?:NotImplemented|UnsupportedOperation)\w*\s*\(.*\)
    | (?:panic|fatalError|preconditionFailure|error|abort|die|exit)\s*\(.{0,12}?
        (?:not\s+(?:yet\s+)?implemented|todo|unimplemented|stub).*\)
    | raise\s+NotImplementedError\b.*
    | echo\s+.{0,12}(?:not\s+(?:yet\s+)?implemented|todo).*
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NOTHING = re.compile(r"pass|\.{3}|…|:|nil|null|None|true|\(\)|\{\}|return")
_NULL = re.compile(
    r"return\s*\(?(?:None|null|nil|undefined|nullptr|default(?:\([\w<>\[\]?]*\))?)\)?"
)
_CONSTANT = re.compile(
    r"""(?:return\s+)?(?:
      -?\d+(?:\.\d+)?[a-zA-Z]? | "[^"]*" | '[^']*' | \[\] | \{\} | \(\) | false | False | True
    | (?:Default::default|String::new|Vec::new|vec!)\s*[(\[][)\]] | Ok\(\(\)\)
    | (?:(?:nil|None|null)\s*,\s*)+(?:nil|None|null)
    )""",
    re.VERBOSE,
)
_FAILS = re.compile(
    r"(?:raise|throw)\b.*|(?:panic!?|fatalError|preconditionFailure|error|abort|die|exit)\s*\(?.*"
)
_TODO = re.compile(
    r"\b(?:TODO|FIXME|implement (?:this|me|here)|your code here|not implemented)\b", re.I
)
_SIGNS_OF_STUB = (
    *(b"implement", b"todo", b"fixme", b"stub", b"unsupportedoperation", b"your code here"),
)
_DOCSTRING = re.compile(r'^\s*[rRuU]?("""|\'\'\')(?s:.*?)\1')
_COMMENTS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "#": re.compile(r"#(?:(?<=\s#)|(?<=^#)).*"),
        "//": re.compile(r"/\*(?s:.*?)\*/|//(?<!://).*"),
        "--": re.compile(r"--.*"),
    }
)
_ABSTRACT = re.compile(
    r"abstract|overload|Protocol|Interface|virtual|\bABC|override|deprecated|noop|no_op", re.I
)
_MIN_BODY_LINES = 3
_MIN_BODY_LENGTH = 80
_MIN_CONSTANT_LINES = 2
_MIN_LENGTH = 12
"""Minimum length of a body that is more than a constant."""
_MIN_REMOVED = 5
_REMOVED_SHARE = 0.6
_GAP = 2
"""Hunks up to this many lines apart are merged, because blank lines and brackets match by
chance."""
_MIN_LOSS = 2
"""Minimum net number of lines that an emptied body lost, including the stub."""
_EMPTY = re.compile(rb"\{\s*\}|\bend\b|\bpass\b|\.\.\.")


class _Stub(Enum):
    """What is left of a body."""

    NOT_IMPLEMENTED = auto()
    FAILS = auto()
    NOTHING = auto()
    NULL = auto()
    CONSTANT = auto()


@dataclass(frozen=True, slots=True)
class Hollow:
    """A body that became a stub.

    Args:
        problem: the problem.
        first: the first line of the definition.
        last: its last line.
    """

    problem: SyntaxProblem
    first: int
    last: int


def bodies(case: Case) -> Iterator[Hollow]:
    """Find functions that lost their body, and new stubs."""
    if not may_define(case.language.name, "function"):
        return
    if case.base is None:
        former, now = {}, _of_new_file(case)
    else:
        hunks = _relevant_hunks(case)
        if not hunks:
            return
        read_base = case.read_base()
        old = [case.base.span_of_lines(each.old_from - 1, each.old_to + 1) for each in hunks]
        new = [case.new.span_of_lines(each.new_from - 1, each.new_to + 1) for each in hunks]
        if read_base is None:
            return
        # The next attempt or keystroke will use the same base.
        read_base.definitions.find_all()
        near = read_base.definitions.near(old)
        former = _by_path(near)
        now = case.reading.definitions.near(new)
    for each in now:
        if not each.is_callable or each.holds_definitions or each.body >= each.end:
            continue
        before = former.get(each.path) or former.get(bare_name(each.path))
        found = (
            _compared(case, case.base, before, each)
            if case.base is not None and before is not None
            else _new_stub(case, each)
        )
        if found is not None:
            yield Hollow(found, case.new.line(each.start), case.new.line(each.end - 1))


def _by_path(definitions: Iterable[Definition]) -> dict[str, Definition]:
    """Return definitions by path, and by name where it is unique."""
    found = {each.path: each for each in definitions}
    counts = Counter(bare_name(path) for path in found)
    unique = {bare_name(path): each for path, each in found.items() if counts[bare_name(path)] == 1}
    return unique | found


def _of_new_file(case: Case) -> tuple[Definition, ...]:
    is_suspicious = _has_sign(case.new.text) or _has_lone_comment(case, 0, len(case.new.lines))
    return case.reading.definitions.all if is_suspicious else ()


def _has_lone_comment(case: Case, first: int, behind: int) -> bool:
    """Return whether a block in a range of lines may contain nothing but comments."""
    lines = case.new.lines[max(first - 2, 0) : behind + 2]
    kinds = [
        (kind, line)
        for kind, line in zip(line_kinds(lines, case.language), lines, strict=True)
        if line.strip()
    ]
    return any(
        kind is LineKind.COMMENT
        and before[0] is not LineKind.COMMENT
        and _indent(before[1]) < _indent(line)
        for before, (kind, line) in pairwise(kinds)
    )


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _relevant_hunks(case: Case) -> list[Hunk]:
    """Return the hunks that may have emptied a body or added a stub; usually none."""
    may_be_emptied = case.lost_lines >= _MIN_BODY_LINES
    if not case.lost_lines and not case.added_lines:
        return []
    return [
        each
        for each in joined(case.hunks, _GAP)
        if (may_be_emptied and each.loss >= _MIN_LOSS)
        or _has_sign(case.new.text_of_lines(each.new_from, each.new_to))
        or _has_lone_comment(case, each.new_from, each.new_to)
        or (each.old_from < each.old_to and _leaves_nothing(case, each))
    ]


def _leaves_nothing(case: Case, hunk: Hunk) -> bool:
    """Return whether no code of a hunk is left but fillers, constants and empty blocks."""
    lines = case.new.lines[hunk.new_from : hunk.new_to]
    code = [
        line.strip()
        for line, kind in zip(lines, line_kinds(lines, case.language), strict=True)
        if kind is LineKind.CODE
    ]
    return all(
        _EMPTY.search(line.encode())
        or _kind(line.rstrip("; ")) is not None
        or case.is_in_base(line)
        for line in code
    )


def _has_sign(text: bytes) -> bool:
    """Return whether a file may contain an explicit stub."""
    lowered = text.lower()
    return any(sign in lowered for sign in _SIGNS_OF_STUB)


def _compared(
    case: Case, base: Source, before: Definition, now: Definition
) -> SyntaxProblem | None:
    old_text, new_text = base.text[before.body : before.end], case.new.text[now.body : now.end]
    if old_text == new_text or case.may_shrink or _ABSTRACT.search(_head(case.new, now)):
        return None
    if case.intent is not None and case.intent.means_removal_of(now.path):
        return None
    old_lines, new_lines = _lines(case, old_text), _lines(case, new_text)
    if (stub := _stub(new_lines)) is not None:
        severity = _severity_of_stub(case, stub, old_lines, now)
        is_moved = _head(base, before) != _head(case.new, now) and not _has_comment(case, now)
        # Code that moved into the head, such as a constructor's initialisers, is not lost.
        if severity is Severity.DOUBT and is_moved and stub in (_Stub.NOTHING, _Stub.NULL):
            return None
        if severity is None:
            return None
        message = f"the body of `{now.path}` is gone; it is now {_described(case, now, new_lines)}"
        return _problem(case, now, ProblemCode.HOLLOWED, severity, message)
    removed = len(old_lines) - sum((Counter(old_lines) & Counter(new_lines)).values())
    added = len(new_lines) - (len(old_lines) - removed)
    if added == 0 and removed >= max(_MIN_REMOVED, _REMOVED_SHARE * len(old_lines)):
        message = f"`{now.path}` lost {removed} of {len(old_lines)} lines and gained none"
        return _problem(case, now, ProblemCode.HOLLOWED, Severity.DOUBT, message)
    return None


def _severity_of_stub(
    case: Case, stub: _Stub, old_lines: Sequence[str], now: Definition
) -> Severity | None:
    """Return what it means that a body became a stub, or None if it hardly was more before."""
    length = sum(map(len, old_lines))
    if not old_lines or length < _MIN_LENGTH:
        return None
    before = _stub(old_lines)
    if before is not None and not (before is _Stub.FAILS and stub is _Stub.NOTHING):
        return None
    was_long = len(old_lines) >= _MIN_BODY_LINES and length >= _MIN_BODY_LENGTH
    if was_long and (stub is _Stub.NOT_IMPLEMENTED or _has_todo(case, now)):
        return Severity.ERROR
    if stub is _Stub.CONSTANT and len(old_lines) < _MIN_CONSTANT_LINES:
        return None
    return Severity.DOUBT


def _new_stub(case: Case, definition: Definition) -> SyntaxProblem | None:
    body = case.new.text[definition.body : definition.end]
    lines = _lines(case, body)
    stub = _stub(lines)
    if stub is None or _ABSTRACT.search(_head(case.new, definition)):
        return None
    is_lazy = not lines and _has_comment(case, definition)
    if stub is not _Stub.NOT_IMPLEMENTED and not _has_todo(case, definition) and not is_lazy:
        return None
    message = f"`{definition.path}` is a stub: its body is {_described(case, definition, lines)}"
    return _problem(case, definition, ProblemCode.STUB, Severity.DOUBT, message)


def _has_comment(case: Case, definition: Definition) -> bool:
    """Return whether a body contains a comment that is not in the base."""
    first = case.new.line(definition.body) - 1
    lines = case.new.lines[first : case.new.line(definition.end - 1)]
    body = case.new.text[definition.body : definition.end].decode(errors="replace")
    leads = case.language.comment_leads
    is_inline = len(lines) == 1 and any(lead in body for lead in leads if len(lead) > 1)
    kinds = line_kinds(lines, case.language)
    return is_inline or any(
        kind is LineKind.COMMENT and not case.is_in_base(line)
        for kind, line in zip(kinds, lines, strict=True)
    )


def _head(source: Source, definition: Definition) -> str:
    return source.text[definition.start : definition.body].decode(errors="replace")


def _stub(lines: Sequence[str]) -> _Stub | None:
    """Return what kind of stub a body is; None for a real one."""
    code = " ".join(lines)
    return None if len(code) > _MIN_BODY_LENGTH * 2 else _kind(code.rstrip("; "))


def _kind(code: str) -> _Stub | None:
    if _NOT_IMPLEMENTED.fullmatch(code):
        return _Stub.NOT_IMPLEMENTED
    if not code or _NOTHING.fullmatch(code):
        return _Stub.NOTHING
    if _NULL.fullmatch(code):
        return _Stub.NULL
    if _CONSTANT.fullmatch(code):
        return _Stub.CONSTANT
    return _Stub.FAILS if _FAILS.fullmatch(code) else None


def _has_todo(case: Case, definition: Definition) -> bool:
    # In some grammars, the body starts after a comment before its first statement.
    whole = case.new.text[definition.start : definition.end].decode(errors="replace")
    return _TODO.search(whole) is not None


def _described(case: Case, definition: Definition, lines: Sequence[str]) -> str:
    """Return a description of a stub."""
    code = " ".join(lines)
    stub = _stub(lines)
    if stub is _Stub.NOT_IMPLEMENTED or stub is _Stub.FAILS:
        return f"`{code}`"
    if _has_todo(case, definition):
        return "a note that it is not implemented yet"
    if code:
        return f"`{code}`, which does nothing" if stub is _Stub.NOTHING else f"`{code}`"
    return "only a comment" if _has_comment(case, definition) else "empty"


def _lines(case: Case, body: bytes) -> list[str]:
    """Return a body's lines without comments, docstring and surrounding brackets."""
    text = body.decode(errors="replace").strip()
    if text.startswith("{") and text.endswith("}"):
        text = text[1:-1]
    text = text.removeprefix(":")
    if case.language.name == "python":
        text = _DOCSTRING.sub("", text, count=1)
    lead = next((each for each in case.language.comment_leads if each in _COMMENTS), "")
    if lead:
        text = _COMMENTS[lead].sub("", text)
    squeezed = (" ".join(line.split()) for line in text.split("\n"))
    return [line for line in squeezed if len(line) > 1 and line != "end"]


def _problem(
    case: Case, definition: Definition, code: ProblemCode, severity: Severity, message: str
) -> SyntaxProblem:
    start = case.new.position(definition.start)
    line_end = case.new.end_of_line(start.line)
    return SyntaxProblem(code, severity, message, start, max(start, line_end))
