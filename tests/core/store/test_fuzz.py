"""Random bytes, cuts and flipped bits in every file of a store: never a crash, never a lie."""

import random
import shutil
from pathlib import Path

import pytest

from podium.errors import PodiumError
from podium.model.base import canonical_text
from podium.model.documents import Key
from podium.store import Store
from tests.core.store.samples import SMALL, Note, new_store, numbers, put, reopen
from tests.support import torture
from tests.support.faults import UnsyncedFileSystem

QUICK = UnsyncedFileSystem()
HELD = {f"n{number}": number for number in range(7)}


def damaged(content: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(content) + 1)
    match dice.choice(["random", "cut", "flip", "zeros"]):
        case "random":
            return dice.randbytes(dice.randrange(200))
        case "cut":
            return content[:place]
        case "flip" if place < len(content):
            return (
                content[:place]
                + bytes([content[place] ^ 1 << dice.randrange(8)])
                + content[place + 1 :]
            )
        case _:
            return content[:place] + b"\0" * dice.randrange(50)


def teaches(error: PodiumError, name: str) -> None:
    assert error.hints, name
    assert error.why, name


PLACES = {
    *(".", "notes", "other", "run", "run/archive", "run/journal"),
    *("run/quarantine", "run/quarantine/journal-000000000011", "run/snapshots"),
}
"""Every kind of place that a store has."""


def set_everything_up(folder: Path, store: Store) -> None:
    """Let the store have something in every place: archive, quarantine, snapshots, journals."""
    store.transact(lambda tx: tx.put(Key("away/old.json", Note), Note(n=1)))
    store.archive.add("old", "away/")
    store.transact(lambda tx: tx.put(Key("other/a.json", Note), Note(n=1)))
    segment = max((folder / ".podium/run/journal").iterdir())
    before, ops, after = segment.read_bytes().rpartition(b'"ops"')
    segment.write_bytes(before + ops.upper() + after)
    (folder / ".podium/run/checkpoint.json").unlink()  # so that it is looked at
    again = reopen(folder, SMALL, QUICK)
    (trouble,) = again.recovery.diagnose()
    again.recovery.apply(trouble, trouble.remedies[0].name)
    again.maintenance.snapshot("asked-for")
    (folder / ".podium/notes/n0.json").write_text("<<<<<<< ours\n")
    again.reconcile()
    (folder / ".podium/notes/n0.json").write_text(canonical_text({"n": 0, "text": "x" * 100}))
    put(again, "last", 1)


def check(folder: Path, name: str, *, is_document: bool) -> None:
    """Open, read and write; a document may be another valid one now, nothing else may differ."""
    try:
        store = reopen(folder, SMALL, QUICK)
        found = numbers(store)
        store.history()
        audit = store.maintenance.verify()
        store.maintenance.restore_points()
        store.archive.names()
        store.recovery.diagnose()
    except PodiumError as error:
        teaches(error, name)
        return
    if is_document:
        others = {key: value for key, value in HELD.items() if key != Path(name).stem}
        assert others.items() <= found.items(), name
        return
    lost = HELD.items() - found.items()
    assert not lost or store.problems or not audit.is_intact, f"{name}: {lost} and nobody says so"
    for act in (lambda: put(store, "more", 1), lambda: store.archive.unarchive("old")):
        try:
            act()
        except PodiumError as error:
            teaches(error, name)


@pytest.mark.promise("W3.found")
@pytest.mark.parametrize("rounds", [3, pytest.param(200, marks=pytest.mark.torture)])
def test_damage_in_any_file_is_survived_or_told(tmp_path: Path, rounds: int) -> None:
    template = tmp_path / "template"
    template.mkdir()
    store = new_store(template, SMALL, QUICK)
    for key, number in HELD.items():
        put(store, key, number, text="x" * 100)
    set_everything_up(template, store)
    files = sorted(path for path in (template / ".podium").rglob("*") if path.is_file())
    places = {str(path.relative_to(template / ".podium").parent) for path in files}
    assert places == PLACES
    dice = torture.dice()
    for number in torture.rounds(rounds):
        for path in files:
            folder = tmp_path / f"{number}"
            shutil.copytree(template, folder)
            name = str(path.relative_to(template))
            target = folder / name
            target.write_bytes(damaged(target.read_bytes(), dice))
            check(folder, name, is_document="/notes/" in name)
            shutil.rmtree(folder)
