"""Development tools; run them from the repository's root with `python -m scripts.NAME`."""
