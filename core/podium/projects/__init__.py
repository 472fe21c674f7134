"""Opens a project: its store, its trust, its files, its housekeeping."""
