"""Following a run: live bars or plain lines."""
