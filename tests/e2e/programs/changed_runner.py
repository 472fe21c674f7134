"""Is the runner of a project, with two changes that shorten tests.

Usage: changed_runner.py FOLDER [TREE]; TREE is JSON, the steps of every attempt. The runner looks
often whether a machine that refuses has recovered.
"""

import sys
from functools import partial
from pathlib import Path

from pydantic import TypeAdapter

from podium.app import runner_process
from podium.model.rules.steps import Tree
from podium.model.runs import Run
from podium.runs import context
from podium.runs.runner import Runner
from podium.runs.runner_lock import take_runner_lock


def main(root: Path, tree: Tree | None) -> int:
    """Run until no run is due; return the exit code."""
    if tree is not None:
        chosen = tree

        def tree_of(run: Run) -> Tree:
            return chosen

        context.tree_of = tree_of
    often = partial(Runner, look_again_seconds=0.2)
    vars(runner_process)["Runner"] = often
    lock = take_runner_lock(root)
    assert lock is not None, "another runner is at work"
    try:
        return runner_process.run_runner(root, lock)
    finally:
        lock.close()


if __name__ == "__main__":
    adapter = TypeAdapter[Tree](Tree)
    sys.exit(main(Path(sys.argv[1]), adapter.validate_json(sys.argv[2]) if sys.argv[2:] else None))
