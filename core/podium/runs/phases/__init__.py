"""The runner's own phases before and after the steps of an attempt: prepare and merge."""
