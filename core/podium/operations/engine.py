"""The objects that operations work with; created by the app."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from podium.model.config import LoadedConfig
from podium.model.events import Actor
from podium.ports.clock import Clock
from podium.ports.dispatcher import Dispatcher
from podium.projects.open_store import calls_folder
from podium.store import Store


@dataclass(frozen=True)
class Place:
    """A folder that may or may not be a project.

    Args:
        folder: the folder that the user named, or the current one.
        root: the project's folder, or None outside a project.
        home: the folder whose `.podium` is the store, or None outside a project.
        config: the settings that apply here.
        actor: the actor who makes the request.
    """

    folder: Path
    root: Path | None
    home: Path | None
    config: LoadedConfig
    actor: Actor
    clock: Clock


@dataclass(frozen=True)
class Engine:
    """An open project.

    Args:
        root: the top folder of the worktree, with the files to work on.
        home: the folder whose `.podium` is the store; differs from `root` in a linked worktree that
            shares the store of the main one.
        start_runner: ensures that a runner process is running; returns immediately.
        expect_runner: records that a runner is needed; called before the runner's work is stored,
            so that the next face starts one if this process is killed in between.
        runner_is_alive: whether a runner process is running.
    """

    root: Path
    home: Path
    store: Store
    config: LoadedConfig
    actor: Actor
    clock: Clock
    dispatcher: Dispatcher
    start_runner: Callable[[], None]
    expect_runner: Callable[[], None]
    runner_is_alive: Callable[[], bool]

    @property
    def calls(self) -> Path:
        """The folder of the agent calls."""
        return calls_folder(self.home)
