"""Git repositories, worktrees, checkpoints, merges and safe paths; must not know plans or tasks.

`podium.workspace.repository.Repository` is the facade; `podium.workspace.paths` checks paths.
"""
