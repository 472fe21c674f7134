"""What people do to a project while a run works on it, and what becomes of it.

Each hand is tried at each moment: while the agent works, while a gate runs, while the consultant
repairs, while no runner lives, and after the end. The run completes, no finished call is repeated,
and what belongs to the person stays as it is.
"""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from podium.model.states import RunState
from podium.runs.runner_lock import runner_is_alive
from tests.support.commands import podium_process
from tests.support.kills import kill_runner
from tests.support.projects import Json, Project, fixes, task, write
from tests.support.repositories import git
from tests.support.waiting import wait_for

Hand = Callable[[Path], None]
FILES = {"a.py": "a = 1\n", "b.py": "b = 1\n", "c.py": "c = 1\n"}
MINE = "mine, not committed\n"
BRANCHES = "refs/heads/podium"


def deletes_branches(root: Path) -> None:
    for each in refs(root, BRANCHES):
        git(root, "update-ref", "-d", each)


def deletes_all_refs(root: Path) -> None:
    for each in refs(root, BRANCHES, "refs/podium"):
        git(root, "update-ref", "-d", each)


def deletes_worktrees(root: Path) -> None:
    shutil.rmtree(root.parent / "home" / ".cache" / "podium" / "worktrees", ignore_errors=True)


def deletes_cache(root: Path) -> None:
    shutil.rmtree(root.parent / "home" / ".cache", ignore_errors=True)


def deletes_run_folder(root: Path) -> None:
    shutil.rmtree(root / ".podium" / "run", ignore_errors=True)


def deletes_task_files(root: Path) -> None:
    for each in (root / ".podium" / "plans").glob("*/tasks/*.json"):
        each.unlink()


def commits(root: Path) -> None:
    (root / "own.txt").write_text("own\n")
    git(root, "add", "own.txt")
    git(root, "commit", "--quiet", "-m", "own")


def stashes(root: Path) -> None:
    """Put everything aside, also files of Podium that git does not ignore, and take it back."""
    git(root, "stash", "push", "--quiet", "--include-untracked")
    git(root, "stash", "pop", "--quiet", "--index")


def stashes_for_longer(root: Path) -> None:
    """Put everything aside, and take it back when the runner has noticed."""
    git(root, "stash", "push", "--quiet", "--include-untracked")
    (root.parent / "go").touch()
    wait_for(lambda: not runner_is_alive(root))
    git(root, "stash", "pop", "--quiet", "--index")


def checks_out_another_branch(root: Path) -> None:
    git(root, "checkout", "--quiet", "-b", "side")


def prunes(root: Path) -> None:
    git(root, "reflog", "expire", "--expire=now", "--all")
    git(root, "gc", "--quiet", "--prune=now")


def prunes_worktrees(root: Path) -> None:
    git(root, "worktree", "prune", "--expire=now")


def packs_refs(root: Path) -> None:
    git(root, "pack-refs", "--all", "--prune")


def refs(root: Path, *patterns: str) -> list[str]:
    return git(root, "for-each-ref", "--format=%(refname)", *patterns).splitlines()


HANDS: list[Hand] = [
    deletes_branches,
    deletes_all_refs,
    deletes_worktrees,
    deletes_cache,
    deletes_run_folder,
    deletes_task_files,
    commits,
    stashes,
    stashes_for_longer,
    checks_out_another_branch,
    prunes,
    prunes_worktrees,
    packs_refs,
]


class Stage:
    """A chain of three tasks, of which the second one waits at a moment.

    Args:
        project: the project.
        moment: where it waits.
    """

    def __init__(self, project: Project, moment: str) -> None:
        self.project, self.moment, self._here = project, moment, project.root.parent
        root = project.root
        (root / "README.md").write_text(MINE)
        waits: Json = {"run": self._wait}
        steps: dict[str, list[list[Json]]] = {
            each[0]: [[write(each, text)]] for each, text in FILES.items()
        }
        if moment in ("agent", "dead"):
            steps["b"][0].insert(0, waits)
        if moment == "repair":
            steps["b"][0] = [write("b.py", "b = [\n")]
        gate = {"id": "g", "text": "the gate", "command": self._wait}
        tasks = [
            task("a"),
            task("b", "a", acceptance=[gate] if moment == "gate" else []),
            task("c", "b"),
        ]
        ledger = str(self._here / "ledger")
        self.plan = project.plan(tasks, steps, options={"ledger": ledger})
        if moment == "repair":
            # The consultant may run no command that would wait.
            fixes(project, {"b": [[{"delay": 2}, write("b.py", FILES["b.py"])]]})

    @property
    def _wait(self) -> list[str]:
        script = f"touch {self._here}/reached; until [ -e {self._here}/go ]; do sleep 0.05; done"
        return ["sh", "-c", script]

    def play(self, hand: Hand) -> None:
        """Run the plan; use the hand at the moment."""
        root = self.project.root
        run = self.project.ask("run.start", plan=self.plan).run_id
        if self.moment == "ended":
            self.project.wait_run(run, lambda now: now.ended)
            wait_for(lambda: not runner_is_alive(root))
        elif self.moment == "repair":
            self.project.wait_run(run, lambda now: now.tasks[1].step.endswith("repair"))
        else:
            wait_for((self._here / "reached").exists)
        if self.moment == "dead":
            kill_runner(root)
        hand(root)
        (self._here / "go").touch()
        if self.moment == "dead" or hand is stashes_for_longer:
            # The next command of a person starts the runner that died, unless the record of it is
            # deleted: a clone has none either.
            command = ["run", "--detach"] if hand is deletes_run_folder else ["status"]
            assert podium_process(root, *command).returncode == 0
        status = self.project.wait_run(run, lambda now: now.ended)
        assert status.state is RunState.COMPLETED, [each.problem for each in status.tasks]

    def finish(self, hand: Hand) -> None:
        """Land the result; check that it is whole, and that the person's things are unchanged."""
        project, root = self.project, self.project.root
        wait_for(lambda: not runner_is_alive(root))
        project.reopen()
        head = git(root, "symbolic-ref", "--short", "HEAD")
        assert (root / "README.md").read_text() == MINE
        assert head == ("side" if hand is checks_out_another_branch else "main")
        if hand is not deletes_task_files:
            preview = project.ask("work.land", plan=self.plan)
            assert project.ask("work.land", plan=self.plan, token=preview.token).landed
            for path, text in FILES.items():
                assert (root / path).read_text() == text
        assert git(root, "stash", "list") == ""
        assert (root / "README.md").read_text() == MINE
        assert (root / "own.txt").exists() == (hand is commits)
        git(root, "fsck", "--no-dangling")
        self._check_calls(hand)

    def _check_calls(self, hand: Hand) -> None:
        counts = Counter((self._here / "ledger").read_text().splitlines())
        repeated = [each for each, count in counts.items() if each.startswith("end") and count > 1]
        if hand is deletes_run_folder:
            # The outcome of the call in flight is deleted with the folder.
            repeated = [each for each in repeated if "/b/" not in each]
        assert repeated == []


MOMENTS = ["agent", "gate", "repair", "dead", "ended"]
QUICK = {(hand, "agent") for hand in (stashes, checks_out_another_branch, prunes)}


@pytest.mark.promise("R7.branch", "R7.kill", "R4.untouched")
@pytest.mark.parametrize(
    ("hand", "moment"),
    [
        pytest.param(
            hand,
            moment,
            id=f"{hand.__name__}-{moment}",
            marks=() if (hand, moment) in QUICK else pytest.mark.torture,
        )
        for hand in HANDS
        for moment in MOMENTS
    ],
)
def test_a_hand_at_a_moment(project: Project, hand: Hand, moment: str) -> None:
    stage = Stage(project, moment)
    stage.play(hand)
    stage.finish(hand)
