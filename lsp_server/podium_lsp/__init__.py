"""Podium's language server; the only package that depends on LSP."""
