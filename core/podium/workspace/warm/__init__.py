"""Worktrees that are reused for another task, with no trace of the previous one."""
