"""What operations work with; wired by the app."""

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
        folder: the folder that the user named or stands in.
        root: the project's folder, or None outside of a project.
        home: the folder whose `.podium` is the store, or None outside of a project.
        config: the settings that hold here.
        actor: who asks.
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
        root: the work tree's top: the files that are worked on.
        home: the folder whose `.podium` is the store; another one than `root` in a linked work
            tree that shares the store of the main one.
        start_runner: sees to it that a runner process is at work; returns at once.
        runner_is_alive: tells whether one is.
    """

    root: Path
    home: Path
    store: Store
    config: LoadedConfig
    actor: Actor
    clock: Clock
    dispatcher: Dispatcher
    start_runner: Callable[[], None]
    runner_is_alive: Callable[[], bool]

    @property
    def calls(self) -> Path:
        """The folder of the agent calls."""
        return calls_folder(self.home)
