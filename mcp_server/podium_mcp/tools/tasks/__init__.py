"""Tools about tasks that the assistant does itself."""
