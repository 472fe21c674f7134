"""The built-in auditors, one module each."""
