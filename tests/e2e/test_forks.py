"""Processes that tests fork work like started ones."""

import mmap

from tests.support.forked_worker import with_room_for_inherited


def test_a_forked_syntax_worker_has_room_for_what_its_test_process_has_mapped() -> None:
    before = with_room_for_inherited(["worker", "1000", "3.0"])
    with mmap.mmap(-1, 2 << 30):
        after = with_room_for_inherited(["worker", "1000", "3.0"])
    assert (after[0], after[2]) == ("worker", "3.0")
    assert int(after[1]) - int(before[1]) >= 2 << 30
