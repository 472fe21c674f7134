"""The client side: checks texts in the worker process."""
