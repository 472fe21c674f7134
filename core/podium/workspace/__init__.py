"""Git repositories, worktrees, checkpoints, merges and safe paths; must not know plans or tasks.

The door is `podium.workspace.repository.Repository`; beside it `podium.workspace.paths`.
"""
