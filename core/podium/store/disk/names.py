"""Names in a store's folder and the age at which a file's time can be relied on."""

RUN_FOLDER = "run"
"""Everything that is never shared; holds no documents."""

JOURNAL = f"{RUN_FOLDER}/journal"
"""The folder of the journal's segments."""

SETTLED_SECONDS = 3
"""Longer than the coarsest timestamp resolution of common file systems."""
