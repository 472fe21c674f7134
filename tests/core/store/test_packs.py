"""Documents of ended work share files: smaller, and the same for whoever reads or changes them."""

import shutil
from pathlib import Path

import pytest

from podium.errors import StorageError
from podium.model.base import canonical_text
from podium.model.documents import Key
from podium.model.events import EventKind
from podium.store import Store, Transaction
from podium.store.documents import packs
from tests.core.store.samples import ME, PACKABLE, SMALL, Note, note, numbers, put

NAMES = ("a", "b", "c")
THING = Key("things/t1/thing.json", Note)


def opened(folder: Path) -> Store:
    return Store.create(folder / ".podium", actor=ME, kinds=PACKABLE, retention=SMALL)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a store with three packed notes and a packed thing."""
    store = opened(tmp_path)
    for number, name in enumerate(NAMES):
        put(store, name, number)
    store.transact(lambda tx: tx.put(THING, Note(n=7)))
    paths = [*(note(name).path for name in NAMES), THING.path]
    assert store.maintenance.pack(paths) == sorted(paths)
    return store


def documents(folder: Path) -> list[str]:
    below = folder / ".podium"
    files = [*(below / "notes").rglob("*"), *(below / "things").rglob("*")]
    return sorted(each.relative_to(below).as_posix() for each in files)


@pytest.mark.promise("W6")
def test_packed_documents_are_read_as_before(store: Store, tmp_path: Path) -> None:
    assert documents(tmp_path) == [f"notes/{packs.PACK_NAME}", f"things/{packs.PACK_NAME}"]
    store.close()
    for reader in (store, opened(tmp_path)):
        assert numbers(reader) == {"a": 0, "b": 1, "c": 2}
        assert reader.get(THING) == Note(n=7)
        assert reader.reconcile() == []
        assert reader.problems == []
    assert store.file_of(note("a")) == f"notes/{packs.PACK_NAME}"
    events = [each.event for each in store.history() if each.event.kind == EventKind.PACKED]
    assert [each.message.split()[0] for each in events] == ["3", "1"]


@pytest.mark.promise("W6")
def test_packed_documents_need_neither_journal_nor_checkpoint(store: Store, tmp_path: Path) -> None:
    store.close()
    shutil.rmtree(tmp_path / ".podium/run")
    again = opened(tmp_path)
    assert numbers(again) == {"a": 0, "b": 1, "c": 2}
    assert again.get(THING) == Note(n=7)


def test_a_changed_document_has_a_file_again_and_may_be_packed_again(
    store: Store, tmp_path: Path
) -> None:
    put(store, "b", 5)
    store.transact(lambda tx: tx.put(THING, Note(n=8)))
    assert "notes/b.json" in documents(tmp_path)
    assert store.file_of(note("b")) == "notes/b.json"
    assert "things/t1/thing.json" in documents(tmp_path)
    store.close()
    (tmp_path / ".podium/notes/b.json").unlink()
    assert numbers(opened(tmp_path)) == {"a": 0, "c": 2}, "an older text came back"
    store.maintenance.pack([THING.path])
    assert "things/t1" not in documents(tmp_path)
    assert opened(tmp_path).get(THING) == Note(n=8)


def test_a_deleted_document_is_gone(store: Store, tmp_path: Path) -> None:
    def delete(*names: str) -> None:
        def work(tx: Transaction) -> None:
            for name in names:
                tx.delete(note(name))

        store.transact(work)

    delete("a", "b")
    assert numbers(opened(tmp_path)) == {"c": 2}
    delete("c")
    store.close()
    assert f"notes/{packs.PACK_NAME}" not in documents(tmp_path)
    shutil.rmtree(tmp_path / ".podium/run")
    assert numbers(opened(tmp_path)) == {}


@pytest.mark.promise("W2")
def test_what_a_person_does_with_files_counts(store: Store, tmp_path: Path) -> None:
    (tmp_path / ".podium/notes/b.json").write_text(canonical_text({"n": 9}))
    assert store.reconcile() == ["notes/b.json"]
    assert numbers(store) == {"a": 0, "b": 9, "c": 2}
    (tmp_path / ".podium/notes" / packs.PACK_NAME).unlink()
    assert store.reconcile() == ["notes/a.json", "notes/c.json"]
    assert numbers(opened(tmp_path)) == {"b": 9}


def test_an_edit_between_looking_and_packing_is_kept(tmp_path: Path) -> None:
    store = opened(tmp_path)
    put(store, "a", 1)
    (tmp_path / ".podium/notes/a.json").write_text(canonical_text({"n": 2}))
    store.maintenance.pack([note("a").path])
    assert numbers(store) == {"a": 2}
    assert numbers(opened(tmp_path)) == {"a": 2}


@pytest.mark.promise("W3.found", "W3.restored")
@pytest.mark.parametrize("damage", [b"", b"no pack", "half", "middle"])
def test_a_damaged_pack_loses_nothing_and_is_told(
    store: Store, tmp_path: Path, damage: bytes | str
) -> None:
    pack = tmp_path / ".podium/notes" / packs.PACK_NAME
    whole = pack.read_bytes()
    damaged = whole[: len(whole) // 2] if damage == "half" else whole[:-12] + b"?" + whole[-11:]
    pack.write_bytes(damage if isinstance(damage, bytes) else damaged)
    for reader in (store, again := opened(tmp_path)):
        reader.reconcile()
        assert numbers(reader) == {"a": 0, "b": 1, "c": 2}
    put(again, "a", 5)
    with pytest.raises(StorageError, match="damaged"):
        again.maintenance.pack([note("a").path])
    (path,) = {each.path for each in again.recovery.diagnose()}
    assert path == f"notes/{packs.PACK_NAME}"
    for diagnosis in again.recovery.diagnose():
        again.recovery.apply(diagnosis, "restore")
    assert numbers(opened(tmp_path)) == {"a": 5, "b": 1, "c": 2}
    assert opened(tmp_path).problems == []
    assert again.maintenance.pack([note("a").path]) == [note("a").path]


def test_only_documents_that_may_be_are_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(tmp_path)
    put(store, "long", 1, text="x" * packs.LONGEST_DOCUMENT)
    for name in NAMES:
        put(store, name, 1, text="x" * 100)
    monkeypatch.setattr(packs, "MOST_BYTES", 300)
    packed = store.maintenance.pack(["notes/long.json", "notes/none.json", "store.json"])
    assert packed == []
    assert store.maintenance.pack(["notes/a.json", "notes/b.json", "notes/c.json"]) == [
        "notes/a.json",
        "notes/b.json",
    ]
    assert set(numbers(opened(tmp_path))) == {"a", "b", "c", "long"}


@pytest.mark.promise("W6")
def test_a_pack_that_swells_beyond_its_limit_is_not_unpacked(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.close()
    monkeypatch.setattr(packs, "MOST_BYTES", 10)
    again = opened(tmp_path)
    assert numbers(again) == {"a": 0, "b": 1, "c": 2}, "the journal has them"
