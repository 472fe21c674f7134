"""Follows a run, with live progress bars or plain lines."""
