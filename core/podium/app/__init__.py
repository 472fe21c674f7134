"""Wires the engine: the only room that depends on the implementations of the ports.

Names are imported on first use, because a cached task list can be shown without them.
"""

from typing import TYPE_CHECKING

from podium.platform.lazy_names import lazy_names

if TYPE_CHECKING:
    from podium.app.connection import Connection, connect
    from podium.app.opening import open_engine, open_place
    from podium.app.project_root import find_root
    from podium.app.settings import load_settings
    from podium.events.subscription import Delivery, Filter, Subscription
    from podium.store import Change, Cursor

__all__ = [
    "Change",
    "Connection",
    "Cursor",
    "Delivery",
    "Filter",
    "Subscription",
    "connect",
    "find_root",
    "load_settings",
    "open_engine",
    "open_place",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Change": "podium.store",
        "Connection": "podium.app.connection",
        "Cursor": "podium.store",
        "Delivery": "podium.events.subscription",
        "Filter": "podium.events.subscription",
        "Subscription": "podium.events.subscription",
        "connect": "podium.app.connection",
        "find_root": "podium.app.project_root",
        "load_settings": "podium.app.settings",
        "open_engine": "podium.app.opening",
        "open_place": "podium.app.opening",
    },
)
