"""The worker process: parses and checks files; it may be killed at any time."""
