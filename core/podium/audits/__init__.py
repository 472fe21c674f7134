"""Looks for problems in files without a model, and reads the reports of other tools."""
