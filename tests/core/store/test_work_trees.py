"""Several work trees of one repository: a store each, or one for all when git's settings say so."""

import subprocess
from pathlib import Path

import pytest

from podium.app import find_root
from podium.model import layout
from podium.workspace.sharing import home_of
from tests.support.projects import Project, clean_environment, project, task, write
from tests.support.repositories import git, isolated_git, make_repository

__all__ = ["clean_environment", "isolated_git", "project"]


def linked(main: Path, name: str = "side") -> Path:
    """Return a new linked work tree beside the main one."""
    folder = main.parent / name
    git(main, "worktree", "add", "-q", str(folder), "-b", name)
    return folder


@pytest.fixture
def shared(project: Project) -> tuple[Project, Project]:
    """Give a project in the main work tree and the same in a linked one, with one store."""
    project.ask("project.init", shared=True)
    return project, Project(linked(project.root))


@pytest.mark.promise("W1")
def test_work_trees_that_share_a_store_see_each_others_plans_at_once(
    shared: tuple[Project, Project],
) -> None:
    main, side = shared
    assert side.engine.root == side.root
    assert side.engine.home == main.root
    assert not (side.root / ".podium/run").exists()
    for number in range(3):
        for where in (main, side):
            title = f"{number} in {where.root.name}"
            where.ask("plan.create", objective=title, tasks=[{"id": "t1", "title": "One"}])
    there, here = (each.ask("plan.list") for each in shared)
    assert here == there
    assert len(here.plans) == 6
    assert main.engine.store.maintenance.verify().is_intact
    (diagnosis,) = [row for row in side.ask("doctor.check").diagnoses if row.name == "store"]
    assert str(main.root) in diagnosis.found


@pytest.mark.promise("W1")
def test_a_run_from_a_linked_work_tree_begins_and_lands_on_its_branch(
    shared: tuple[Project, Project],
) -> None:
    main, side = shared
    git(side.root, "commit", "-qm", "only here", "--allow-empty")
    side.ask("project.trust")
    plan_id = side.plan(
        [task("t1", files={"create": ["t1.py"]})], {"t1": [[write("t1.py", "x = 1\n")]]}
    )
    side.run_to_end(plan_id)
    preview = side.ask("work.land", plan=plan_id)
    assert preview.target == "side"
    side.ask("work.land", plan=plan_id, token=preview.token)
    assert (side.root / "t1.py").exists()
    assert not (main.root / "t1.py").exists()
    assert "only here" in git(side.root, "log", "--format=%s", "side")
    assert main.ask("plan.list").plans[0].state == "done"


@pytest.mark.promise("W1")
def test_a_linked_work_tree_has_a_store_of_its_own_unless_git_says_otherwise(
    project: Project,
) -> None:
    side = linked(project.root)
    assert home_of(side) == side
    assert find_root(side) is None
    git(project.root, "config", "podium.sharedStore", "true")
    assert home_of(side) == project.root
    assert find_root(side / "deeper") == side
    git(project.root, "config", "podium.sharedStore", "false")
    assert find_root(side) is None


@pytest.mark.promise("X5")
def test_a_folder_that_only_claims_to_be_a_linked_work_tree_gets_no_store(
    shared: tuple[Project, Project], tmp_path: Path
) -> None:
    """What somebody unpacks could name another project's git folder; that does not know it."""
    _, side = shared
    claim = tmp_path / "claim"
    claim.mkdir()
    (claim / ".git").write_text((side.root / ".git").read_text())
    assert home_of(claim) == claim
    assert find_root(claim) is None
    (claim / ".git").write_text("gitdir: /nowhere\n")
    assert home_of(claim) == claim


@pytest.mark.promise("W1")
def test_submodules_and_work_trees_of_a_bare_repository_keep_to_themselves(
    clean_environment: Path, tmp_path: Path
) -> None:
    seed = make_repository(tmp_path / "seed", {"a": "1"})
    outer = make_repository(tmp_path / "outer", {"b": "1"})
    allow = ("-c", "protocol.file.allow=always")
    git(outer, *allow, "submodule", "--quiet", "add", str(seed), "inner")
    git(outer, "config", "podium.sharedStore", "true")
    git(tmp_path, "clone", "-q", "--bare", str(seed), "bare.git")
    git(tmp_path / "bare.git", "config", "podium.sharedStore", "true")
    git(tmp_path / "bare.git", "worktree", "add", "-q", str(tmp_path / "of-bare"))
    for folder in (outer, outer / "inner", tmp_path / "of-bare"):
        assert home_of(folder) == folder


@pytest.mark.promise("X4")
def test_the_stores_folders_and_files_are_private_to_the_user(project: Project) -> None:
    project.ask("session.create", title="private")
    project.ask("plan.create", objective="Two", tasks=[{"id": "t1", "title": "One"}])
    project.ask("store.snapshots", make=True)
    project.close()
    found = [project.root / ".podium", *(project.root / ".podium").rglob("*")]
    assert len(found) > 15
    modes = {path: path.stat().st_mode & 0o777 for path in found}
    assert {
        path: mode for path, mode in modes.items() if mode != (0o700 if path.is_dir() else 0o600)
    } == {}


@pytest.mark.promise("W1")
def test_a_linked_work_tree_can_be_removed_and_the_plans_stay(
    shared: tuple[Project, Project],
) -> None:
    main, side = shared
    side.ask("plan.create", objective="Stays", tasks=[{"id": "t1", "title": "One"}])
    side.close()
    subprocess.run(
        ["git", "worktree", "remove", str(side.root)],
        cwd=main.root,
        check=True,
        capture_output=True,
    )
    assert [plan.objective for plan in main.ask("plan.list").plans] == ["Stays"]
    assert main.engine.store.list(layout.plan_headers())
