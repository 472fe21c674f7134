"""The committed documents as one process knows them, with checkpoints and snapshots."""
