"""kill -9 of the runner, its git commands and shims at random moments: the run ends whole.

No finished call is repeated, and nothing is lost. `make torture` kills 500 times.
"""

import contextlib
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import anyio
import psutil
import pytest

from podium.agents.call_directory import CallDirectory
from podium.model.states import Phase, RunState
from podium.platform.process.processes import mark_of, send_signal, wait_ended
from podium.runs.runner_lock import runner_pid
from tests.support.projects import Project, task, write
from tests.support.repositories import git

TASKS = 12
KILLS = 20
GIT_SHARE = 0.3
GIT_SECONDS = 2.0
"""How long to watch for a git command, which lives for milliseconds."""

SEEDS = 25
"""How many seeds `make torture` has, each with twenty kills."""


@pytest.mark.promise("R7.kill", "R7.once", "R10.per-task")
@pytest.mark.parametrize(
    "seed",
    [1, *(pytest.param(each, marks=pytest.mark.torture) for each in range(2, SEEDS + 1))],
)
def test_a_run_survives_twenty_kills_without_repeating_a_finished_call(
    project: Project, seed: int, request: pytest.FixtureRequest
) -> None:
    if seed > 1:
        # A fork of a process with threads, which tests use instead of a start, may hang.
        request.getfixturevalue("started_processes")
    dice = random.Random(seed)
    kills = 0
    while kills < KILLS:  # a fast machine ends a run earlier
        kills += _run_that_is_killed(project, dice, KILLS - kills)
    sys.stdout.write(f"{kills} kills with seed {seed}\n")


def _run_that_is_killed(project: Project, dice: random.Random, most: int) -> int:
    """Run a plan, killing at most so many processes; return how many were killed."""
    ledger = project.root.parent / "ledger"
    names = [f"t{number:02d}" for number in range(TASKS)]
    tasks = [
        task(name, *(names[i - 3 : i - 2] if i >= 3 else ()), files={"create": [f"{name}.py"]})
        for i, name in enumerate(names)
    ]
    script = {n: [[{"delay": 0.4}, write(f"{n}.py", f"{n} = 1\n")]] for n in names}
    plan_id = project.plan(tasks, script, options={"ledger": str(ledger)})
    run_id = project.ask("run.start", plan=plan_id, max_parallel=3).run_id

    kills = anyio.run(_kill_at_random, project, dice, most)
    project.engine.start_runner()
    status = project.wait_run(run_id, lambda now: now.ended)

    assert status.state is RunState.COMPLETED
    assert {t.phase for t in status.tasks} == {Phase.DONE}
    subjects = git(project.root, "log", "--format=%s", f"main..{status.integration_branch}")
    assert Counter(subjects.splitlines()) == Counter({f"feat: do {name}": 1 for name in names})
    assert _repeated_after_the_end(ledger) == []
    return kills


def _repeated_after_the_end(ledger: Path) -> list[str]:
    """Return the calls that were started again although they had ended."""
    ended: set[str] = set()
    repeated: list[str] = []
    for line in ledger.read_text().splitlines():
        word, key = line.split(" ", 1)
        if word == "end":
            ended.add(key)
        elif key in ended:
            repeated.append(key)
    return repeated


async def _kill_at_random(project: Project, dice: random.Random, most: int) -> int:
    """Kill the runner or a shim after a few changes, again and again; return how often."""
    store = project.engine.store
    kills = 0
    countdown = dice.randint(1, 5)
    with anyio.fail_after(600):  # only ends a vain wait
        async for change in store.changes(store.cursor()):
            countdown -= 1
            ended = any(event.data.get("state") == "completed" for event in change.events)
            if countdown > 0 and not ended:
                continue
            if ended:
                return kills
            if _kill_one(project, dice):
                kills += 1
            if kills >= most:
                return kills
            countdown = dice.randint(1, 4)
            # Waits for the lock when the old one is still there, and ends when it stays.
            project.engine.start_runner()
    return kills


def _kill_git(root: Path) -> bool:
    """Kill the next git command of the runner, if there is one soon."""
    runner = runner_pid(root)
    deadline = time.monotonic() + GIT_SECONDS
    while runner is not None and time.monotonic() < deadline:
        with contextlib.suppress(psutil.Error):
            for each in psutil.Process(runner).children():
                if each.name() == "git":
                    each.kill()
                    return True
    return False


def _kill_one(project: Project, dice: random.Random) -> bool:
    if dice.random() < GIT_SHARE and _kill_git(project.root):
        return True
    calls = project.root / ".podium" / "run" / "calls"
    shims = [
        start.shim.pid
        for lock in calls.glob("*/*/*/*/lock")
        if (folder := CallDirectory(lock.parent)).result() is None
        and (start := folder.start()) is not None
        and folder.shim_is_alive()
    ]
    runner = runner_pid(project.root)
    victims = [*shims, *([runner] if runner else [])]
    if not victims:
        return False
    victim = mark_of(dice.choice(victims))
    if victim is None:
        return False
    send_signal(victim, signal.SIGKILL)
    assert wait_ended(victim, seconds=10)
    return True
