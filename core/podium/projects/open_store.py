"""Opens a project's store as its settings want it; must not know who asks, nor why."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from podium.entities.upcasts import stored_shapes
from podium.errors import PodiumError
from podium.model.config import Config
from podium.model.events import Actor
from podium.ports.clock import Clock
from podium.store import RetentionPolicy, Store, retention_policy

_KEEP_ALL = RetentionPolicy(journal_bytes=2**62, journal_age=timedelta(days=365_000))
"""While nobody can tell how much a person wants to keep."""


def calls_folder(home: Path) -> Path:
    """Return the folder of a project's agent calls."""
    return home / ".podium" / "run" / "calls"


def open_store(home: Path, actor: Actor, clock: Clock, config: Callable[[], Config]) -> Store:
    """Open the store of a project; it is kept in order daily, by the settings of that day.

    Args:
        home: the folder that holds `.podium`.
        actor: who writes.
        clock: tells when.
        config: reads the settings; while they are wrong, everything is kept.

    Raises:
        StorageError: the store cannot be read.
    """
    store = Store.open(
        home / ".podium",
        actor=actor,
        kinds=stored_shapes(),
        clock=clock,
        retention=_retention(config),
    )

    def keep_house() -> None:
        # Needed once a day; other commands should not load it.
        from podium.projects.housekeeping import run_daily_housekeeping

        run_daily_housekeeping(store, calls_folder(home), config, clock.now())

    store.schedule_daily(keep_house)
    return store


def _retention(config: Callable[[], Config]) -> RetentionPolicy:
    try:
        return retention_policy(config().store)
    except PodiumError:
        return _KEEP_ALL
