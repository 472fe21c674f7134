"""Turns of real agents through Podium, beside the same turns by a few lines of code."""
