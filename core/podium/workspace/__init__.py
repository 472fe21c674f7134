"""Git repositories, worktrees, checkpoints, merges and safe paths; independent of plans and tasks.

`podium.workspace.repository.Repository` is the facade; `podium.workspace.paths` checks paths.

Git is the only reader and writer of its data. A task that changes one file and is merged into a
branch that has not moved needs twelve git processes:

    cat-file        the tip of the integration branch and HEAD, in one query
    worktree add, update-ref (started by git), checkout
                    the worktree and its branch; `checkout` also creates the branch
    ls-files        nested repositories and submodules, in which git must not run
    add, commit     the change; `commit` names the commit, which saves a query
    diff-tree       its changed files, parent and message
    cat-file        the files before and after, for the syntax check
    update-ref      the branch and the ref that keeps its results, in one step
    status          whether something unsaved would be lost with the worktree
    update-ref      deletes the attempt's branch

Cached until something changes: the settings (`plumbing.settings`), and whether the branch has all
results. Merging into a branch that has moved, repairs, set-up commands and crashes cost more. In a
warm worktree, one `checkout` replaces the three processes that create a worktree; an `update-ref`
detaches HEAD when the worktree is released.
"""
