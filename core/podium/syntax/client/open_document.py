"""A document that is open in an editor; the worker keeps its syntax tree.

The worker may be replaced at any time, so the text is also kept here, to be sent again.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from podium.syntax.client.worker_process import Died, TimedOut
from podium.syntax.edits import replaced
from podium.syntax.languages import language_of
from podium.syntax.protocol import (
    CloseRequest,
    EditRequest,
    Forgotten,
    OpenRequest,
    Reply,
    Request,
)
from podium.syntax.refusals import refused, too_large
from podium.syntax.source import Source
from podium.syntax.values import Edit, Status, SyntaxReport

Answer = Reply | TimedOut | Died
_FIRST_LINE_BYTES = 200


class _FullChecker(Protocol):
    async def check(self, path: str, text: bytes, base: bytes | None = None) -> SyntaxReport: ...


class OpenDocument:
    """One open document, created by `SyntaxChecker.open_document`.

    Edits must not run concurrently. All methods raise the errors of `SyntaxChecker.check`.
    """

    def __init__(
        self,
        checker: _FullChecker,
        ask: Callable[[Request], Awaitable[Answer]],
        number: int,
        path: str,
        text: bytes,
        base: bytes | None,
    ) -> None:
        self._checker = checker
        self._ask = ask
        self._number = number
        self._path = path
        self._source = Source(text)
        self._mark = text[: len(text) - len(self._source.text)]
        self._base = base if base is None or not too_large(base) else None
        self._is_open = False

    @property
    def text(self) -> bytes:
        """The current text."""
        return self._mark + self._source.text

    async def check(self) -> SyntaxReport:
        """Return the full report, as from `SyntaxChecker.check`."""
        return await self._checker.check(self._path, self.text, self._base)

    async def edit(self, *edits: Edit) -> SyntaxReport:
        """Change the document and return the problems that its grammar finds.

        Python's compiler and the rules that compare whole files run only in `check`.

        Args:
            edits: applied in order; each refers to the text after the previous one.
        """
        before = self.text
        for each in edits:
            self._source = replaced(self._source, each).source
        head = self._source.text[:_FIRST_LINE_BYTES]
        first_line = head.partition(b"\n")[0].decode(errors="replace")
        language = language_of(self._path, first_line)
        if language is None:
            return SyntaxReport(self._path, "", Status.SKIPPED, "its language is unknown")
        if reason := too_large(self._source.text):
            self._is_open = False
            return refused(self._path, language.name, reason, "")
        if not self._is_open:
            opened = await self._open(language.name, before)
            if opened is None:
                return SyntaxReport(self._path, language.name, Status.GAVE_UP, _NO_ANSWER)
        answer = await self._ask(EditRequest(self._number, edits))
        if isinstance(answer, Forgotten):
            # A new worker does not have the document; send the text with the edits applied.
            await self._open(language.name, self.text)
            answer = await self._ask(EditRequest(self._number, ()))
        if isinstance(answer, SyntaxReport):
            return answer
        self._is_open = False
        return SyntaxReport(self._path, language.name, Status.GAVE_UP, _NO_ANSWER)

    async def close(self) -> None:
        """Remove the document from the worker."""
        if self._is_open:
            self._is_open = False
            await self._ask(CloseRequest(self._number))

    async def _open(self, language: str, text: bytes) -> SyntaxReport | None:
        request = OpenRequest(self._path, language, self._number, text, self._base)
        answer = await self._ask(request)
        self._is_open = isinstance(answer, SyntaxReport)
        return answer if isinstance(answer, SyntaxReport) else None


_NO_ANSWER = "the parser did not respond; the next change restarts it"
