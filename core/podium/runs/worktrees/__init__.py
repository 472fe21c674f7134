"""Worktrees that are ready to work in: what they need besides their commit."""
