"""The built-in agents; depends only on Podium's ports and values."""
