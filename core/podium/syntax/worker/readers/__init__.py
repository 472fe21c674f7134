"""Readers of what tree-sitter's trees do not say, one module a language family."""
