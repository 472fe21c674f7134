"""The redo journal: its lines, their hash chain, its history and its change feed."""
