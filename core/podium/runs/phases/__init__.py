"""What the runner does before and after the steps of an attempt: prepare and merge."""
