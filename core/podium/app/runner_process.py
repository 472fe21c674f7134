"""The runner process: at most one per project, held by a lock; outlives its starter."""

import os
from pathlib import Path

import anyio
import structlog

from podium.agents.dispatchers import connect_dispatcher
from podium.app.places import written_folders
from podium.app.settings import load_settings
from podium.entities.runs import all_runs, plan_of
from podium.entities.signing import is_run_signed_here
from podium.errors import first_error
from podium.model import layout
from podium.model.config import LOCAL_DISPATCHER
from podium.model.events import Actor
from podium.model.runs import END_STATES, RequestedState, Run, RunRequest
from podium.model.states import RunState
from podium.platform.clock import SystemClock
from podium.ports.dispatcher import Dispatcher
from podium.projects.open_store import calls_folder, open_store
from podium.projects.repositories import open_repository
from podium.projects.trust import check_trusted
from podium.runs.context import RunContext
from podium.runs.runner import Runner
from podium.store import Store
from podium.syntax.client.checker import SyntaxChecker


def run_runner(root: Path) -> int:
    """Execute every due run of the project; return the exit code of the process.

    The process already holds the runner lock (`runs/runner_lock.py`) and keeps it until it ends.
    """
    log = structlog.get_logger().bind(project=str(root))
    actor = Actor(kind="runner", name="podium", pid=os.getpid())
    store = open_store(root, actor, SystemClock(), lambda: load_settings(root).config)
    try:
        while (run := next_run(store)) is not None:
            log.info("run.drive", run=run.id, plan=run.plan_id)
            try:
                state = anyio.run(_drive, root, store, run)
            except BaseExceptionGroup as errors:
                raise first_error(errors) from None
            log.info("run.left", run=run.id, state=str(state))
    finally:
        store.close()
    return 0


def next_run(store: Store) -> Run | None:
    """Return the oldest run that a runner should execute now; ignore runs signed on other
    machines."""
    for run in reversed(all_runs(store)):
        if run.state in END_STATES or not is_run_signed_here(run):
            continue
        if not _is_waiting(run, store.get(layout.run_intent(run.id))):
            return run
    return None


def _is_waiting(run: Run, intent: RunRequest | None) -> bool:
    want = intent.want if intent else RequestedState.RUN
    return run.state is RunState.PAUSED and want is RequestedState.PAUSE


async def _drive(root: Path, store: Store, run: Run) -> RunState:
    dispatcher = _dispatcher(root)
    repository = await open_repository(root)
    async with SyntaxChecker() as checker:
        context = RunContext(
            run=run,
            plan=plan_of(store, run),
            store=store,
            repository=repository,
            dispatcher=dispatcher,
            checker=checker,
            clock=SystemClock(),
            merging=anyio.Lock(),
            places=written_folders(root),
        )
        return await Runner(context).drive()


def _dispatcher(root: Path) -> Dispatcher:
    """Return the dispatcher of the settings.

    Raises:
        NotTrusted: the settings choose a package's, and changed since they were trusted.
        InvalidConfig: there is no such dispatcher.
    """
    settings = load_settings(root)
    chosen = settings.config.agents.dispatcher
    if chosen != LOCAL_DISPATCHER:
        check_trusted(root, settings.project)
    return connect_dispatcher(chosen, calls_folder(root))
