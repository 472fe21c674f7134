"""The integration branch of a plan: the commits that belong on it, and how it is restored."""
