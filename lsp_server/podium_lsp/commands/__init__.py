"""The commands that the user can run in the editor."""
