"""Is the runner of a project whose attempts have the steps of a given tree.

Usage: runner_with_tree.py FOLDER TREE; the tree is JSON.
"""

import sys
from pathlib import Path

from pydantic import TypeAdapter

from podium.app.runner_process import run_runner
from podium.model.rules.steps import Tree
from podium.model.runs import Run
from podium.runs import context
from podium.runs.runner_lock import take_runner_lock


def main(root: Path, tree: Tree) -> int:
    """Run until no run is due; return the exit code."""

    def tree_of(run: Run) -> Tree:
        return tree

    context.tree_of = tree_of
    lock = take_runner_lock(root)
    assert lock is not None, "another runner is at work"
    try:
        return run_runner(root, lock)
    finally:
        lock.close()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), TypeAdapter[Tree](Tree).validate_json(sys.argv[2])))
