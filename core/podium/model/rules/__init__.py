"""Pure rules: the next tasks, dependencies, due housekeeping."""
