"""Documents as files: reading, classifying, repairing and merging them."""
