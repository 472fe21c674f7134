"""A stamp says whether a store's files are still as they were."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from podium.store.disk.stamp import is_current, take_stamp

NOW = 2_000_000_000 * 1_000_000_000
OLD = NOW - 60 * 1_000_000_000
YOUNG = NOW - 1_000_000_000

JOURNAL = "run/journal/000000000001.jsonl"
DOCUMENT = "plans/p/plan.json"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Give a folder with the files of a store, all of them old."""
    for path in ("store.json", DOCUMENT, "plans/p/tasks/a.json", JOURNAL, "run/head"):
        write(tmp_path / path, "{}")
    return tmp_path


def write(path: Path, text: str, at: int = OLD) -> None:
    """Write a file as if at a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, ns=(at, at))


def replace(path: Path) -> None:
    """Put another file with the same content and time in a file's place."""
    write(path.with_suffix(".new"), path.read_text())
    path.with_suffix(".new").rename(path)


CHANGES: dict[str, Callable[[Path], object]] = {
    "another size": lambda root: write(root / DOCUMENT, "{ }"),
    "another time": lambda root: write(root / DOCUMENT, "{}", YOUNG),
    "another file": lambda root: replace(root / DOCUMENT),
    "a new file": lambda root: write(root / "plans/p/tasks/b.json", "{}"),
    "a new file of no document": lambda root: write(root / "notes", ""),
    "a removed file": lambda root: (root / DOCUMENT).unlink(),
    "another name": lambda root: (root / DOCUMENT).rename(root / "plans/p/other.json"),
    "a longer journal": lambda root: write(root / JOURNAL, "{}\n"),
    "another segment": lambda root: write(root / "run/journal/000000000002.jsonl", ""),
    "no journal": lambda root: (root / JOURNAL).unlink(),
    "a link": lambda root: (root / "link").symlink_to(root / DOCUMENT),
    "a journal elsewhere": lambda root: link_folder(root / "run/journal"),
}


def link_folder(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_seen(name: str, store: Path) -> None:
    stamp = take_stamp(str(store), NOW)
    assert stamp is not None
    assert is_current(stamp, str(store))
    CHANGES[name](store)
    assert not is_current(stamp, str(store))


def test_what_is_derived_from_the_journal_does_not_count(store: Path) -> None:
    stamp = take_stamp(str(store), NOW)
    assert stamp is not None
    write(store / "run/checkpoint.json", "{}", YOUNG)
    (store / "run/head").unlink()
    assert is_current(stamp, str(store))


def test_a_young_file_counts_by_its_content(store: Path) -> None:
    write(store / DOCUMENT, "[1]", YOUNG)
    stamp = take_stamp(str(store), NOW)
    assert stamp is not None
    assert is_current(stamp, str(store))
    with (store / DOCUMENT).open("r+") as file:
        file.write("[2]")
    os.utime(store / DOCUMENT, ns=(YOUNG, YOUNG))
    assert not is_current(stamp, str(store))


def test_with_many_young_files_there_is_no_stamp(store: Path) -> None:
    for number in range(200):
        write(store / f"plans/p/tasks/{number}.json", "{}", YOUNG)
    assert take_stamp(str(store), NOW) is None


@pytest.mark.parametrize("link", ["plans/p/link.json", "run/journal/link"])
def test_with_links_there_is_no_stamp(link: str, store: Path) -> None:
    (store / link).symlink_to(store / DOCUMENT)
    assert take_stamp(str(store), NOW) is None


@pytest.mark.parametrize("missing", ["", "run", "run/journal"])
def test_without_a_store_there_is_no_stamp(missing: str, store: Path) -> None:
    shutil.rmtree(store / missing)
    assert take_stamp(str(store), NOW) is None
