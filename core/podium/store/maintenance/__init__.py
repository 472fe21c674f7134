"""Work beside the daily writes: checkpoints, snapshots, pruning, migration, recovery."""
