"""Makes worktrees ready to work in: adds what they need besides their commit."""
