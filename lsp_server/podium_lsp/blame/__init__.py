"""Blame: shows which task last changed a function."""
