"""Carries out what `decide` says: calls, gates, merging; must not know who is asking."""
