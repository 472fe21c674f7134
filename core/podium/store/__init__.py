"""Stores JSON documents with a redo journal: no acknowledged write is lost."""

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
