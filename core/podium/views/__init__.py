"""View models of plans, runs and findings as plain values; must not know the store or a face."""
