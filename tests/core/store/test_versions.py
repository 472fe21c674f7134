"""Former versions of documents and of the store: read as they are, rewritten by a migration."""

import json
from pathlib import Path
from typing import Any

import pytest

from podium.errors import StoreReadOnly
from podium.model import layout
from podium.model.base import Frozen
from podium.model.documents import Folder, Key
from podium.store import Store
from podium.store.disk.layout import FORMAT
from tests.core.store.samples import ME, new_store, put

FIXTURES = Path(__file__).parent / "fixtures"


class NewNote(Frozen):
    """What a note is two versions later: `n` was called `count`, `text` is a list of lines."""

    count: int = 0
    lines: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def rename_number(note: dict[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in note.items() if key != "n"}
    return {**rest, "count": note["n"]} if "n" in note else rest


def split_text(note: dict[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in note.items() if key != "text"}
    return {**rest, "lines": note["text"].splitlines()} if "text" in note else rest


LATER = Folder("notes/*.json", NewNote, (rename_number, split_text))


def later(folder: Path) -> Store:
    return Store.create(folder / ".podium", actor=ME, kinds=(LATER,))


def later_note(name: str) -> Key[NewNote]:
    return Key(f"notes/{name}.json", NewNote)


def old_store(folder: Path, count: int = 3) -> None:
    store = new_store(folder)
    for number in range(count):
        put(store, f"n{number}", number, text="one\ntwo")
    store.close()


@pytest.mark.promise("W5")
def test_former_documents_are_read_as_present_ones_and_not_rewritten(tmp_path: Path) -> None:
    old_store(tmp_path)
    before = (tmp_path / ".podium/notes/n1.json").read_text()
    store = later(tmp_path)
    assert store.get(later_note("n1")) == NewNote(count=1, lines=("one", "two"))
    assert len(store.list(LATER)) == 3
    assert (tmp_path / ".podium/notes/n1.json").read_text() == before
    with pytest.raises(StoreReadOnly, match="older version of Podium") as refusal:
        store.transact(lambda tx: tx.put(later_note("n1"), NewNote(count=2)))
    assert "podium migrate" in refusal.value.hints[0]


@pytest.mark.promise("W5")
def test_a_migration_makes_a_snapshot_rewrites_and_keeps_older_programs_out(
    tmp_path: Path,
) -> None:
    old_store(tmp_path, count=450)
    store = later(tmp_path)
    values = store.list(LATER)
    assert len(store.maintenance.outdated()) == 450
    assert len(store.maintenance.migrate()) == 450
    assert store.maintenance.outdated() == store.maintenance.migrate() == []
    assert store.list(LATER) == later(tmp_path).list(LATER) == values
    document = json.loads((tmp_path / ".podium/notes/n7.json").read_text())
    assert document == {"schema": 3, "count": 7, "lines": ["one", "two"]}
    snapshot = store.maintenance.restore_points().snapshots[0]
    assert snapshot.reason == "before-migration"
    store.transact(lambda tx: tx.put(later_note("n1"), NewNote(count=9)))
    assert later(tmp_path).get(later_note("n1")) == NewNote(count=9)
    manifest = json.loads((tmp_path / ".podium/store.json").read_text())
    assert manifest["schemas"] == {"notes/*.json": 3}
    assert manifest["min_reader"] == manifest["min_writer"] == FORMAT


@pytest.mark.promise("W5")
def test_a_document_of_a_newer_version_is_told_and_not_taken_over(tmp_path: Path) -> None:
    store = later(tmp_path)
    store.transact(lambda tx: tx.put(later_note("a"), NewNote(count=1)))
    path = tmp_path / ".podium/notes/a.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 9}))
    assert store.reconcile() == []
    assert store.get(later_note("a")) == NewNote(count=1)
    assert "schema version 9" in store.problems[0].reason


@pytest.mark.promise("W5")
@pytest.mark.parametrize("fixture", sorted(FIXTURES.glob("format-*.json")), ids=lambda p: p.stem)
def test_a_store_of_every_former_format_is_read_written_and_migrated(
    tmp_path: Path, fixture: Path
) -> None:
    for name, text in json.loads(fixture.read_text()).items():
        path = tmp_path / ".podium" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    store = Store.open(tmp_path / ".podium", actor=ME, kinds=layout.SHAPES)
    assert [t.title for t in store.list(layout.tasks("p-111111")).values()] == ["Read it again"]
    session = store.get(layout.session("s-111111"))
    assert session
    assert session.context.messages[0].text == "hello"
    assert len(store.list(layout.thoughts("s-111111"))) == 2
    assert store.history("p-111111")[0].event.message == "made"
    thought = store.list(layout.thoughts("s-111111"))["sessions/s-111111/thoughts/000001.json"]
    store.transact(lambda tx: tx.put(layout.thought("s-111111", 3), thought))
    audit = store.maintenance.verify()
    assert audit.is_intact
    assert audit.unchained == 3
    assert store.maintenance.migrate() == []
    assert json.loads((tmp_path / ".podium/store.json").read_text())["min_writer"] == FORMAT
    again = Store.open(tmp_path / ".podium", actor=ME, kinds=layout.SHAPES)
    assert len(again.list(layout.thoughts("s-111111"))) == 3
    assert again.maintenance.verify().is_intact
    store.maintenance.restore(2)
    assert len(store.list(layout.thoughts("s-111111"))) == 1
