"""Handlers of LSP notifications: one module each, with a `handle` function."""
