"""git is killed inside a command of Podium: the same command again succeeds, and loses nothing."""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from podium.entities.runs import active_runs
from podium.errors import GitKilled, PodiumError, first_error
from podium.model.states import RunState
from podium.workspace.plumbing import command_marks
from podium.workspace.plumbing.git import Git
from tests.support.killed_git import KillableGit, KillPoint, needs_strace
from tests.support.projects import Project, fixes, task, write
from tests.support.repositories import files_of, git

pytestmark = [pytest.mark.promise("R4.leftovers", "R7.killed-git", "W7.clean-up"), needs_strace]

SOME, ALL = 5, pytest.param(1000, marks=pytest.mark.torture)
"""How many points are tried, spread over all of them."""

LANDED = {"app.py": "app = 2\n", "gen/new.txt": "new\n", "gen/long.txt": "line\n" * 5000}
MINE = {"notes.txt": "mine\n", "README.md": "my own words\n"}


def release_marks() -> None:
    """Let this process hold no mark in a repository, as the end of a process does."""
    marks = vars(command_marks)["_marks"]
    while marks:
        os.close(marks.popitem()[1].fd)


@dataclass
class Scene:
    """A project that is put back to one state again and again.

    Args:
        project: the project.
        git: the git that it uses.
        saved: copies of the project and of the user's cache.
    """

    project: Project
    git: KillableGit
    saved: Path

    @property
    def _cache(self) -> Path:
        return self.project.root.parent / "home" / ".cache"

    def save(self) -> None:
        """Remember this state."""
        self.project.close()
        self._cache.mkdir(exist_ok=True)
        shutil.copytree(self.project.root, self.saved / "project", symlinks=True)
        shutil.copytree(self._cache, self.saved / "cache", symlinks=True)

    def put_back(self) -> None:
        """Go back to the remembered state."""
        self.project.close()
        release_marks()  # their files go, too
        for place, name in ((self.project.root, "project"), (self._cache, "cache")):
            shutil.rmtree(place)
            shutil.copytree(self.saved / name, place, symlinks=True)

    def each_kill(self, act: Callable[[], object], most: int) -> list[KillPoint]:
        """Return points at which git may be killed while `act` is done once."""
        self.save()
        self.git.record()
        act()
        points = self.git.points()
        self.git.reset()
        assert len(points) > most or most > SOME
        step = max(1, len(points) // most)
        chosen = points[step // 2 :: step]
        sys.stdout.write(f"{len(points)} points, {len(chosen)} are tried\n")
        return chosen

    def kill(self, point: KillPoint, act: Callable[[], object]) -> None:
        """Do `act` in the remembered state while git is killed."""
        self.put_back()
        self.git.arm(point)
        problem = ""
        try:
            act()
        except PodiumError as error:
            problem = str(error)
        except (Died, BaseExceptionGroup) as error:
            if not isinstance(first_error(error), Died):
                raise
            problem = "this process died with it"
        sys.stdout.write(f"{point}: {problem}\n")
        self.git.reset()


@pytest.fixture
def scene(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    plan_id = project.plan([task("a")], {"a": [[write(p, c) for p, c in LANDED.items()]]})
    assert project.run_to_end(plan_id).state is RunState.COMPLETED
    for path, text in MINE.items():
        (project.root / path).write_text(text)
    (tmp_path / "saved").mkdir()
    return Scene(project, KillableGit(tmp_path / "killable", monkeypatch), tmp_path / "saved")


def left_behind(root: Path) -> list[str]:
    """Return what killed commands left in git's folder and in the cache."""
    folder = root / ".git"
    found = [*folder.rglob("*.lock"), *folder.glob("packed-refs.new"), *folder.glob("worktrees/*")]
    found += [folder / "podium-landing"] if (folder / "podium-landing").exists() else []
    found += (root.parent / "home" / ".cache").glob("podium/worktrees/*/*/*")
    ours = {"podium.lock"}
    return [str(path.relative_to(root.parent)) for path in found if path.name not in ours]


def check(project: Project, point: KillPoint, landed: dict[str, str], status: list[str]) -> None:
    """Check that files are exactly the user's and the landed ones, and that nothing is left."""
    files = files_of(project.root)
    for path, text in {**landed, **MINE}.items():
        assert files[path] == ("file", text.encode()), (point, path)
    changed = git(project.root, "status", "--porcelain", "--", ".", ":!.podium")
    assert changed.splitlines() == status, point
    assert left_behind(project.root) == [], point
    assert git(project.root, "fsck", "--no-progress", "--no-dangling") == "", point


STATUS = [" M README.md", "?? notes.txt"]


def land(project: Project) -> None:
    preview = project.ask("work.land")
    assert preview.overwritten == ()
    if preview.kind != "up-to-date":
        assert project.ask("work.land", token=preview.token).landed


@pytest.mark.parametrize("most", [SOME, ALL])
def test_land(scene: Scene, most: int) -> None:
    project = scene.project
    for point in scene.each_kill(lambda: land(project), most):
        scene.kill(point, lambda: land(project))
        land(project)
        check(project, point, LANDED, STATUS)


@pytest.mark.parametrize("most", [SOME, ALL])
def test_gc(scene: Scene, most: int) -> None:
    project = scene.project
    land(project)
    git(project.root, "pack-refs", "--all")
    for point in scene.each_kill(lambda: project.ask("store.gc"), most):
        scene.kill(point, lambda: project.ask("store.gc"))
        project.ask("store.gc")
        check(project, point, LANDED, STATUS)
        refs = git(project.root, "for-each-ref", "--format=%(refname)").splitlines()
        assert refs == ["refs/heads/main"], point


def revert(project: Project) -> None:
    preview = project.ask("file.revert", path="README.md", to="HEAD")
    assert project.ask("file.revert", path="README.md", to="HEAD", token=preview.token).reverted


@pytest.mark.parametrize("most", [SOME, ALL])
def test_revert(scene: Scene, most: int) -> None:
    project = scene.project
    for point in scene.each_kill(lambda: revert(project), most):
        scene.kill(point, lambda: revert(project))
        revert(project)
        assert (project.root / "README.md").read_text() == "# app\n", point
        assert (project.root / "notes.txt").read_text() == "mine\n", point
        assert left_behind(project.root) == [], point
        kept = git(project.root, "for-each-ref", "--format=%(refname)", "refs/podium/kept")
        assert git(project.root, "show", f"{kept.splitlines()[0]}:README.md") == "my own words"


class Died(BaseException):
    """Ends the runner in the moment in which its git was killed."""


def die_with_git(patch: pytest.MonkeyPatch) -> None:
    """Let this process die of each killed git, as when the machine fails."""
    run = Git.run

    async def mortal_run(self: Git, *arguments: Any, **options: Any) -> Any:
        try:
            return await run(self, *arguments, **options)
        except GitKilled:
            release_marks()
            raise Died from None

    patch.setattr(Git, "run", mortal_run)


@pytest.mark.torture
def test_run_of_a_machine_that_dies(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    die_with_git(monkeypatch)
    # The machine is off for longer than that.
    monkeypatch.setattr("podium.workspace.plumbing.stale_locks._OLD_SECONDS", 0.0)
    test_run(scene, 1000)


@pytest.mark.parametrize("most", [SOME, ALL])
def test_run(scene: Scene, most: int) -> None:
    project = scene.project
    mended = {"b.py": "b = 1\n"}
    plan_id = project.plan([task("b")], {"b": [[write("b.py", "b = [\n")]] * 9})
    fixes(project, {"b": [[write("b.py", "b = 1\n")]] * 9})

    def run() -> None:
        # A run that is under way is continued by the next face that opens the project.
        is_under_way = bool(active_runs(project.engine.store))
        if is_under_way or not project.ask("plan.check", plan=plan_id).complete:
            status = project.run_to_end(plan_id)
            assert status.state is RunState.COMPLETED
            assert [each.attempt for each in status.tasks] == [1]

    for point in scene.each_kill(run, most):
        scene.kill(point, run)
        run()
        assert project.ask("plan.check", plan=plan_id).complete, point
        branch = f"podium/{plan_id}/integration"
        assert git(project.root, "show", f"{branch}:b.py") == mended["b.py"].strip(), point
        subjects = git(project.root, "log", "--format=%s", f"main..{branch}")
        assert subjects == "feat: do b", point
        check(project, point, {}, STATUS)
