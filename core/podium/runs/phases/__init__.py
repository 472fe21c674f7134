"""The phases of a task in a run, one module each, in this order: prepare, execute, check, repair, review, merge."""
