"""Completion in plan files."""
