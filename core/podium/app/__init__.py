"""Wires the engine: the only room that knows the implementations of the ports."""

from podium.app.connection import Connection, connect
from podium.app.opening import find_root, open_engine, open_place
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
