"""Names in a store's folder, and the age at which a file's timestamp becomes reliable."""

RUN_FOLDER = "run"
"""The folder for everything that is never shared; contains no documents."""

JOURNAL = f"{RUN_FOLDER}/journal"
"""The folder of the journal's segments."""

SETTLED_SECONDS = 3
"""Longer than the coarsest timestamp resolution of common file systems."""
