"""Wires the engine: the only room that knows which implementation stands behind a port."""

from podium.app.connection import Connection, connect
from podium.app.opening import find_root, open_engine, open_place
from podium.app.settings import load_settings
from podium.events.subscription import Delivery, Filter
from podium.store import Change, Cursor

__all__ = [
    "Change",
    "Connection",
    "Cursor",
    "Delivery",
    "Filter",
    "connect",
    "find_root",
    "load_settings",
    "open_engine",
    "open_place",
]
