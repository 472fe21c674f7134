"""Checks the syntax of open documents while the user types.

Each edit is parsed incrementally and its problems are shown immediately; the entire text is checked
when typing stops. The two use separate processes, so a long check never delays an edit.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio

from podium.errors import PodiumError
from podium.operations.text.committed import committed_file
from podium.syntax import Status, SyntaxChecker, SyntaxProblem, language_of
from podium_lsp.convert import syntax_diagnostic
from podium_lsp.diagnostics.incremental import IncrementalCheck
from podium_lsp.session.documents import Document, Replacement
from podium_lsp.session.session import Session

_LOG = logging.getLogger("podium_lsp.diagnostics.syntax")
SOURCE = "syntax"
_SLOW_SECONDS = 0.1
"""After a check that takes longer, the next one waits for twice that time."""
_MAX_REST_SECONDS = 2.0


@dataclass
class _State:
    root: Path
    path: str
    base: bytes | None
    quick: IncrementalCheck
    touched: asyncio.Event = field(default_factory=asyncio.Event)
    wanted: bool = False
    seconds: float = 0.0
    task: asyncio.Task[Any] | None = None
    whole: asyncio.Task[Any] | None = None
    is_open: bool = False


class SyntaxDiagnostics:
    """Publishes the syntax problems in open documents.

    Args:
        session: provides the open documents.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._checker: SyntaxChecker | None = None
        self._quick_checker: SyntaxChecker | None = None
        self._states: dict[str, _State] = {}

    @property
    def checker(self) -> SyntaxChecker:
        """Return the checker for entire documents; its first use starts its process."""
        if self._checker is None:
            self._checker = SyntaxChecker()
        return self._checker

    async def begin(self, document: Document, root: Path, path: str) -> None:
        """Check an opened document, then check it again after each change.

        Problems that already exist in the last commit are not reported.
        """
        if language_of(path, document.text.core_line(1)) is None:
            return
        base = await committed_file(root, path)
        # Without the base, a check would also report problems from the last commit.
        if self._session.documents.get(document.uri) is not None:
            state = _State(root, path, base, IncrementalCheck(path, base))
            self._states.setdefault(document.uri, state)
            self.touch(document.uri)

    def touch(self, uri: str) -> None:
        """Schedule a check of a document."""
        state = self._states.get(uri)
        if state is None:
            return
        state.wanted = True
        state.touched.set()
        if state.task is None or state.task.done():
            state.task = self._session.tasks.spawn(self._work(uri, state), f"checking {state.path}")

    def edited(self, uri: str, replacements: Sequence[Replacement]) -> None:
        """Record edits for the parser; called immediately after the document changed."""
        if (state := self._states.get(uri)) is not None:
            state.quick.edited(replacements)

    def differs(self, document: Document) -> bool:
        """Return whether a checked document differs from the last commit."""
        state = self._states.get(document.uri)
        if state is None or state.base is None:
            return False
        return document.text.content != state.base.decode("utf-8-sig", "replace")

    def end(self, uri: str) -> None:
        """Stop checking a document."""
        state = self._states.pop(uri, None)
        if state is not None:
            # A running check is not cancelled: its response would be taken for the next one's.
            state.wanted = False
            state.touched.set()
            self._session.tasks.spawn(state.quick.close(), f"closing {state.path}")
            self._session.publisher.put(uri, SOURCE, [])

    async def close(self) -> None:
        """Stop all checks and their processes."""
        for state in self._states.values():
            for task in (state.task, state.whole):
                if task is not None:
                    task.cancel()
        for checker in (self._checker, self._quick_checker):
            if checker is not None:
                await checker.close()

    async def _work(self, uri: str, state: _State) -> None:
        while state.wanted:
            state.wanted = False
            state.touched.clear()
            document = self._session.documents.get(uri)
            if document is None:
                return
            if not self._session.settings.syntax:
                self._session.publisher.put(uri, SOURCE, [])
                continue
            if not state.is_open:
                # The user is not typing yet, so check the entire text without a delay.
                state.is_open = True
                self._check_soon(document, state)
                await state.quick.begin(self._quick, document)
                continue
            await self._check_quickly(document, state)
            with anyio.move_on_after(self._rest(state)):
                await state.touched.wait()
            if not state.wanted:
                self._check_soon(document, state)

    def _check_soon(self, document: Document, state: _State) -> None:
        """Start a full check; if one is running, it schedules another if it is outdated."""
        is_checked = state.whole is not None and not state.whole.done()
        if not is_checked and self._is_followed(document, state):
            what = f"checking all of {state.path}"
            state.whole = self._session.tasks.spawn(self._check(document, state), what)

    @property
    def _quick(self) -> SyntaxChecker:
        if self._quick_checker is None:
            self._quick_checker = SyntaxChecker()
        return self._quick_checker

    async def _check_quickly(self, document: Document, state: _State) -> None:
        try:
            problems = await state.quick.check(self._quick, document)
        except PodiumError as error:
            _LOG.warning("%s: %s", state.path, error)
            return
        if problems is not None and self._is_now(document) and self._is_followed(document, state):
            self._show(document, problems)

    def _is_followed(self, document: Document, state: _State) -> bool:
        """Return whether the document has been open the whole time, without being reopened."""
        return self._states.get(document.uri) is state

    def _is_now(self, document: Document) -> bool:
        now = self._session.documents.get(document.uri)
        return now is not None and now.version == document.version

    def _rest(self, state: _State) -> float:
        chosen = self._session.settings.syntax_delay_ms / 1000
        slow = 2 * state.seconds if state.seconds > _SLOW_SECONDS else 0.0
        return max(chosen, min(slow, _MAX_REST_SECONDS))

    async def _check(self, document: Document, state: _State) -> None:
        checker = self.checker
        raw = document.text.content.encode("utf-8", "replace")
        is_started = checker.worker_pid is not None
        began = asyncio.get_running_loop().time()
        try:
            report = await checker.check(state.path, raw, state.base)
        except PodiumError as error:
            _LOG.warning("%s: %s", state.path, error)
            return
        if is_started:
            state.seconds = asyncio.get_running_loop().time() - began
        if not self._is_followed(document, state):
            return
        if not self._is_now(document):
            self.touch(document.uri)
            return
        if report.status is Status.GAVE_UP:
            _LOG.info("%s: %s", state.path, report.reason)
        state.quick.settle(report.problems)
        self._show(document, report.problems)

    def _show(self, document: Document, problems: Sequence[SyntaxProblem]) -> None:
        encoding = self._session.documents.encoding
        rows = [syntax_diagnostic(each, document.text, encoding, document.uri) for each in problems]
        self._session.publisher.put(document.uri, SOURCE, rows)
