"""Rules about agents: what follows a failure, when a quota resets, entries of the registry."""
