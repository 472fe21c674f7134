"""The runner process: at most one per project, held by a lock; outlives its starter."""

import os
from pathlib import Path

import anyio
import structlog

from podium.agents.dispatchers import connect_dispatcher
from podium.agents.shim_starts import ForkServer, ShimStarter
from podium.agents.user.credentials import EnvFile
from podium.app.places import written_folders
from podium.app.runner_start import start_runner
from podium.app.settings import load_settings
from podium.entities.runs import due_run, plan_of
from podium.errors import PodiumError, first_error
from podium.model.config import LOCAL_DISPATCHER
from podium.model.events import Actor
from podium.model.runs import Run
from podium.model.states import RunState
from podium.platform.clock import SystemClock
from podium.ports.clock import Clock
from podium.ports.dispatcher import CallLimits, Dispatcher
from podium.projects.left_overs import find_left_overs, remove_left_overs
from podium.projects.open_store import calls_folder, open_store
from podium.projects.repositories import open_repository
from podium.projects.trust import check_trusted
from podium.runs.context import RunContext
from podium.runs.runner import Runner
from podium.runs.runner_lock import RunnerLock, RunnerReplaced
from podium.store import Store
from podium.syntax.client.checker import SyntaxChecker
from podium.workspace.repository import Repository

REPLACED = 1
"""The exit code of a runner that ended because its lock file was deleted or replaced."""

LOCK_SECONDS = 600.0
"""How long the runner waits for other writers: no one could repeat its write, and on a busy
machine the disk may be slow."""


def run_runner(root: Path, lock: RunnerLock, clock: Clock | None = None) -> int:
    """Execute every due run of the project; return the exit code of the process.

    If the lock file is deleted or replaced, the runner ends and starts a successor, which waits
    until this process has ended.

    Args:
        root: the folder whose `.podium` is the store.
        lock: the runner's lock; the caller closes it.
        clock: a clock to use instead of the system clock.
    """
    clock = clock or SystemClock()
    log = structlog.get_logger().bind(project=str(root))
    actor = Actor(kind="runner", name="podium", pid=os.getpid())
    store = open_store(
        root,
        actor,
        clock,
        lambda: load_settings(root).config,
        lock_seconds=LOCK_SECONDS,
    )
    try:
        with ForkServer(EnvFile(root).variables) as starter:
            while (run := due_run(store)) is not None:
                log.info("run.drive", run=run.id, plan=run.plan_id)
                try:
                    state = anyio.run(_drive, root, store, run, lock, starter, clock)
                except BaseExceptionGroup as errors:
                    error = first_error(errors)
                    if not isinstance(error, RunnerReplaced):
                        raise error from None
                    log.warning("runner.replaced", run=run.id, why=str(error))
                    if (root / ".podium").is_dir():
                        start_runner(root)
                    return REPLACED
                log.info("run.left", run=run.id, state=str(state))
        lock.clear()
    finally:
        store.close()
    return 0


async def _drive(
    root: Path, store: Store, run: Run, lock: RunnerLock, starter: ShimStarter, clock: Clock
) -> RunState:
    dispatcher = _dispatcher(root, starter)
    await dispatcher.set_limits(CallLimits(at_once=run.settings.max_parallel))
    repository = await open_repository(root)
    await _remove_left_overs(root, store, repository)
    with repository.asked_often() as repository:
        async with SyntaxChecker() as checker:
            context = RunContext(
                run=run,
                plan=plan_of(store, run),
                store=store,
                repository=repository,
                dispatcher=dispatcher,
                checker=checker,
                clock=clock,
                merging=anyio.Lock(),
                places=written_folders(root),
                lock=lock,
            )
            return await Runner(context).drive()


async def _remove_left_overs(root: Path, store: Store, repository: Repository) -> None:
    """Remove the leftovers of dead processes; a failure does not stop the run."""
    log = structlog.get_logger()
    try:
        found = await find_left_overs(repository, store, root, is_running=False)
        for each in await remove_left_overs(repository, found):
            log.warning("left-over.stays", problem=each)
        for lock in found.other_locks:
            log.warning("lock.stays", path=str(lock.path), why=lock.why, hint=lock.hint)
    except (PodiumError, OSError) as error:
        log.warning("left-overs.failed", error=str(error))


def _dispatcher(root: Path, starter: ShimStarter) -> Dispatcher:
    """Return the dispatcher that the settings select.

    Raises:
        NotTrusted: the settings select a dispatcher from a package, and have changed since they
            were trusted.
        InvalidConfig: the selected dispatcher does not exist.
    """
    settings = load_settings(root)
    chosen = settings.config.agents.dispatcher
    if chosen != LOCAL_DISPATCHER:
        check_trusted(root, settings.project)
    return connect_dispatcher(chosen, calls_folder(root), starter)
