"""Finds syntax errors and unfinished code with the syntax checker.

It also finds merge conflicts in files of unknown languages.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from podium.audits.auditors.sample_paths import is_test_material
from podium.model.findings import Observation, Position, Range, Severity, SuggestedEdit
from podium.ports.auditor import AuditedFile
from podium.syntax import ProblemCode, Status, SyntaxChecker, SyntaxProblem, SyntaxReport
from podium.syntax import Severity as SyntaxSeverity
from podium.syntax.languages import LANGUAGES, JudgedBy
from podium.syntax.plain import is_terminal_output
from podium.syntax.values import traits_of

NAME = "syntax"
_EXACT = frozenset(("json", "python", "toml"))
"""Languages with a complete parser, not only a grammar."""
_GRAMMAR_GAPS = frozenset((ProblemCode.MISSING, ProblemCode.UNEXPECTED))
_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")
"""Generated declaration files, which the grammar covers poorly."""
_LISTED = 6
"""Maximum number of additional lines listed in a message."""
_BY_GRAMMAR = frozenset(
    (
        *_GRAMMAR_GAPS,
        *(ProblemCode.UNCLOSED, ProblemCode.UNOPENED),
        *(ProblemCode.UNTERMINATED_STRING, ProblemCode.UNTERMINATED_COMMENT),
    )
)

_SEVERITY = {
    SyntaxSeverity.ERROR: Severity.ERROR,
    SyntaxSeverity.DOUBT: Severity.WARNING,
    SyntaxSeverity.NOTE: Severity.INFO,
}
_PARSED = _BY_GRAMMAR | {ProblemCode.PYTHON_COMPILE}


@dataclass(frozen=True)
class SyntaxAuditor:
    """Finds syntax errors and unfinished code.

    Args:
        checker: parses the files.
    """

    checker: SyntaxChecker
    name: str = NAME
    reads_large_files: bool = False

    async def audit(self, file: AuditedFile) -> Iterable[Observation]:
        """Return the problems in a file; with a base, only in its changes."""
        return await audit_syntax(self.checker, file)


async def audit_syntax(checker: SyntaxChecker, subject: AuditedFile) -> list[Observation]:
    """Return syntax errors and unfinished code in a file; with a base, only in its changes.

    A file that cannot be parsed (not UTF-8, nested too deeply) is reported only if the change
    caused that.
    """
    if subject.is_binary:
        return []
    report = await checker.check(subject.path, subject.text, subject.base)
    if is_terminal_output(subject.base or subject.text):
        return _conflicts(subject, report)
    # Without a grammar, only a change shows what the rules about shapes can decide.
    by_shape = report.status is Status.SKIPPED and subject.base is not None
    match Status.CHECKED if by_shape else report.status:
        case Status.CHECKED:
            is_reliable = _is_reliable(report.language)
            counted = [each for each in report.problems if _counts(subject, each, is_reliable)]
            is_exact = report.language in _EXACT
            if subject.base is None and not (is_exact or subject.is_new):
                counted = list(_merge_grammar_gaps(counted))
            return [_observation(subject, each, is_exact=is_exact) for each in counted]
        case Status.REFUSED if subject.base is not None:
            place = Range.of_line(1)
            return [subject.observe(NAME, "syntax.unfit", Severity.WARNING, report.reason, place)]
        case _:
            return _conflicts(subject, report)


def _is_reliable(language: str) -> bool:
    """Return whether a language's grammar is right about most files."""
    found = LANGUAGES.get(language)
    if found is None:
        return False
    return found.judged_by is not JudgedBy.TOLERANT_GRAMMAR and not found.templated


def _counts(subject: AuditedFile, problem: SyntaxProblem, is_reliable: bool) -> bool:
    """Return whether a problem counts; without a base, some problems are too uncertain."""
    if subject.base is not None:
        return True
    # It is not an error where the grammar is unreliable, for instance in templates.
    is_vague = problem.severity is not SyntaxSeverity.ERROR and problem.code in _BY_GRAMMAR
    is_vague = is_vague and not (subject.is_new and is_reliable)
    traits = traits_of(problem.code)
    is_declared = subject.path.endswith(_DECLARATIONS) and problem.code in _GRAMMAR_GAPS
    is_material = problem.code in _PARSED and is_test_material(subject.path)
    is_old = not subject.is_new and (is_declared or is_material or traits.needs_change)
    return not (is_vague or is_old or traits.needs_base)


def _merge_grammar_gaps(problems: Sequence[SyntaxProblem]) -> Iterator[SyntaxProblem]:
    """Yield the problems; merge those that a gap in the grammar may have caused into the first one.

    A gap in a grammar causes a problem wherever a file uses the unsupported construct.
    """
    gaps = [each for each in problems if each.code in _GRAMMAR_GAPS]
    for each in problems:
        if each.code not in _GRAMMAR_GAPS:
            yield each
        elif each is gaps[0]:
            others = sorted({gap.start.line for gap in gaps} - {each.start.line})
            listed = ", ".join(map(str, others[:_LISTED])) + (", …" if others[_LISTED:] else "")
            more = f" (also on lines {listed})" if others else ""
            yield replace(each, message=each.message + more)


def _observation(subject: AuditedFile, problem: SyntaxProblem, *, is_exact: bool) -> Observation:
    severity = _SEVERITY[problem.severity]
    is_gap = subject.base is None and problem.code in _GRAMMAR_GAPS and not is_exact
    if is_gap and severity is Severity.ERROR:
        # It is unknown whether the file is invalid or the grammar has a gap.
        severity = Severity.WARNING
    seen = subject.observe(
        NAME,
        f"syntax.{problem.code}",
        severity,
        problem.message,
        Range(
            start=Position(line=problem.start.line, column=problem.start.column),
            end=Position(line=problem.end.line, column=problem.end.column),
        ),
    )
    edit = _edit(subject, problem)
    return seen.model_copy(update={"suggested_edit": edit}) if edit else seen


def _edit(subject: AuditedFile, problem: SyntaxProblem) -> SuggestedEdit | None:
    """Return the edit that fixes a problem, or None if the fix is not certain."""
    if problem.code is not ProblemCode.NO_FINAL_NEWLINE:
        return None
    end = Position(line=len(subject.lines), column=len(subject.lines[-1]) + 1)
    return SuggestedEdit(range=Range(start=end, end=end), text="\n", replaces="")


def _conflicts(subject: AuditedFile, report: SyntaxReport) -> list[Observation]:
    """Return the merge conflicts, which need no grammar to be certain."""
    return [
        _observation(subject, each, is_exact=False)
        for each in report.problems
        if each.code is ProblemCode.CONFLICT_MARKER
    ]
