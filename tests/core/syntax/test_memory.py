"""The worker holds what is open in editors and nothing more, however long it lives."""

import gc

import psutil
import pytest

from podium.syntax import Position, SyntaxChecker
from podium.syntax.languages import known_language
from podium.syntax.source import Source
from podium.syntax.values import Edit
from podium.syntax.worker.documents import Document

pytestmark = pytest.mark.anyio

TEXT = "".join(f"def f{n}(value):\n    return [value, {n}]\n\n\n" for n in range(400)).encode()
HERE = Position(800, 1)
KEYS = (Edit(HERE, HERE, "("), Edit(HERE, Position(800, 2), ""))
EDITS = 800
MOST_GROWTH_BYTES = 12 * 2**20
"""A text and its tree for each edit would come to five times as much."""


def test_of_the_text_before_an_edit_nothing_is_kept() -> None:
    document = Document("a.py", known_language("python"), TEXT, TEXT)
    document.edit(KEYS[:1])
    gc.collect()
    gc.disable()
    try:
        before = _texts()
        for key in KEYS * 3:
            document.edit([key])
        assert _texts() <= before + 1
    finally:
        gc.enable()


def _texts() -> int:
    return sum(isinstance(each, Source) for each in gc.get_objects())


@pytest.mark.promise("V1.incremental", "L7")
async def test_a_worker_that_is_never_at_rest_stays_small() -> None:
    async with SyntaxChecker() as checker:
        document = await checker.open_document("a.py", TEXT, TEXT)
        for key in KEYS * (EDITS // 4):
            await document.edit(key)
        assert checker.worker_pid is not None
        process = psutil.Process(checker.worker_pid)
        warm = process.memory_info().rss
        for at, key in enumerate(KEYS * (EDITS // 2)):
            await document.edit(key)
            if at % 8 == 0:
                await checker.check("b.py", TEXT + b"# %d\n" % at, TEXT)
        assert process.memory_info().rss - warm < MOST_GROWTH_BYTES
