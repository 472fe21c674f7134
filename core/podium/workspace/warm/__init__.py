"""Worktrees that are given out again: nothing of their former task is left in them."""
