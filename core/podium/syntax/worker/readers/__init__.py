"""Readers for languages where tree-sitter's trees are not enough, one module per family."""
