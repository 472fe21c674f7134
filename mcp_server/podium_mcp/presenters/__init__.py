"""The engine's values and errors as a model reads them: short names, short lists, clean text."""
