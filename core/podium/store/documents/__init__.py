"""Documents as files: reading, judging, repairing and merging them."""
