"""What a change and a checkpoint write and sync, and in which order."""

from pathlib import Path

import pytest

from tests.core.store.samples import new_store, put
from tests.support.faults import FaultFileSystem


@pytest.mark.promise("W1")
def test_a_change_is_durable_before_it_is_visible_and_visible_before_its_file(
    tmp_path: Path,
) -> None:
    fs = FaultFileSystem()
    store = new_store(tmp_path, fs=fs)
    for in_new_segment in (True, False):
        fs.operations.clear()
        put(store, "a", int(in_new_segment))
        done = [name for name in fs.operations if name in ("write", "fdatasync", "fsync", "rename")]
        durable = ["fdatasync", "fsync"] if in_new_segment else ["fdatasync"]
        newline, head, published = "write", "write", "write"
        expected = ["write", *durable, newline, head, "write", "rename", published]
        assert done[-len(expected) :] == expected


@pytest.mark.promise("W1")
def test_the_mark_moves_only_after_files_folders_and_journal_are_durable(tmp_path: Path) -> None:
    fs = FaultFileSystem()
    store = new_store(tmp_path, fs=fs)
    put(store, "a", 1)
    put(store, "b", 1)
    fs.operations.clear()
    store.close()
    done = [name for name in fs.operations if name in ("fdatasync", "fsync", "rename")]
    files_and_folders = ["fsync"] * 4  # two files, their folder and the root
    replaced_durably = ["fsync", "rename", "fsync"]
    ahead = files_and_folders  # before other writers are kept waiting
    mark = [*replaced_durably, *replaced_durably]
    first_snapshot = ["fsync", *replaced_durably]
    assert done[: -len(first_snapshot)] == [*ahead, *files_and_folders, "fdatasync", *mark]
    assert done[-len(first_snapshot) :] == first_snapshot
