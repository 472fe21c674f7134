"""Diagnostics: syntax problems, findings, and problems in plan files."""
