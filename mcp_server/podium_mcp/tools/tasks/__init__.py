"""Tools about tasks: an assistant takes one, does it, and shows it."""
