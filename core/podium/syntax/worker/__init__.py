"""The worker process: parses texts and judges them; it may be killed at any time."""
