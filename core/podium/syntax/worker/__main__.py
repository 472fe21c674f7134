"""The process that parses: `python -P -m podium.syntax.worker <limits>`; people do not call it.

A parse holds the interpreter's lock and may stall, eat memory or crash, so it happens here, where
it can be killed. The worker ends when its standard input does. During a parse it cannot see that,
so an alarm ends it that no lock can hold up: it never outlives its parent for long.
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
)
from podium.syntax.worker.documents import Document
from podium.syntax.worker.judge import judge, outline

_OBJECTS_BETWEEN_COLLECTIONS = 100_000
_MOST_BETWEEN_COLLECTIONS = 200
"""So many answers go out before garbage is looked for without a pause to do so in. Few objects hold
large trees that the collector does not count: left to it, they would fill gigabytes."""
_LEAST_BETWEEN_COLLECTIONS = 20
_PAUSE_SECONDS = 0.1


def main() -> None:
    """Answer requests until standard input ends.

    The arguments are the limit of the address space in bytes and that of one check in seconds.
    """
    memory_bytes, seconds = int(sys.argv[1]), float(sys.argv[2])
    replies = _take_standard_output()
    _tell_faults_to(replies)
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CORE, 0)
    # An ignored signal is inherited; the default action ends the process in the middle of a parse.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    documents: dict[int, Document] = {}
    # Syntax trees are many small objects that end with the check; looking through them is waste.
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    _send(replies, READY)
    answers = 0
    while (request := read_request(sys.stdin.buffer.read)) is not None:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        reply = _answer(request, documents)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _send(replies, pack_reply(reply))
        answers += 1
        if answers >= _LEAST_BETWEEN_COLLECTIONS and _has_time(answers):
            gc.collect()
            answers = 0


def _has_time(answers: int) -> bool:
    """Tell whether nobody is kept waiting by a search for garbage, or it is due anyway."""
    if answers >= _MOST_BETWEEN_COLLECTIONS:
        return True
    asked, _, _ = select.select([sys.stdin], [], [], _PAUSE_SECONDS)
    return not asked


def _answer(request: Request, documents: dict[int, Document]) -> Reply:
    match request:
        case CheckRequest(path, language, text, base, intent):
            return judge(path, known_language(language), text, base, intent)
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
    """Keep the pipe for replies alone: whatever a library prints goes to standard error."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def _tell_faults_to(replies: BinaryIO) -> None:
    def tell(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        place = trace
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = ""
        if place is not None:
            file = os.path.basename(place.tb_frame.f_code.co_filename)
            where = f" in {file}, line {place.tb_lineno}"
        _send(replies, pack_reply(WorkerFailed(f"{kind.__name__}{where}")))

    sys.excepthook = tell


def _send(replies: BinaryIO, data: bytes) -> None:
    replies.write(data)
    replies.flush()


def _limit(kind: int, value: int) -> None:
    try:
        resource.setrlimit(kind, (value, value))
    except (ValueError, OSError):
        # macOS does not know this limit for the address space; the clock still holds.
        return


if __name__ == "__main__":
    main()
