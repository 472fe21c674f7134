"""The engine's values and errors as a host's model reads them: short names, short lists, cleaned text."""
