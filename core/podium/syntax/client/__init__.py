"""The caller's side: checks texts in the worker process."""
