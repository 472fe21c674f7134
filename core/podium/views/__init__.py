"""View models of plans, runs and findings; plain values, independent of the store and the faces."""
