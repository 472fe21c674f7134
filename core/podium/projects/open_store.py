"""Opens a project's store with the retention and housekeeping from its settings."""

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
"""The retention to use while the settings cannot be read."""

LOCK_SECONDS = 10.0
"""How long a command waits for other writers before it reports them."""


def calls_folder(home: Path) -> Path:
    """Return the directory of a project's agent calls."""
    return home / ".podium" / "run" / "calls"


def open_store(
    home: Path,
    actor: Actor,
    clock: Clock,
    config: Callable[[], Config],
    *,
    lock_seconds: float = LOCK_SECONDS,
) -> Store:
    """Open the store of a project and schedule its daily housekeeping.

    Args:
        home: the directory that contains `.podium`.
        actor: the author of writes.
        clock: the source of timestamps.
        config: reads the settings; while they are invalid, everything is kept.
        lock_seconds: how long a write waits for other writers.

    Raises:
        StorageError: the store cannot be read.
    """
    store = Store.open(
        home / ".podium",
        actor=actor,
        kinds=stored_shapes(),
        clock=clock,
        retention=_retention(config),
        lock_seconds=lock_seconds,
    )

    def run_housekeeping() -> None:
        # Needed once a day; other commands should not import it.
        from podium.projects.housekeeping import run_daily_housekeeping

        run_daily_housekeeping(store, calls_folder(home), config, clock.now())

    store.schedule_daily(run_housekeeping)
    return store


def _retention(config: Callable[[], Config]) -> RetentionPolicy:
    try:
        return retention_policy(config().store)
    except PodiumError:
        return _KEEP_ALL
