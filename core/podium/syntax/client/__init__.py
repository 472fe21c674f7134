"""The client side: checks files in the worker process."""
