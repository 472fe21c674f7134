"""Converts values of the core to LSP types; no other module does."""

from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

from lsprotocol import types as t

from podium.model.findings import Finding, Severity
from podium.syntax import Severity as SyntaxSeverity
from podium.syntax import SyntaxProblem
from podium_lsp.locations import LocatedFinding
from podium_lsp.plan_language.results import Level, Problem
from podium_lsp.session.text import Encoding, Span, Text

SOURCE = "podium"
CODES = Path(__file__).with_name("codes.md")
"""The page that explains Podium's own diagnostic codes."""

_SEVERITY = {
    Severity.ERROR: t.DiagnosticSeverity.Error,
    Severity.WARNING: t.DiagnosticSeverity.Warning,
    Severity.INFO: t.DiagnosticSeverity.Information,
    Severity.HINT: t.DiagnosticSeverity.Hint,
}


def to_range(text: Text, span: Span, encoding: Encoding) -> t.Range:
    """Return the LSP range of a span."""
    start, end = text.place(span.start, encoding), text.place(span.end, encoding)
    return t.Range(
        start=t.Position(line=start.line, character=start.column),
        end=t.Position(line=end.line, character=end.column),
    )


def whole(text: Text, encoding: Encoding) -> t.Range:
    """Return the range of the entire document."""
    return to_range(text, Span(0, len(text.content)), encoding)


def to_hover(words: str, span: Span, text: Text, encoding: Encoding, kind: t.MarkupKind) -> t.Hover:
    """Return a hover for a span."""
    content = t.MarkupContent(kind=kind, value=words)
    return t.Hover(contents=content, range=to_range(text, span, encoding))


def finding_diagnostic(
    located: LocatedFinding,
    text: Text,
    encoding: Encoding,
    task_uri: str = "",
    attempt_uri: str = "",
) -> t.Diagnostic:
    """Return a finding as a diagnostic.

    Args:
        task_uri: the URI of the finding's task, if it has one.
        attempt_uri: the URI of the file in the attempt's worktree, if the attempt is running.
    """
    finding = located.finding
    related = [_task_information(finding, task_uri)] if task_uri else []
    related += [_attempt_information(finding, attempt_uri)] if attempt_uri else []
    return t.Diagnostic(
        range=to_range(text, located.span, encoding),
        message=_elsewhere(finding) if located.elsewhere else finding.message,
        severity=_SEVERITY[finding.severity],
        source=SOURCE,
        code=finding.category,
        data={"id": finding.id},
        related_information=related or None,
    )


def syntax_diagnostic(
    problem: SyntaxProblem, text: Text, encoding: Encoding, uri: str
) -> t.Diagnostic:
    """Return a syntax problem as a diagnostic, with the opener as related information."""
    start = text.core_offset(problem.start.line, problem.start.column)
    end = text.core_offset(problem.end.line, problem.end.column)
    related: list[t.DiagnosticRelatedInformation] = []
    if problem.opened_at is not None and problem.opened_at != problem.start:
        opener = text.core_offset(problem.opened_at.line, problem.opened_at.column)
        place = to_range(text, Span(opener, opener + 1), encoding)
        related.append(
            t.DiagnosticRelatedInformation(
                location=t.Location(uri=uri, range=place), message="opened here"
            )
        )
    return t.Diagnostic(
        range=to_range(text, Span(start, max(start, end)), encoding),
        message=problem.message,
        severity=_syntax_severity(problem.severity),
        source=SOURCE,
        code=f"syntax.{problem.code}",
        code_description=_explained(f"syntax.{problem.code}"),
        related_information=related or None,
    )


def plan_diagnostic(problem: Problem, text: Text, encoding: Encoding) -> t.Diagnostic:
    """Return a problem in a plan file as a diagnostic."""
    levels = {
        Level.ERROR: t.DiagnosticSeverity.Error,
        Level.WARNING: t.DiagnosticSeverity.Warning,
    }
    return t.Diagnostic(
        range=to_range(text, problem.span, encoding),
        message=problem.message,
        severity=levels[problem.level],
        source=SOURCE,
        code=problem.code,
        code_description=_explained(problem.code),
    )


def _explained(code: str) -> t.CodeDescription:
    """Return the link to the explanation of a code."""
    return t.CodeDescription(href=f"{CODES.as_uri()}#{code}")


def workspace_edit(
    uri: str,
    version: int | None,
    edits: Sequence[t.TextEdit],
    *,
    label: str = "",
    confirm: bool = False,
    annotated: bool,
) -> t.WorkspaceEdit:
    """Return an edit to one document.

    Args:
        version: the document version that the edit applies to.
        label: the edit's title in the editor's preview.
        confirm: whether the user must confirm the edit.
        annotated: whether the editor supports versions and annotations.
    """
    if not annotated:
        return t.WorkspaceEdit(changes={uri: list(edits)})
    name = "podium.edit"
    identifier = t.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version)
    rows: list[t.TextEdit | t.AnnotatedTextEdit | t.SnippetTextEdit] = [
        t.AnnotatedTextEdit(annotation_id=name, range=each.range, new_text=each.new_text)
        for each in edits
    ]
    return t.WorkspaceEdit(
        document_changes=[t.TextDocumentEdit(text_document=identifier, edits=rows)],
        change_annotations={
            name: t.ChangeAnnotation(label=label or "Podium", needs_confirmation=confirm)
        },
    )


def _elsewhere(finding: Finding) -> str:
    line, number = finding.range.start.line, finding.attempt
    return f"{finding.message} (line {line} in attempt {number} of task {finding.task_id})"


def _attempt_information(finding: Finding, uri: str) -> t.DiagnosticRelatedInformation:
    start = t.Position(line=finding.range.start.line - 1, character=0)
    return t.DiagnosticRelatedInformation(
        location=t.Location(uri=uri, range=t.Range(start=start, end=start)),
        message=f"the file in attempt {finding.attempt}",
    )


def _task_information(finding: Finding, task_uri: str) -> t.DiagnosticRelatedInformation:
    start = t.Position(line=0, character=0)
    return t.DiagnosticRelatedInformation(
        location=t.Location(uri=task_uri, range=t.Range(start=start, end=start)),
        message=f"task {finding.plan_id}/{finding.task_id}, reported by {finding.said_by}",
    )


def _syntax_severity(severity: SyntaxSeverity) -> t.DiagnosticSeverity:
    match severity:
        case SyntaxSeverity.ERROR:
            return t.DiagnosticSeverity.Error
        case SyntaxSeverity.DOUBT:
            return t.DiagnosticSeverity.Warning
        case SyntaxSeverity.NOTE:
            return t.DiagnosticSeverity.Information
        case _:
            assert_never(severity)
