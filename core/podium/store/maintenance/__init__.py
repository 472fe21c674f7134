"""Maintenance of a store: checkpoints, snapshots, pruning, migration, recovery."""
