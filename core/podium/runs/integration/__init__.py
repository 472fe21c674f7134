"""The integration branch of a plan: what belongs on it, and how it is restored."""
