"""Handlers of LSP notifications: one module each, with a function `handle`."""
