"""Tools of the repository: run them from its root with `python -m scripts.NAME`."""
