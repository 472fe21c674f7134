"""Checks files in a separate worker process."""

import signal
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

import anyio
from anyio import to_thread

from podium.errors import InternalError
from podium.syntax.anchors import (
    Anchor,
    Place,
    make_anchors,
    relocate,
    relocate_all,
    relocate_plainly,
)
from podium.syntax.client.open_document import Answer, OpenDocument
from podium.syntax.client.worker_process import Died, TimedOut, WorkerLimits, WorkerProcess
from podium.syntax.languages import language_of
from podium.syntax.protocol import (
    CheckRequest,
    OutlineRequest,
    Request,
    WorkerFailed,
    pack_request,
    size_of,
    unpack_reply,
)
from podium.syntax.refusals import is_binary, refused, too_large
from podium.syntax.symbols import EMPTY_OUTLINE, Outline, Symbol
from podium.syntax.time_limits import processor_seconds
from podium.syntax.values import (
    Intent,
    Position,
    ProblemCode,
    Severity,
    Status,
    SyntaxProblem,
    SyntaxReport,
)

_KILLED_FROM_OUTSIDE = frozenset((signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT))
_TRIES = 2
_FIRST_LINE_BYTES = 200


_LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
"""The beginning of a Git LFS pointer, a file whose content is stored elsewhere."""

_LONGEST_POINTER = 1024
_MAX_SHAPE_BYTES = 8 * 1024 * 1024
"""Maximum size of a file that is checked without its grammar."""


class SyntaxChecker:
    """Checks files one at a time; any number of tasks may call it concurrently.

    The first check starts the worker process. It runs until `close`, and is replaced if a file
    makes it hang or crash.

    Args:
        limits: the worker's resource limits.
    """

    def __init__(self, limits: WorkerLimits | None = None) -> None:
        self._limits = limits or WorkerLimits()
        self._turn = anyio.Lock()
        self._worker: WorkerProcess | None = None
        self._closed = False
        self._last_document = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def worker_pid(self) -> int | None:
        """The worker's process id, or None if no worker is running; for diagnostics."""
        return self._worker.pid if self._worker is not None else None

    async def check(
        self,
        path: str,
        text: bytes,
        base: bytes | None = None,
        *,
        intent: Intent | None = None,
    ) -> SyntaxReport:
        """Return the problems in a file that are not in its base.

        If the call is cancelled, the current check still runs to its end, within the limits.

        Args:
            path: the file's path; determines the language and names the report.
            text: the file's content, as UTF-8 bytes.
            base: the content before the change; None for a new file, where every problem counts.
            intent: what the task declares about the change, if anything: definitions that may be
                removed and definitions that must exist.

        Raises:
            ToolError: the worker process cannot be started.
            InternalError: the checker has been closed.
        """
        language = language_of(path, _first_line(text))
        name = language.name if language is not None else ""
        if text.startswith(_LFS_POINTER) and len(text) <= _LONGEST_POINTER:
            return SyntaxReport(path, name, Status.SKIPPED, "it is a Git LFS pointer")
        if not name and is_binary(text):
            return SyntaxReport(path, "", Status.SKIPPED, "it is not a text file")
        base_reason = too_large(base) if base is not None else ""
        if reason := too_large(text):
            report = refused(path, name, reason, base_reason)
            return replace(report, problems=await self._shape_problems(path, text, base))
        former = None if base_reason else base
        report = await self._checked(CheckRequest(path, name, text, former, intent))
        if base_reason and not report.reason:
            return replace(report, reason=f"the previous version was not compared: {base_reason}")
        if report.status is not Status.GAVE_UP:
            return report
        report = replace(report, problems=await self._shape_problems(path, text, former))
        return report if former is None else await self._given_up(report, former)

    async def _checked(self, request: CheckRequest) -> SyntaxReport:
        reply = await self._ask(request)
        if isinstance(reply, SyntaxReport):
            return reply
        cause = self._cause(reply, size_of(request))
        return SyntaxReport(request.path, request.language, Status.GAVE_UP, cause)

    async def _shape_problems(
        self, path: str, text: bytes, base: bytes | None
    ) -> tuple[SyntaxProblem, ...]:
        """Return what the rules without a grammar find in a file that cannot be parsed."""
        if max(len(text), len(base or b"")) > _MAX_SHAPE_BYTES:
            return ()
        return (await self._checked(CheckRequest(path, "", text, base))).problems

    async def _given_up(self, report: SyntaxReport, base: bytes) -> SyntaxReport:
        """Add a doubt if the base can be checked; otherwise, the change is not to blame."""
        before = await self._checked(CheckRequest(report.path, report.language, base, None))
        if before.status is not Status.CHECKED:
            return report
        message = f"the previous version could be checked, and this one could not: {report.reason}"
        first = Position(1, 1)
        doubt = SyntaxProblem(ProblemCode.NOT_CHECKED, Severity.DOUBT, message, first, first)
        return replace(report, problems=(*report.problems, doubt))

    async def definitions(self, path: str, text: bytes) -> tuple[Symbol, ...]:
        """Return the definitions in a file in order; empty if the language is unknown.

        Args:
            path: determines the language.
            text: the file's content, as UTF-8 bytes.

        Raises:
            ToolError: the worker process cannot be started.
            InternalError: the checker has been closed.
        """
        return (await self.outline(path, text)).symbols

    async def outline(self, path: str, text: bytes) -> Outline:
        """Return a file's definitions and a hash of the rest; raises what `definitions` raises."""
        language = language_of(path, _first_line(text))
        if language is None or too_large(text):
            return EMPTY_OUTLINE
        reply = await self._ask(OutlineRequest(language.name, text))
        return reply if isinstance(reply, Outline) else EMPTY_OUTLINE

    async def make_anchor(self, path: str, text: bytes, line: int) -> Anchor:
        """Return the anchor of a 1-based line number; raises what `definitions` raises."""
        return (await self.make_anchors(path, text, (line,)))[0]

    async def make_anchors(
        self, path: str, text: bytes, lines: Sequence[int]
    ) -> tuple[Anchor, ...]:
        """Return the anchors of several 1-based line numbers; raises what `definitions` raises."""
        return make_anchors(_decoded(text), await self.outline(path, text), lines)

    async def relocate_all(
        self, anchors: Sequence[Anchor], path: str, new_text: bytes
    ) -> tuple[Place, ...]:
        """Find the lines of one file's anchors in a later version of the file.

        The worker reads the file's definitions only if the lines alone are ambiguous. Raises what
        `definitions` raises.

        Args:
            anchors: created in earlier versions.
            path: the file's current path; determines the language.
            new_text: the later version.
        """
        text = _decoded(new_text)
        plain = await to_thread.run_sync(relocate_plainly, anchors, text)
        if None not in plain:
            return tuple(each for each in plain if each is not None)
        outline = await self.outline(path, new_text)
        places = await to_thread.run_sync(relocate_all, anchors, text, outline)
        return tuple(sure or place for sure, place in zip(plain, places, strict=True))

    async def relocate(
        self, anchor: Anchor, path: str, new_text: bytes, old_text: bytes | None = None
    ) -> Place:
        """Find an anchor's line in a later version; raises what `definitions` raises.

        Args:
            anchor: created in an earlier version.
            path: the file's current path; determines the language.
            new_text: the later version.
            old_text: the version in which the anchor was created, if available.
        """
        outline = await self.outline(path, new_text)
        former = _decoded(old_text) if old_text is not None else None
        # Comparing long files takes a while and must not block the event loop.
        return await to_thread.run_sync(relocate, anchor, _decoded(new_text), outline, former)

    async def open_document(
        self, path: str, text: bytes, base: bytes | None = None
    ) -> OpenDocument:
        """Open a document in the worker, so that small changes are checked quickly.

        Args:
            path: determines the language and names the reports.
            text: the file's content, as UTF-8 bytes.
            base: the content that reports compare with; None for a new file.
        """
        self._last_document += 1
        return OpenDocument(self, self._ask, self._last_document, path, text, base)

    async def close(self) -> None:
        """Stop the worker; a running check fails."""
        self._closed = True
        if self._worker is not None:
            self._worker.kill()
        with anyio.CancelScope(shield=True):
            async with self._turn:
                await self._end_worker()

    async def _ask(self, request: Request) -> Answer:
        frame = pack_request(request)
        async with self._turn:
            for _ in range(_TRIES):
                worker = await self._living_worker()
                try:
                    answer = await worker.ask(frame)
                except anyio.get_cancelled_exc_class():
                    # The event loop's own cancellation ignores shields; the pending answer must
                    # not be mistaken for the answer to the next request.
                    with anyio.CancelScope(shield=True):
                        await self._end_worker()
                    raise
                reply = unpack_reply(answer) if isinstance(answer, bytes) else answer
                if not isinstance(reply, TimedOut | Died | WorkerFailed):
                    return reply
                await self._end_worker()
                # Unless the worker was stopped intentionally, the file caused this.
                if not (isinstance(reply, Died) and reply.signal_number in _KILLED_FROM_OUTSIDE):
                    return reply
            return Died(signal.SIGKILL)

    def _cause(self, answer: Answer, size: int) -> str:
        match answer:
            case TimedOut():
                seconds = processor_seconds(self._limits.seconds, size)
                return f"the parser did not finish within {seconds:.3g} s"
            case Died(signal_number):
                return f"the parser crashed (signal {signal_number})"
            case WorkerFailed(what):
                return f"the checker failed ({what})"
            case _:
                return "the checker did not respond"

    async def _living_worker(self) -> WorkerProcess:
        if self._closed:
            raise InternalError("The syntax checker was used after it was closed")
        if self._worker is None:
            self._worker = await WorkerProcess.start(self._limits)
        return self._worker

    async def _end_worker(self) -> None:
        if self._worker is not None:
            worker, self._worker = self._worker, None
            await worker.end()


def _decoded(text: bytes) -> str:
    return text.decode(errors="replace")


def _first_line(text: bytes) -> str:
    return text[:_FIRST_LINE_BYTES].partition(b"\n")[0].decode(errors="replace")
