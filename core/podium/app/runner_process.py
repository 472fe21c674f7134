"""The runner's process: at most one a project, held by a lock; outlives whoever started it."""

import fcntl
import os
from pathlib import Path

import anyio
import structlog

from podium.app.runner_start import runner_lock_path
from podium.model import layout
from podium.model.events import Actor
from podium.model.runs import END_STATES, Run, RunIntent, Want
from podium.model.states import RunState
from podium.ports.clock import SystemClock
from podium.running import records
from podium.running.context import RunContext
from podium.running.local_dispatcher import LocalDispatcher
from podium.running.runner import Runner
from podium.running.seals import run_is_ours
from podium.store import Store
from podium.syntax.checker import SyntaxChecker
from podium.workspace.repository import Repository

LOCK_SECONDS = 10.0
"""How long a new runner waits for one that is about to end."""


def run_runner(root: Path) -> int:
    """Drive every run of the project that is to run; return the process's exit code."""
    log = structlog.get_logger().bind(project=str(root))
    fd = os.open(runner_lock_path(root), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not anyio.run(_wait_lock, fd):
        return 0
    os.pwrite(fd, f"{os.getpid():<20}\n".encode(), 0)
    actor = Actor(kind="runner", name="podium", pid=os.getpid())
    store = Store.open(root / ".podium", actor=actor, shapes=layout.SHAPES)
    try:
        while (run := next_run(store)) is not None:
            log.info("run.drive", run=run.id, plan=run.plan_id)
            state = anyio.run(_drive, root, store, run)
            log.info("run.left", run=run.id, state=str(state))
    finally:
        store.close()
        os.close(fd)
    return 0


def next_run(store: Store) -> Run | None:
    """Return the oldest run that a runner should be driving now, of those that are ours."""
    for run in reversed(records.all_runs(store)):
        if run.state in END_STATES or not run_is_ours(run):
            continue
        if not _rests(run, store.get(layout.run_intent(run.id))):
            return run
    return None


def _rests(run: Run, intent: RunIntent | None) -> bool:
    want = intent.want if intent else Want.RUN
    return run.state is RunState.PAUSED and want is Want.PAUSE


async def _wait_lock(fd: int) -> bool:
    with anyio.move_on_after(LOCK_SECONDS):
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                await anyio.sleep(0.05)
            else:
                return True
    return False


async def _drive(root: Path, store: Store, run: Run) -> RunState:
    repository = await Repository.discover(root)
    async with SyntaxChecker() as checker:
        context = RunContext(
            run=run,
            plan=records.plan_of(store, run),
            store=store,
            repository=repository,
            dispatcher=LocalDispatcher(root / ".podium" / "run" / "calls"),
            checker=checker,
            clock=SystemClock(),
            merging=anyio.Lock(),
        )
        return await Runner(context).drive()
