"""Stores JSON documents with a redo journal: no acknowledged write is lost.

Names are imported on first use: checking whether a store has changed does not need them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from podium.store.journal.record import Change, Cursor
    from podium.store.maintenance.retention import RetentionPolicy, retention_policy
    from podium.store.store import Store
    from podium.store.transaction import Transaction
    from podium.store.writer import Problem

__all__ = [
    "Change",
    "Cursor",
    "Problem",
    "RetentionPolicy",
    "Store",
    "Transaction",
    "retention_policy",
]

_MODULES = {
    "Change": "journal.record",
    "Cursor": "journal.record",
    "Problem": "writer",
    "RetentionPolicy": "maintenance.retention",
    "Store": "store",
    "Transaction": "transaction",
    "retention_policy": "maintenance.retention",
}


def __getattr__(name: str) -> Any:
    """Import a name on first use."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return found
