"""The merge driver in real merges of git, and stores in several work trees."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from podium.model.base import canonical_text
from tests.core.store.samples import new_store, numbers, reopen

PODIUM = Path(sys.executable).with_name("podium")
TASK: dict[str, Any] = {"id": "t1", "title": "One", "description": "d", "requires": ["a"]}


def run(folder: Path, *command: object) -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    merging = "merge" in command
    assert done.returncode == 0 or merging, done.stderr
    return done.stdout


def git(folder: Path, *arguments: str) -> str:
    return run(folder, "git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments)


def repository(folder: Path, *, merge_driver: bool) -> None:
    git(folder, "init", "-q", "-b", "main")
    git(folder, "commit", "-qm", "seed", "--allow-empty")
    run(folder, PODIUM, "init", *(["--merge-driver"] if merge_driver else []))


def commit(folder: Path, document: dict[str, Any]) -> None:
    path = folder / ".podium/plans/p-1/tasks/t1.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(canonical_text(document))
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "change")


def merged(folder: Path, ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    """Return what a merge of two branches leaves in the file."""
    repository(folder, merge_driver=True)
    commit(folder, TASK)
    git(folder, "branch", "other")
    commit(folder, TASK | ours)
    git(folder, "checkout", "-q", "other")
    commit(folder, TASK | theirs)
    git(folder, "checkout", "-q", "main")
    git(folder, "merge", "-q", "-m", "merge", "other")
    return (folder / ".podium/plans/p-1/tasks/t1.json").read_text()


@pytest.mark.promise("W1")
def test_two_branches_that_worked_on_one_plan_merge_by_key(tmp_path: Path) -> None:
    found = merged(
        tmp_path,
        {"title": "Ours", "requires": ["a", "b"]},
        {"description": "theirs", "requires": ["a", "c"], "priority": "high"},
    )
    assert json.loads(found) == {
        "id": "t1",
        "title": "Ours",
        "description": "theirs",
        "priority": "high",
        "requires": ["a", "c", "b"],
    }
    assert found == canonical_text(json.loads(found))
    assert git(tmp_path, "status", "--porcelain", "--untracked-files=no") == ""


@pytest.mark.promise("W1")
def test_what_contradicts_is_left_with_gits_markers(tmp_path: Path) -> None:
    found = merged(tmp_path, {"title": "Ours"}, {"title": "Theirs"})
    assert "<<<<<<< " in found
    assert "Ours" in found
    assert "Theirs" in found
    assert "UU" in git(tmp_path, "status", "--porcelain")


def test_init_leaves_gits_settings_alone_unless_it_is_asked(tmp_path: Path) -> None:
    repository(tmp_path, merge_driver=False)
    assert "podium" not in (tmp_path / ".git/config").read_text()
    assert not (tmp_path / ".podium/.gitattributes").exists()


@pytest.mark.promise("W1")
def test_each_linked_work_tree_has_a_store_of_its_own(tmp_path: Path) -> None:
    main, linked = tmp_path / "main", tmp_path / "linked"
    main.mkdir()
    git(main, "init", "-q", "-b", "main")
    new_store(main).close()
    (main / ".podium/notes").mkdir()
    (main / ".podium/notes/a.json").write_text(canonical_text({"n": 1}))
    git(main, "add", "-A")
    git(main, "commit", "-qm", "plan")
    git(main, "worktree", "add", "-q", str(linked), "-b", "side")
    other = reopen(linked)
    assert numbers(other) == {"a": 1}, "what git shares is taken over"
    (linked / ".podium/notes/a.json").write_text(canonical_text({"n": 2}))
    other.reconcile()
    assert numbers(other) == {"a": 2}
    assert numbers(reopen(main)) == {"a": 1}
    git(linked, "commit", "-qam", "more")
    git(main, "merge", "-q", "side")
    assert numbers(reopen(main)) == {"a": 2}
    assert "run/" not in git(linked, "ls-files")
