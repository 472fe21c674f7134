"""What every handler works with: the project, one call, and the person at the host."""
