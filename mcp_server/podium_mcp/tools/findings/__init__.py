"""Tools about findings."""
