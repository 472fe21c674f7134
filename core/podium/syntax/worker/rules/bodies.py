"""Emptied bodies, and new bodies that only state that they are not implemented yet."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from podium.syntax.source import Source
from podium.syntax.values import ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.definition_queries import may_define
from podium.syntax.worker.definitions import Definition
from podium.syntax.worker.hunks import Hunk, joined
from podium.syntax.worker.rules.case import Case, Rule

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
_NOTHING = re.compile(r"pass|\.{3}|…|return(?:\s+(?:None|null|nil|undefined|false|0))?|:")
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
_MIN_REMOVED = 5
_REMOVED_SHARE = 0.6
_MIN_LOSS = 2
"""Minimum net number of lines that an emptied body lost, including the stub."""
_GAP = 2
"""Hunks up to this many lines apart are merged, because blank lines and brackets match by
chance."""


def bodies(case: Case) -> Iterator[SyntaxProblem]:
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
        former = {each.path: each for each in near}
        now = case.reading.definitions.near(new)
    for each in now:
        if not each.is_callable or each.holds_definitions or each.body >= each.end:
            continue
        before = former.get(each.path)
        if case.base is not None and before is not None:
            yield from _compared(case, case.base, before, each)
        else:
            yield from _new_stub(case, each)


def _of_new_file(case: Case) -> tuple[Definition, ...]:
    return case.reading.definitions.all if _has_sign(case.new.text) else ()


def _relevant_hunks(case: Case) -> list[Hunk]:
    """Return the hunks that may have emptied a body or added a stub; usually none."""
    may_be_emptied = case.lost_lines >= _MIN_BODY_LINES
    if not may_be_emptied and not case.added_lines:
        return []
    return [
        each
        for each in joined(case.hunks, _GAP)
        if (may_be_emptied and each.loss >= _MIN_LOSS)
        or _has_sign(case.new.text_of_lines(each.new_from, each.new_to))
    ]


def _has_sign(text: bytes) -> bool:
    """Return whether a file may contain an explicit stub."""
    lowered = text.lower()
    return any(sign in lowered for sign in _SIGNS_OF_STUB)


def _compared(
    case: Case, base: Source, before: Definition, now: Definition
) -> Iterator[SyntaxProblem]:
    old_text, new_text = base.text[before.body : before.end], case.new.text[now.body : now.end]
    if old_text == new_text or case.may_shrink or _ABSTRACT.search(_head(case.new, now)):
        return
    if case.intent is not None and case.intent.means_removal_of(now.path):
        return
    old_lines, new_lines = _lines(case, old_text), _lines(case, new_text)
    was_real = len(old_lines) >= _MIN_BODY_LINES and sum(map(len, old_lines)) >= _MIN_BODY_LENGTH
    if was_real and (what := _stub(case, now, new_lines)):
        message = f"the body of `{now.path}` is gone; it is now {what}"
        does_nothing = _does_nothing(what)
        # Code that moved into the head, such as a constructor's initialisers, is not lost.
        if not does_nothing or _head(base, before) == _head(case.new, now):
            severity = Severity.DOUBT if does_nothing else Severity.ERROR
            yield _problem(case, now, ProblemCode.HOLLOWED, severity, message)
        return
    removed = len(old_lines) - sum((Counter(old_lines) & Counter(new_lines)).values())
    added = len(new_lines) - (len(old_lines) - removed)
    if added == 0 and removed >= max(_MIN_REMOVED, _REMOVED_SHARE * len(old_lines)):
        message = f"`{now.path}` lost {removed} of {len(old_lines)} lines and gained none"
        yield _problem(case, now, ProblemCode.HOLLOWED, Severity.DOUBT, message)


def _new_stub(case: Case, definition: Definition) -> Iterator[SyntaxProblem]:
    body = case.new.text[definition.body : definition.end]
    what = _stub(case, definition, _lines(case, body))
    if not what or _does_nothing(what):
        return
    if _ABSTRACT.search(_head(case.new, definition)):
        return
    message = f"`{definition.path}` is a stub: its body is {what}"
    yield _problem(case, definition, ProblemCode.STUB, Severity.DOUBT, message)


def _head(source: Source, definition: Definition) -> str:
    return source.text[definition.start : definition.body].decode(errors="replace")


def _stub(case: Case, definition: Definition, lines: Sequence[str]) -> str:
    """Return a description of a body that does nothing, or an empty string for a real one."""
    code = " ".join(lines)
    if len(code) > _MIN_BODY_LENGTH * 2:
        return ""
    # In some grammars, the body starts after a comment before its first statement.
    whole = case.new.text[definition.start : definition.end].decode(errors="replace")
    has_todo = _TODO.search(whole) is not None
    if _NOT_IMPLEMENTED.fullmatch(code.rstrip("; ")):
        return f"`{code}`"
    if not code or _NOTHING.fullmatch(code.rstrip("; ")):
        if has_todo:
            return "a note that it is not implemented yet"
        return f"`{code}`, which does nothing" if code else "empty"
    return ""


def _does_nothing(what: str) -> bool:
    return what == "empty" or what.endswith("does nothing")


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


RULES: tuple[Rule, ...] = (bodies,)
