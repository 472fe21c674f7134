"""The worker process: parses and checks texts; it may be killed at any time."""
