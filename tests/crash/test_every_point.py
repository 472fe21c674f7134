"""The runner dies at every commit and at every git command of a task's life: the next one goes on.

The death is an exception that nothing catches, raised before one call of the two seams
that all effects go through: `Store.transact` and the git command. It unwinds the runner as a kill
would end it, while the calls of agents go on in their own processes.
"""

import sys
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from podium.app.runner_process import run_runner
from podium.errors import first_error
from podium.model import layout
from podium.model.agents import Role
from podium.model.rules.steps import AgentStep, GateStep, RunStep, Tree, WaitStep
from podium.model.runs import GateCommand, Run, TaskRun
from podium.model.states import RunState
from podium.runs import context as run_context
from podium.runs.runner_lock import take_runner_lock
from podium.store import Store
from podium.workspace.names import LOCK_NAME
from podium.workspace.plumbing import settings
from podium.workspace.plumbing.git import Git
from tests.support.killed_git import always_settled
from tests.support.projects import Json, Project, answers_doubts, fixes, task, write
from tests.support.repositories import git

GOOD = "def total(prices):\n    return sum(prices)\n"
STUB = "def total(prices):\n    raise NotImplementedError\n"
BROKEN = "def total(prices:\n    return sum(prices)\n"


FAILS: Json = {"fail": {"outcome": "failed"}}


class Killed(BaseException):
    """Ends the runner at one point."""


@dataclass
class Points:
    """Counts the points of a run and ends it at one of them.

    Args:
        deadly: the point at which to end, from 1; 0 for none.
    """

    deadly: int = 0
    passed: int = 0

    def pass_by(self) -> None:
        self.passed += 1
        if self.passed == self.deadly:
            raise Killed


@contextmanager
def watched(points: Points) -> Generator[None]:
    """Count a point before each commit and each git command; after one is before the next."""
    transact, run_git = Store.transact, Git.run

    def counted_transact(self: Store, work: Callable[..., Any]) -> Any:
        points.pass_by()
        return transact(self, work)

    async def counted_git(self: Git, *arguments: Any, **options: Any) -> Any:
        points.pass_by()
        return await run_git(self, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "transact", counted_transact)
        patch.setattr(Git, "run", counted_git)
        patch.setattr(settings, "_kept", {})
        patch.setattr(settings, "_is_settled", always_settled)
        yield


@dataclass(frozen=True)
class Course:
    """What happens to the task.

    Args:
        steps: what the executor does in each attempt.
        repair: what the consultant does; None if it is never asked.
        doubts: what the executor does when it is asked about doubts; None if it is never asked.
        content: the file in the end.
        attempts: how many attempts the task takes.
        ends: the state of the run.
        least: the number of points; fewer mean that a seam is no longer passed.
        has_failed: whether a run before this one failed, and left its worktree.
        subjects: of the commits on the integration branch, newest first.
        tree: the steps of an attempt, if not those of every run.
    """

    steps: tuple[list[Json], ...]
    least: int
    repair: list[list[Json]] | None = None
    doubts: list[list[Json]] | None = None
    attempts: int = 1
    ends: RunState = RunState.COMPLETED
    has_failed: bool = False
    content: str = GOOD
    subjects: tuple[str, ...] = ("feat: do sum",)
    tree: Tree = ()


MINE = "mine"
_COMMIT_ON_BRANCH = f"""
cd {{root}}
ref=$(git for-each-ref --format='%(refname)' 'refs/heads/podium/*/integration')
export GIT_INDEX_FILE=$(mktemp -u) GIT_AUTHOR_NAME=ada GIT_AUTHOR_EMAIL=a@b.c
export GIT_COMMITTER_NAME=ada GIT_COMMITTER_EMAIL=a@b.c
git read-tree "$ref"
blob=$(echo '# {MINE}' | git hash-object -w --stdin)
git update-index --add --cacheinfo "100644,$blob,{{path}}"
git update-ref "$ref" $(git commit-tree $(git write-tree) -p "$ref" -m {MINE})
"""


def commits(path: str) -> Json:
    """Return a playbook step with which a person commits a file on the integration branch."""
    # The player stands in a worktree; its link leads to the project.
    root = '"$(git rev-parse --path-format=absolute --git-common-dir)/.."'
    return {"run": ["sh", "-ec", _COMMIT_ON_BRANCH.format(root=root, path=path)]}


EXECUTE = AgentStep(id="execute", title="executing", role=Role.EXECUTOR)
GATES = GateStep(id="gates", title="checking")
COMMAND = RunStep(
    id="try",
    title="trying",
    command=GateCommand(name="try", command=(sys.executable, "-c", "import total")),
)
WAIT = WaitStep(id="ask", title="asking", text="Is it good?", seconds=0.01)

COURSES = {
    "success": Course(([write("total.py", GOOD)],), 30),
    "retry": Course(([FAILS], [write("total.py", GOOD)]), 37, attempts=2),
    "repair": Course(([write("total.py", BROKEN)],), 50, [[write("total.py", GOOD)]]),
    "failure": Course(([FAILS],) * 2, 26, attempts=2, ends=RunState.FAILED),
    "merge": Course(
        ([write("total.py", GOOD), commits("other.py")],), 52, subjects=("feat: do sum", MINE)
    ),
    "conflict": Course(
        ([write("total.py", GOOD), commits("total.py")], [write("total.py", GOOD)]),
        53,
        attempts=2,
        subjects=("feat: do sum", MINE),
    ),
    "clean-up": Course(([FAILS], [write("total.py", GOOD)]), 31, has_failed=True),
    "command": Course(([write("total.py", GOOD)],), 31, tree=(EXECUTE, COMMAND, GATES)),
    "completed": Course(([write("total.py", STUB)],), 45, doubts=[[write("total.py", GOOD)]]),
    "confirmed": Course(
        ([write("total.py", STUB), commits("other.py")],),
        50,
        doubts=[[{"confirm": {"place": "total.py:1", "reason": "Subclasses override it."}}]],
        content=STUB,
        subjects=("feat: do sum", MINE),
    ),
    "wait": Course(([write("total.py", GOOD)],), 33, tree=(EXECUTE, WAIT, GATES)),
}


def begin(project: Project, course: Course) -> str:
    """Start a run of one task without a runner; return its id."""
    options = {"ledger": str(project.root.parent / "ledger")}
    plan = project.plan([task("sum")], {"sum": [*course.steps]}, options=options)
    if course.has_failed:
        assert project.run_to_end(plan, max_attempts=1).state is RunState.FAILED
        project.write_playbook({"sum": [*course.steps[1:]]})
    if course.repair is not None:
        fixes(project, {"sum": course.repair})
    if course.doubts is not None:
        answers_doubts(project, {"sum": course.doubts})
    return str(project.start_unattended(plan, max_attempts=2).run_id)


def drive(project: Project, points: Points) -> bool:
    """Be the runner once; return whether it came to its end."""
    lock = take_runner_lock(project.engine.home)
    assert lock is not None
    try:
        with watched(points):
            run_runner(project.engine.home, lock)
    except BaseException as error:
        if not isinstance(first_error(error), Killed):
            raise
        return False
    finally:
        lock.close()
    return True


def check(project: Project, run: str, course: Course) -> None:
    """Check the tree, what is left over, and that no finished call was repeated."""
    status = project.ask("run.status", run=run)
    assert status.state is course.ends
    record = project.engine.store.get(layout.task_run(run, "sum"))
    assert isinstance(record, TaskRun)
    assert len(record.attempts) == course.attempts
    ledger = (project.root.parent / "ledger").read_text().splitlines()
    assert set(Counter(ledger).values()) == {1}, ledger
    if course.ends is RunState.COMPLETED:
        branch = status.integration_branch
        assert git(project.root, "show", f"{branch}:total.py") == course.content.strip()
        subjects = git(project.root, "log", "--format=%s", f"main..{branch}").splitlines()
        assert tuple(subjects) == course.subjects
        worktrees = git(project.root, "worktree", "list", "--porcelain").count("worktree ")
        assert worktrees == 1
        assert record.left_over == ""
    assert left_over_files(project.root) == []
    assert git(project.root, "status", "--porcelain") == "?? .podium/"
    git(project.root, "fsck", "--no-dangling")


def left_over_files(root: Path) -> list[Path]:
    """Return temporary files and git's locks."""
    return [
        *(root / ".podium").rglob("*.tmp~*"),
        *(root / ".podium").rglob(".podium.tmp~*"),
        *(each for each in (root / ".git").rglob("*.lock") if each.name != LOCK_NAME),
    ]


def count_points(project: Project, course: Course) -> int:
    run = begin(project, course)
    points = Points()
    assert drive(project, points)
    check(project, run, course)
    return points.passed


@pytest.mark.promise("R7.kill", "R7.once", "R7.in-flight", "R4.leftovers")
@pytest.mark.parametrize(
    "name",
    [
        "success",
        "retry",
        pytest.param("repair", marks=pytest.mark.torture),
        pytest.param("failure", marks=pytest.mark.torture),
        pytest.param("merge", marks=pytest.mark.torture),
        pytest.param("conflict", marks=pytest.mark.torture),
        pytest.param("clean-up", marks=pytest.mark.torture),
        pytest.param("command", marks=pytest.mark.torture),
        pytest.param("completed", marks=pytest.mark.torture),
        pytest.param("confirmed", marks=pytest.mark.torture),
        pytest.param("wait", marks=pytest.mark.torture),
    ],
)
def test_a_run_goes_on_after_a_death_at_every_point(
    name: str, fresh_project: Callable[[], Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    course = COURSES[name]
    if course.tree:

        def tree_of(run: Run) -> Tree:
            return course.tree

        monkeypatch.setattr(run_context, "tree_of", tree_of)
    points = count_points(fresh_project(), course)
    sys.stdout.write(f"{points} points of {name} are tried\n")
    assert points >= course.least
    for deadly in range(1, points + 1):
        project = fresh_project()
        run = begin(project, course)
        assert not drive(project, Points(deadly)), f"point {deadly} of {points} was not reached"
        assert drive(project, Points())
        check(project, run, course)
        project.close()
