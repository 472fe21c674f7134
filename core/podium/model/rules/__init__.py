"""Pure rules over the values: next tasks, dependencies, due housekeeping."""
