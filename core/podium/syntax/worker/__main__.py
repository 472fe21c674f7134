"""The parser process: `python -P -m podium.syntax.worker <limits>`; for internal use.

A parse holds the GIL and may stall, exhaust memory or crash, so it runs in a process
that can be killed. The worker exits when its standard input closes. It cannot notice that while
parsing, so a timer of its processor time, which no lock can delay, ends the process by itself.
"""

import gc
import os
import resource
import select
import signal
import sys
from types import TracebackType
from typing import BinaryIO, assert_never

from podium.syntax.languages import known_language
from podium.syntax.protocol import (
    READY,
    CheckRequest,
    CloseRequest,
    EditRequest,
    Forgotten,
    OpenRequest,
    OutlineRequest,
    Reply,
    Request,
    WorkerFailed,
    pack_reply,
    read_request,
    size_of,
)
from podium.syntax.time_limits import processor_seconds
from podium.syntax.worker.documents import Document
from podium.syntax.worker.judge import judge, outline

_OBJECTS_BETWEEN_COLLECTIONS = 100_000
_MOST_BETWEEN_COLLECTIONS = 200
"""Force a garbage collection after this many replies, even if the worker is never idle. A few
objects own large trees that the collector does not count, and could fill gigabytes."""
_LEAST_BETWEEN_COLLECTIONS = 20
_MOST_BYTES_BETWEEN_COLLECTIONS = 1024 * 1024
"""The trees of a text are many times as large as the text."""
_PAUSE_SECONDS = 0.1


def main() -> None:
    """Answer requests until standard input closes.

    The arguments are the address space limit in bytes and the limit of the processor time for one
    check of a file of usual size, in seconds.
    """
    memory_bytes, seconds = int(sys.argv[1]), float(sys.argv[2])
    replies = _take_standard_output()
    _report_errors_to(replies)
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CORE, 0)
    # An ignored signal would be inherited; the default action also ends the process during a parse.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    documents: dict[int, Document] = {}
    # Syntax trees are many small, short-lived objects; scanning them is wasteful.
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    _send(replies, READY)
    answers = size = 0
    while (request := read_request(sys.stdin.buffer.read)) is not None:
        signal.setitimer(signal.ITIMER_PROF, processor_seconds(seconds, size_of(request)))
        reply = _answer(request, documents)
        signal.setitimer(signal.ITIMER_PROF, 0)
        _send(replies, pack_reply(reply))
        answers += 1
        size += _size_of(request)
        del request, reply
        is_large = size >= _MOST_BYTES_BETWEEN_COLLECTIONS
        if is_large or (answers >= _LEAST_BETWEEN_COLLECTIONS and _has_time(answers)):
            gc.collect()
            answers = size = 0


def _has_time(answers: int) -> bool:
    """Return whether a garbage collection would not delay any request, or is overdue."""
    if answers >= _MOST_BETWEEN_COLLECTIONS:
        return True
    asked, _, _ = select.select([sys.stdin], [], [], _PAUSE_SECONDS)
    return not asked


def _size_of(request: Request) -> int:
    """Return the size of the texts of a request that leaves no document open."""
    match request:
        case CheckRequest(text=text, base=base):
            return len(text) + len(base or b"")
        case OutlineRequest(text=text):
            return len(text)
        case _:
            return 0


def _answer(request: Request, documents: dict[int, Document]) -> Reply:
    match request:
        case CheckRequest(path, language, text, base, intent):
            return judge(path, known_language(language, path), text, base, intent)
        case OutlineRequest(language, text):
            return outline(known_language(language), text)
        case OpenRequest(path, language, number, text, base):
            documents[number] = Document(path, known_language(language), text, base)
            return documents[number].check()
        case EditRequest(number, edits):
            document = documents.get(number)
            return document.edit(edits) if document is not None else Forgotten()
        case CloseRequest(number):
            documents.pop(number, None)
            return Forgotten()
        case _:
            assert_never(request)


def _take_standard_output() -> BinaryIO:
    """Reserve the pipe for replies: redirect the output of libraries to standard error."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def _report_errors_to(replies: BinaryIO) -> None:
    def report(
        kind: type[BaseException], fault: BaseException, trace: TracebackType | None
    ) -> None:
        place = trace
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = ""
        if place is not None:
            file = os.path.basename(place.tb_frame.f_code.co_filename)
            where = f" in {file}, line {place.tb_lineno}"
        _send(replies, pack_reply(WorkerFailed(f"{kind.__name__}{where}")))

    sys.excepthook = report


def _send(replies: BinaryIO, data: bytes) -> None:
    replies.write(data)
    replies.flush()


def _limit(kind: int, value: int) -> None:
    try:
        resource.setrlimit(kind, (value, value))
    except (ValueError, OSError):
        # macOS does not support the address space limit; the time limit still applies.
        return


if __name__ == "__main__":
    main()
