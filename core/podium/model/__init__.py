"""Frozen values and pure rules, without access to files, clocks or processes."""
