"""Tools about sessions and thoughts."""
