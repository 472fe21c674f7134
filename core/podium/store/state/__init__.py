"""One process's view of the committed documents, with checkpoints and snapshots."""
