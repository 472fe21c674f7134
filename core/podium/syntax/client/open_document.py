"""A text that is open in an editor, as its owner sees it; the worker holds the tree.

The worker may be replaced at any time, so the text is kept here too and handed over again.
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
    """One open text; `SyntaxChecker.open_document` makes it.

    Edits must be handed in one call after the other. All methods raise what `SyntaxChecker.check`
    raises.
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
        """The text as it is now."""
        return self._mark + self._source.text

    async def check(self) -> SyntaxReport:
        """Return the full report, as `SyntaxChecker.check` gives it."""
        return await self._checker.check(self._path, self.text, self._base)

    async def edit(self, *edits: Edit) -> SyntaxReport:
        """Change the text and return at once what its grammar holds against it.

        Python's compiler and the rules that compare whole texts have no say here; `check` asks
        them.

        Args:
            edits: one after the other; each speaks of the text that the one before has left.
        """
        before = self.text
        for each in edits:
            self._source = replaced(self._source, each).source
        head = self._source.text[:_FIRST_LINE_BYTES]
        first_line = head.partition(b"\n")[0].decode(errors="replace")
        language = language_of(self._path, first_line)
        if language is None:
            return SyntaxReport(self._path, "", Status.SKIPPED, "its language is not known")
        if reason := too_large(self._source.text):
            self._is_open = False
            return refused(self._path, language.name, reason, "")
        if not self._is_open:
            opened = await self._open(language.name, before)
            if opened is None:
                return SyntaxReport(self._path, language.name, Status.GAVE_UP, _NO_ANSWER)
        answer = await self._ask(EditRequest(self._number, edits))
        if isinstance(answer, Forgotten):
            # A new worker does not know the text; it is given what the edits have made of it.
            await self._open(language.name, self.text)
            answer = await self._ask(EditRequest(self._number, ()))
        if isinstance(answer, SyntaxReport):
            return answer
        self._is_open = False
        return SyntaxReport(self._path, language.name, Status.GAVE_UP, _NO_ANSWER)

    async def close(self) -> None:
        """Let the worker forget the text."""
        if self._is_open:
            self._is_open = False
            await self._ask(CloseRequest(self._number))

    async def _open(self, language: str, text: bytes) -> SyntaxReport | None:
        request = OpenRequest(self._path, language, self._number, text, self._base)
        answer = await self._ask(request)
        self._is_open = isinstance(answer, SyntaxReport)
        return answer if isinstance(answer, SyntaxReport) else None


_NO_ANSWER = "the parser did not answer; the next change starts it anew"
