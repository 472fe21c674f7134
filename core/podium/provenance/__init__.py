"""Finds the task that last changed a piece of code."""
