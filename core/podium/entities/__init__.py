"""Typed access to plans, tasks, runs and sessions in the store, and their signatures."""
