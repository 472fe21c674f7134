"""Stores JSON documents with a redo journal: no acknowledged write is lost.

Names are imported on first use: checking whether a store has changed does not need them.
"""

from typing import TYPE_CHECKING

from podium.platform.lazy_names import lazy_names

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

__getattr__ = lazy_names(
    __name__,
    {
        "Change": "podium.store.journal.record",
        "Cursor": "podium.store.journal.record",
        "Problem": "podium.store.writer",
        "RetentionPolicy": "podium.store.maintenance.retention",
        "Store": "podium.store.store",
        "Transaction": "podium.store.transaction",
        "retention_policy": "podium.store.maintenance.retention",
    },
)
