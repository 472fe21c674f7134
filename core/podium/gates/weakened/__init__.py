"""Finds changes that weaken tests, or switch off a check in the settings of a tool."""
