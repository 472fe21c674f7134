"""Pure rules: the next tasks, dependencies, housekeeping that is due."""
