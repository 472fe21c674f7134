"""Frozen values and pure rules; must not know files, clocks or processes."""
