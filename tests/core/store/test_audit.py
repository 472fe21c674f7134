"""The audit: no line of the journal is changed, removed or moved without a trace."""

import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from podium.errors import StoreCorrupted
from podium.store import Store
from tests.core.store.samples import LARGE, SMALL, new_store, note, numbers, put, reopen

WRITES = 24


def filled(folder: Path) -> Store:
    """Return a store of many transactions in several segments, none of them pruned."""
    retention = replace(SMALL, checkpoint_every=50)
    store = new_store(folder, retention)
    for number in range(WRITES):
        put(store, f"n{number % 5}", number, text="x" * 100)
    return store


def segments(folder: Path) -> list[Path]:
    return sorted((folder / ".podium/run/journal").iterdir())


def edit_lines(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"".join(line + b"\n" for line in change(lines)))


def forged(line: bytes, **fields: object) -> bytes:
    """Return a line with other fields and a right checksum."""
    body = json.dumps({**json.loads(line[9:]), **fields}, separators=(",", ":")).encode()
    return b"%08x %b" % (zlib.crc32(body), body)


@pytest.mark.promise("W2")
def test_a_journal_that_nobody_touched_is_whole(tmp_path: Path) -> None:
    store = filled(tmp_path)
    assert len(segments(tmp_path)) > 2
    for opened in (store, reopen(tmp_path)):
        found = opened.maintenance.verify()
        assert found.is_intact
        assert (found.first, found.last.sequence, found.unchained) == (1, WRITES, 0)
    store.close()
    assert reopen(tmp_path).maintenance.verify(found.last).is_intact


TAMPERING: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "changed": lambda lines: [forged(lines[0]), forged(lines[1], ts="2001"), *lines[2:]],
    "removed": lambda lines: [lines[0], *lines[2:]],
    "reordered": lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
    "added": lambda lines: [*lines[:2], lines[1], *lines[2:]],
    "its checksum broken": lambda lines: [lines[0], b"0" * 8 + lines[1][8:], *lines[2:]],
    "unchained": lambda lines: [forged(line, prev=None) for line in lines],
    "the first removed": lambda lines: lines[1:],
    "the last removed": lambda lines: lines[:-1],
    "the last changed": lambda lines: [*lines[:-1], forged(lines[-1], ts="2001")],
}


@pytest.mark.promise("W2")
@pytest.mark.parametrize("where", [0, 1, -1], ids=["first", "second", "last"])
@pytest.mark.parametrize("tampering", TAMPERING)
def test_a_line_that_was_tampered_with_is_found(tmp_path: Path, tampering: str, where: int) -> None:
    store = filled(tmp_path)
    edit_lines(segments(tmp_path)[where], TAMPERING[tampering])
    flaws = store.maintenance.verify().flaws
    assert flaws, f"a line was {tampering}, and nobody noticed"
    assert all(flaw.reason and flaw.segment.endswith(".jsonl") for flaw in flaws)


@pytest.mark.promise("W2")
@pytest.mark.parametrize("where", [0, 1, -1], ids=["first", "second", "last"])
def test_a_segment_that_was_removed_is_found(tmp_path: Path, where: int) -> None:
    store = filled(tmp_path)
    segments(tmp_path)[where].unlink()
    assert store.maintenance.verify().flaws


@pytest.mark.promise("W2")
def test_a_cut_end_is_still_known_after_others_have_written_on(tmp_path: Path) -> None:
    store = filled(tmp_path)
    edit_lines(segments(tmp_path)[-1], lambda lines: lines[:-1])
    store = reopen(tmp_path)
    put(store, "later", 1)
    store.close()
    (flaw,) = reopen(tmp_path).maintenance.verify().flaws
    assert f"had reached {WRITES}" in flaw.reason


@pytest.mark.promise("W2")
def test_a_journal_made_anew_is_found_by_the_hash_that_was_kept_elsewhere(tmp_path: Path) -> None:
    store = filled(tmp_path)
    kept = store.maintenance.verify().last
    other = tmp_path / "other"
    forgery = filled(other)
    put(forgery, "n0", 99)
    for name in ("head", "checkpoint.json"):
        (other / ".podium/run" / name).unlink(missing_ok=True)
    assert forgery.maintenance.verify().is_intact
    assert forgery.maintenance.verify(kept).flaws


def test_a_segment_that_is_missing_in_the_middle_is_never_passed_over(tmp_path: Path) -> None:
    filled(tmp_path)
    segments(tmp_path)[1].unlink()
    (tmp_path / ".podium/run/head").unlink()
    store = reopen(tmp_path, LARGE)
    with pytest.raises(StoreCorrupted, match="is damaged") as refusal:
        put(store, "n0", 99)
    assert "missing" in refusal.value.why
    assert len(numbers(store)) == 5
    assert store.get(note("n0"))
