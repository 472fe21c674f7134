"""The commands that a person can run in the editor."""
