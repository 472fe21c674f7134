"""The phases of a task in a run: prepare, execute, check, repair, review, merge."""
