"""Finds the dispatcher that the settings select."""

from pathlib import Path

from podium.agents.local_dispatcher import LocalDispatcher
from podium.agents.shim_starts import ShimStarter
from podium.errors import InvalidConfig
from podium.model.config import LOCAL_DISPATCHER
from podium.platform.entry_points import provided
from podium.ports.dispatcher import ENTRY_POINT_GROUP, Dispatcher, DispatcherFactory


def connect_dispatcher(name: str, calls: Path, starter: ShimStarter) -> Dispatcher:
    """Return the dispatcher with this name: the built-in one, or one from a package.

    Args:
        name: the value of the setting; it must be trusted, because a package is loaded.
        calls: the parent folder of the calls' data.
        starter: starts the processes for the built-in dispatcher's calls.

    Raises:
        InvalidConfig: no package provides it, or its package is broken.
    """
    if name == LOCAL_DISPATCHER:
        return LocalDispatcher(calls, starter)
    added = provided(ENTRY_POINT_GROUP)
    if name not in added.objects:
        known = ", ".join([LOCAL_DISPATCHER, *added.objects])
        raise InvalidConfig(
            f"There is no dispatcher {name!r}",
            why="; ".join([f"the dispatchers are {known}", *added.problems]),
            hints=["correct agents.dispatcher in the settings", "install its package"],
        )
    make: DispatcherFactory = added.objects[name]
    return make(calls)
