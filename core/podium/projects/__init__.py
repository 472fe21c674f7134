"""A project's store, trust, files and housekeeping."""
