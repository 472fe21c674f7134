"""Tools about runs: they start, and go on whatever becomes of the host."""
