"""Carries a plan out: the runner, the phases of a task, and what their end means."""
