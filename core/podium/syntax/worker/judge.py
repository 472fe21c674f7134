"""Checks one file against its previous version; runs in the worker process.

The check is differential: it reports only problems that are not in the base.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from types import MappingProxyType

from podium.syntax.decoding import UNKNOWN, Decoded, as_latin1, decoded
from podium.syntax.language import JudgedBy, Language
from podium.syntax.plain import is_terminal_output
from podium.syntax.refusals import reason_to_refuse, refused
from podium.syntax.source import Source
from podium.syntax.symbols import EMPTY_OUTLINE, Outline
from podium.syntax.values import (
    Intent,
    ProblemCode,
    Severity,
    Status,
    SyntaxProblem,
    SyntaxReport,
    traits_of,
)
from podium.syntax.worker.definitions import outline_of
from podium.syntax.worker.gaps import GRAMMAR_ONLY, as_gaps
from podium.syntax.worker.grammars import FindParsed, Parsed, not_parsed
from podium.syntax.worker.packs import GrammarMissing
from podium.syntax.worker.readers.c import read_c_source
from podium.syntax.worker.readers.csharp import read_csharp
from podium.syntax.worker.readers.data import read_data
from podium.syntax.worker.readers.markdown import read_markdown
from podium.syntax.worker.readers.python import read_python
from podium.syntax.worker.readers.tree import read_tree
from podium.syntax.worker.reading import NOT_READ, Reading
from podium.syntax.worker.rules.case import Case
from podium.syntax.worker.rules.registry import RULES
from podium.syntax.worker.templates import has_tags, without_tags

_OWN_READERS: Mapping[str, Callable[[Language, Source, FindParsed], Reading]] = MappingProxyType(
    {
        "csharp": read_csharp,
        "json": read_data,
        "jsonc": read_data,
        "markdown": read_markdown,
        "python": read_python,
        "toml": read_data,
    }
)
"""Languages with their own reader, which does more than report grammar errors."""
_KEPT_BASES = 8
MAX_PROBLEMS = 50

_MISREAD: Mapping[JudgedBy, int] = MappingProxyType(
    {JudgedBy.GRAMMAR: 3, JudgedBy.TOLERANT_GRAMMAR: 1, JudgedBy.C_BRACKETS: 1}
)
"""With this many errors in the base, the grammar counts as not supporting the file.

Then only unpaired brackets are reported for its next version.
"""
_NO_GRAMMAR = "there is no grammar for this kind of file; only its shape was checked"
_GUESSED = "it is not UTF-8 and declares no encoding; it was read as Latin-1"
_STRICT = frozenset(("python",))
"""Languages whose own tools reject a file of an unknown encoding."""
_OF_PARTS = frozenset(
    (
        *(ProblemCode.STOPS_EARLY, ProblemCode.DEFINITION_LOST, ProblemCode.HOLLOWED),
        *(ProblemCode.PLACEHOLDER, ProblemCode.UNTERMINATED_STRING),
    )
)
_EXPLAINS: Mapping[ProblemCode, frozenset[ProblemCode]] = MappingProxyType(
    {
        ProblemCode.UNRELATED: _OF_PARTS | {ProblemCode.EMPTIED},
        ProblemCode.EMPTIED: frozenset((ProblemCode.DEFINITION_LOST,)),
        ProblemCode.STOPS_EARLY: frozenset((ProblemCode.EMPTIED, ProblemCode.DEFINITION_LOST)),
    }
)
"""Doubts that are not asked in addition to a doubt about the whole file."""
_RECORDED = "it is recorded terminal output: it contains escape sequences"
_INSTALL_GRAMMARS = "its grammar is not installed: pip install 'podium[grammars]'"
_LOOP_OVER_ARGUMENTS = re.compile(rb"(\bfor[ \t]+\w+[ \t]*)[ \t](?=do\b)")
"""Matches `for x do`, which the grammar accepts only with a semicolon."""
_TEMPLATE_TAG = re.compile(rb"\{\{|\{%|<%|<\?php")


def _no_base() -> None:
    return None


def judge(
    path: str,
    language: Language,
    text: bytes,
    base: bytes | None,
    intent: Intent | None = None,
) -> SyntaxReport:
    """Return the report for a file.

    Args:
        path: its path, for the report.
        language: its language; one without a name has no grammar.
        text: the file's bytes.
        base: the bytes before the change; None for a new file. A base that is unsafe to parse is
            treated like None.
        intent: what the task declares about the change, if anything.
    """
    versions = _Versions(decoded(text), decoded(base) if base is not None else None)
    if not language.name or (versions.may_be_guessed and language.name not in _STRICT):
        versions = versions.guessed()
    base_reason = versions.base_reason
    if reason := reason_to_refuse(versions.new.text):
        report = refused(path, language.name, reason, base_reason)
        if report.status is Status.REFUSED and language.name:
            return report
        return _by_shape(path, language, versions, intent, reason)
    if not language.name:
        return _by_shape(path, language, versions, intent, _NO_GRAMMAR)
    if is_terminal_output(text) and (base is None or is_terminal_output(base)):
        return _by_shape(path, language, versions, intent, _RECORDED)
    former: Source | None = None
    read_base: Callable[[], Reading | None] = _no_base
    if versions.base is not None and not base_reason:
        former, read_base = _opened_base(language, versions.base.text)
    try:
        new = Source(versions.new.text)
        reading = read(language, new, read_base)
        encodings = versions.encodings
        case = Case(language, new, former, reading, read_base, intent, path, encodings)
        problems = problems_of(case)
    except GrammarMissing:
        return _by_shape(path, language, versions, intent, _INSTALL_GRAMMARS)
    report = sorted_report(path, language, problems)
    return replace(report, reason=versions.remark)


@dataclass(frozen=True, slots=True)
class _Versions:
    """Both versions of a file, decoded.

    Args:
        new: the new version.
        base: the previous version, or None for a new file.
        is_guessed: whether a version of an unknown encoding was read as Latin-1.
    """

    new: Decoded
    base: Decoded | None
    is_guessed: bool = False

    @property
    def may_be_guessed(self) -> bool:
        """Whether the base already has an unknown encoding, so the change is not to blame."""
        return self.base is not None and self.base.encoding == UNKNOWN

    def guessed(self) -> "_Versions":
        """Return the versions with all bytes of an unknown encoding read as Latin-1."""
        base = _guessed(self.base) if self.base is not None else None
        return _Versions(_guessed(self.new), base, is_guessed=True)

    @property
    def base_reason(self) -> str:
        """Why the base is unsafe to parse, as a sentence, or empty."""
        return reason_to_refuse(self.base.text) if self.base is not None else ""

    @property
    def encodings(self) -> tuple[str, str]:
        """The encodings of the base and of the new version."""
        base = self.base if self.base is not None else self.new
        return base.encoding, self.new.encoding

    @property
    def remark(self) -> str:
        """What the report says about a check that was possible, but not as usual."""
        if self.base_reason:
            why = "the previous version could not be read, so nothing was compared"
            return f"{why}: {self.base_reason}"
        return _GUESSED if self.is_guessed else ""


def _guessed(version: Decoded) -> Decoded:
    if version.encoding != UNKNOWN or b"\0" in version.text:
        return version
    return replace(version, text=as_latin1(version.text))


def _by_shape(
    path: str, language: Language, versions: _Versions, intent: Intent | None, reason: str
) -> SyntaxReport:
    """Apply only the rules that need no grammar, to versions that can be read as text."""
    versions = versions.guessed()
    skipped = SyntaxReport(path, language.name, Status.SKIPPED, reason)
    if b"\0" in versions.new.text:
        return replace(skipped, reason=reason_to_refuse(versions.new.text) or reason)
    base = versions.base
    former = Source(base.text) if base is not None and b"\0" not in base.text else None
    declared = Intent(intent.removes) if intent is not None else None
    new, encodings = Source(versions.new.text), versions.encodings
    case = Case(language, new, former, NOT_READ, _no_base, declared, path, encodings)
    return replace(skipped, problems=sorted_report(path, language, problems_of(case)).problems)


def grammar_missing(path: str, language: Language) -> SyntaxReport:
    """Return the report for a file whose grammar belongs to an extra that is not installed."""
    return SyntaxReport(path, language.name, Status.SKIPPED, _INSTALL_GRAMMARS)


def sorted_report(path: str, language: Language, problems: Iterable[SyntaxProblem]) -> SyntaxReport:
    """Return the report with the problems sorted."""
    ordered = sorted(problems, key=lambda problem: (problem.start, problem.code))
    return SyntaxReport(path, language.name, Status.CHECKED, problems=tuple(ordered[:MAX_PROBLEMS]))


def new_problems(case: Case) -> list[SyntaxProblem]:
    """Return the grammar's problems that are not in the base; rules are not applied."""
    if not case.reading.problems:
        return []
    return _causes_only(as_gaps(case, _new_problems(case), ()))


def outline(language: Language, text: bytes) -> Outline:
    """Return the definitions in a file; empty if it is unsafe to parse."""
    if reason_to_refuse(text):
        return EMPTY_OUTLINE
    source = Source(text)
    try:
        return outline_of(source, read(language, source).definitions.all)
    except GrammarMissing:
        return EMPTY_OUTLINE


def problems_of(case: Case) -> list[SyntaxProblem]:
    """Return all problems in a file, in no particular order."""
    problems = [problem for rule in RULES for problem in rule(case)]
    if case.reading.problems:
        problems += as_gaps(case, _new_problems(case), problems)
    return _causes_only(_asked_once(problems))


def _asked_once(problems: list[SyntaxProblem]) -> list[SyntaxProblem]:
    """Omit doubts that a problem of the whole file explains."""
    codes = {each.code for each in problems}
    explained = frozenset[ProblemCode]().union(
        *(explained for code, explained in _EXPLAINS.items() if code in codes)
    )
    return [
        each
        for each in problems
        if each.code not in explained or each.severity is not Severity.DOUBT
    ]


@lru_cache(maxsize=_KEPT_BASES)
def _opened_base(language: Language, base: bytes) -> tuple[Source, Callable[[], Reading]]:
    """Return a base and its reader; cached, because attempts and keystrokes reuse the same base."""
    source = Source(base)
    return source, cache(lambda: read(language, source))


def read(
    language: Language, source: Source, read_base: Callable[[], Reading | None] = _no_base
) -> Reading:
    """Read a file without comparing it with its base.

    Args:
        language: its language.
        source: its content.
        read_base: returns the parsed previous version, so that shared parts are not parsed again.
    """

    def find_base() -> Parsed | None:
        base = read_base()
        return base.parsed() if base is not None else None

    reading = _read_as_written(language, source, find_base)
    if not reading.problems:
        return reading
    for text in _rewritten(language, source.text):
        other = _read_as_written(language, Source(text, source), not_parsed)
        if len(other.problems) < len(reading.problems):
            reading = other
        if not reading.problems:
            break
    return reading


def _read_as_written(language: Language, source: Source, find_base: FindParsed) -> Reading:
    if language.judged_by is JudgedBy.C_BRACKETS:
        return read_c_source(language, source, find_base)
    return _OWN_READERS.get(language.name, read_tree)(language, source, find_base)


def _rewritten(language: Language, text: bytes) -> Iterator[bytes]:
    """Yield equivalents of a text that the grammar may accept, with the same offsets."""
    if language.name == "bash" and _LOOP_OVER_ARGUMENTS.search(text):
        text = _LOOP_OVER_ARGUMENTS.sub(rb"\1;", text)
        yield text
    if not language.is_prose and has_tags(text):
        yield from without_tags(text)


def _new_problems(case: Case) -> list[SyntaxProblem]:
    """Return the grammar's new problems, as warnings if the grammar is unreliable."""
    base_reading = case.read_base()
    former: Sequence[SyntaxProblem] = base_reading.problems if base_reading is not None else ()
    base_is_clean = case.base is not None and not former
    problems = case.reading.problems
    if base_reading is not None:
        problems += case.reading.counted_as_new
        former = (*former, *base_reading.counted_as_new)
    if sum(each.code in GRAMMAR_ONLY for each in former) >= _MISREAD[case.language.judged_by]:
        problems = tuple(each for each in problems if each.code not in GRAMMAR_ONLY)
    if not base_is_clean:
        problems = tuple(_as_warning(case, problem) for problem in problems)
    known = Counter((each.code, case.base.context_at(each.start)) for each in former if case.base)
    return list(_without_known(case.new, problems, known))


def _as_warning(case: Case, problem: SyntaxProblem) -> SyntaxProblem:
    # Without a clean base there is no evidence that the grammar supports this file.
    has_tags = case.language.templated and _TEMPLATE_TAG.search(case.new.text) is not None
    is_doubtful = case.language.judged_by is JudgedBy.TOLERANT_GRAMMAR
    if has_tags or (is_doubtful and problem.code in GRAMMAR_ONLY):
        return replace(problem, severity=Severity.NOTE)
    return problem


def _without_known(
    source: Source, problems: Iterable[SyntaxProblem], known: Counter[tuple[ProblemCode, str]]
) -> Iterator[SyntaxProblem]:
    """Remove one problem with the same code and line text for each problem in the base."""
    left = known.copy()
    for problem in problems:
        identity = (problem.code, source.context_at(problem.start))
        if left[identity] > 0:
            left[identity] -= 1
        else:
            yield problem


def _causes_only(problems: Sequence[SyntaxProblem]) -> list[SyntaxProblem]:
    """Omit problems that errors of a lower rank explain, and duplicates on the same line."""
    errors = (traits_of(each.code).cause for each in problems if each.severity is Severity.ERROR)
    first = min((cause for cause in errors if cause is not None), default=None)
    unique = {
        (each.code, each.severity, each.start.line): each
        for each in reversed(problems)
        if not _is_explained(traits_of(each.code).cause, first)
    }
    return list(unique.values())


def _is_explained(cause: int | None, first: int | None) -> bool:
    return cause is not None and first is not None and cause > first
