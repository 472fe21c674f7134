"""The built-in auditors, one per module."""
