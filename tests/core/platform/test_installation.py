"""A process that outlives its installation says that it must be restarted."""

import json
import os
from pathlib import Path
from unittest.mock import Mock

import pytest

import podium
from podium.errors import StoreReadOnly
from podium.model import layout
from podium.model.documents import Folder
from podium.model.events import Actor
from podium.model.plans import Task
from podium.operations.installation import restart_hint
from podium.platform import installation
from podium.store import Store
from podium.store.disk.layout import FORMAT, MANIFEST
from podium_cli.group import program
from tests.support.commands import podium as command

ME = Actor(kind="person", name="ada", face="cli")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / ".podium", actor=ME, kinds=layout.SHAPES)


@pytest.mark.promise("W5")
@pytest.mark.parametrize(
    ("replaced", "hint"), [(False, "pip install --upgrade podium"), (True, "restart this program")]
)
def test_a_store_of_a_newer_program_asks_to_update_or_to_restart(
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    replaced: bool,
    hint: str,
) -> None:
    manifest = tmp_path / ".podium" / MANIFEST
    fields = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**fields, "format": FORMAT + 1, "min_writer": FORMAT + 1}))
    if replaced:
        other = tmp_path / "podium.py"
        other.write_text("")
        monkeypatch.setattr(podium, "__file__", str(other))
    with pytest.raises(StoreReadOnly) as caught:
        store.transact(lambda tx: tx.delete(layout.plan_header("p-111111")))
    assert any(hint in each for each in caught.value.hints)


@pytest.mark.promise("W5")
def test_a_document_of_a_newer_program_is_not_called_damaged(store: Store, tmp_path: Path) -> None:
    task = layout.task("p-111111", "t1")
    store.transact(lambda tx: tx.put(task, Task(id="t1", title="x")))
    newer_kinds = [
        Folder(each.pattern, each.type, (lambda document: document,)) for each in layout.SHAPES
    ]
    newer = Store.open(tmp_path / ".podium", actor=ME, kinds=newer_kinds)
    assert newer.maintenance.migrate()
    with pytest.raises(StoreReadOnly, match="written by a newer Podium") as caught:
        store.get(task)
    assert "schema version 2" in caught.value.why


def test_an_installation_that_is_gone_counts_as_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not installation.was_replaced()
    monkeypatch.setattr(podium, "__file__", os.fspath(tmp_path / "gone.py"))
    assert installation.was_replaced()


def raised_from(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


EXPLAINED = [
    ModuleNotFoundError("no module"),
    AttributeError("no attribute"),
    FileNotFoundError("no file"),
    raised_from(RuntimeError("no answer"), ImportError("no name")),
]


@pytest.mark.parametrize("error", EXPLAINED, ids=repr)
def test_an_unexpected_error_after_a_replacement_asks_to_restart(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert restart_hint(error) == ""
    monkeypatch.setattr(podium, "__file__", os.fspath(tmp_path / "gone.py"))
    assert "restart" in restart_hint(error)
    assert restart_hint(ValueError("not about files")) == ""


def test_a_command_that_outlives_its_installation_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    missing = Mock(side_effect=ModuleNotFoundError("no module"))
    monkeypatch.setattr(program, "main", missing)
    assert "please report" in command(tmp_path, "plans").stderr
    monkeypatch.setattr(installation, "_AT_START", None)
    assert "restart this program" in command(tmp_path, "plans").stderr
