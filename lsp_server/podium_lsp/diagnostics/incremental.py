"""Checks one open document incrementally: the parser reparses only what an edit changed.

This finds only violations of the grammar. Problems that need the entire text, such as placeholders,
come from the full check and remain, shifted along with edits, until the next one.
"""

from collections.abc import Sequence
from dataclasses import replace

from podium.syntax import Severity, SyntaxChecker, SyntaxProblem
from podium.syntax.client.open_document import OpenDocument
from podium.syntax.values import Edit, Position, Status
from podium_lsp.session.documents import Document, LineShift, Replacement


class IncrementalCheck:
    """Checks one document edit by edit.

    Args:
        path: determines the language.
        base: the committed text, whose problems are not reported; None to report all problems.
    """

    def __init__(self, path: str, base: bytes | None) -> None:
        self._path = path
        self._base = base
        self._opened: OpenDocument | None = None
        self._pending: list[Edit] = []
        self._whole: tuple[SyntaxProblem, ...] = ()
        self._by_grammar: tuple[SyntaxProblem, ...] = ()

    def edited(self, replacements: Sequence[Replacement]) -> None:
        """Record edits, which the next check passes to the parser."""
        self._pending += [_edit(each) for each in replacements]
        for each in replacements:
            self._whole = tuple(_shifted(problem, each.shift) for problem in self._whole)

    async def begin(self, checker: SyntaxChecker, document: Document) -> None:
        """Parse the document, so that the check after the first edit is also fast."""
        self._pending = []
        await self._read(checker, document, [])

    async def check(
        self, checker: SyntaxChecker, document: Document
    ) -> tuple[SyntaxProblem, ...] | None:
        """Return the problems in a document after its edits, or None if it cannot be checked.

        Args:
            document: the document with all edits so far applied.
        """
        edits, self._pending = self._pending, []
        if not await self._read(checker, document, edits):
            return None
        is_broken = any(each.severity is Severity.ERROR for each in self._by_grammar)
        kept = [each for each in self._whole if not (is_broken and each.severity is Severity.ERROR)]
        return (*self._by_grammar, *kept)

    def settle(self, problems: Sequence[SyntaxProblem]) -> None:
        """Store the problems that the full check found in the current text."""
        known = {(each.code, each.start) for each in self._by_grammar}
        self._whole = tuple(each for each in problems if (each.code, each.start) not in known)

    async def close(self) -> None:
        """Close the document in the parser."""
        if self._opened is not None:
            await self._opened.close()

    async def _read(
        self, checker: SyntaxChecker, document: Document, edits: Sequence[Edit]
    ) -> bool:
        raw = document.text.content.encode("utf-8", "replace")
        if self._opened is None:
            self._opened, edits = await checker.open_document(self._path, raw, self._base), ()
        report = await self._opened.edit(*edits)
        if self._opened.text != raw:
            # The parser's text has diverged from the document, so parse it from scratch.
            await self._opened.close()
            self._opened = await checker.open_document(self._path, raw, self._base)
            report = await self._opened.edit()
        self._by_grammar = report.problems
        return report.status is Status.CHECKED


def _edit(made: Replacement) -> Edit:
    return Edit(Position(*made.start), Position(*made.end), made.text)


def _shifted(problem: SyntaxProblem, shift: LineShift) -> SyntaxProblem:
    if not shift.by or problem.start.line <= shift.line:
        return problem
    return replace(
        problem, start=_below(problem.start, shift.by), end=_below(problem.end, shift.by)
    )


def _below(place: Position, by: int) -> Position:
    return replace(place, line=max(place.line + by, 1))
