"""Tools about runs; a run outlives the host that started it."""
