"""Opens projects, and wires the implementations of the ports."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from podium.agents.dispatchers import connect_dispatcher
from podium.agents.shim_starts import DirectStarter
from podium.agents.user.credentials import EnvFile
from podium.app.project_root import find_root
from podium.app.runner_start import start_runner
from podium.app.settings import load_settings
from podium.errors import InvalidConfig, ProjectNotFound
from podium.model.config import LOCAL_DISPATCHER, Config, LoadedConfig
from podium.model.events import Actor
from podium.operations.engine import Engine, Place
from podium.platform.clock import SystemClock
from podium.ports.clock import Clock
from podium.ports.dispatcher import Dispatcher
from podium.projects.open_store import calls_folder, open_store
from podium.projects.trust import is_trusted
from podium.runs.runner_lock import expect_runner, runner_is_alive
from podium.workspace.sharing import home_of


def open_place(folder: Path, actor: Actor, *, clock: Clock | None = None) -> Place:
    """Return the `Place` of a folder, for operations that also work outside a project.

    Raises:
        InvalidConfig: a settings file is invalid.
    """
    root = find_root(folder)
    home = root and home_of(root)
    return Place(
        folder=folder,
        root=root,
        home=home,
        config=load_settings(home),
        actor=actor,
        clock=clock or SystemClock(),
    )


def open_engine(
    folder: Path, actor: Actor, *, clock: Clock | None = None, with_wrong_settings: bool = False
) -> Engine:
    """Open the project at or above a folder.

    Args:
        folder: a folder of the project.
        actor: the actor on whose behalf the engine works.
        clock: a clock to use instead of the system clock.
        with_wrong_settings: use the defaults if a settings file is invalid.

    Raises:
        ProjectNotFound: neither the folder nor any parent is a project.
        InvalidConfig: a settings file is invalid.
        StorageError: the store cannot be read.
    """
    root = find_root(folder)
    if root is None:
        raise ProjectNotFound(
            f"{folder} is not in a Podium project",
            why="neither this folder nor any parent contains .podium",
            hints=["podium init makes this repository a project"],
        )
    settled, home = clock or SystemClock(), home_of(root)
    config, for_store = _settings(home, with_wrong_settings=with_wrong_settings)
    return Engine(
        root=root,
        home=home,
        store=open_store(home, actor, settled, for_store),
        config=config,
        actor=actor,
        clock=settled,
        dispatcher=_dispatcher(home, config),
        start_runner=partial(start_runner, home),
        expect_runner=partial(expect_runner, home),
        runner_is_alive=partial(runner_is_alive, home),
    )


def _dispatcher(home: Path, config: LoadedConfig) -> Dispatcher:
    """Return the configured dispatcher; for untrusted settings, one that cannot start calls."""
    chosen = config.config.agents.dispatcher
    if chosen != LOCAL_DISPATCHER and not is_trusted(home, config.project):
        chosen = LOCAL_DISPATCHER
    starter = DirectStarter(EnvFile(home).variables)
    return connect_dispatcher(chosen, calls_folder(home), starter)


def _settings(
    home: Path, *, with_wrong_settings: bool
) -> tuple[LoadedConfig, Callable[[], Config]]:
    """Return the settings, and a function that reads them again for the store.

    Raises:
        InvalidConfig: a settings file is invalid, and `with_wrong_settings` is off.
    """
    try:
        config = load_settings(home)
    except InvalidConfig:
        if not with_wrong_settings:
            raise
        return LoadedConfig(), lambda: load_settings(home).config
    return config, lambda: config.config
