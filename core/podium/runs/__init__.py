"""Executes a plan: the runner, the phases of a task, and the results of a finished task."""
