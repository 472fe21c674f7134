"""Is the runner of a project, with two changes that shorten tests.

Usage: changed_runner.py FOLDER [TREE]; TREE is JSON, the steps of every attempt. The runner looks
often whether a machine that refuses has recovered.
"""

import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from unittest.mock import patch

from pydantic import TypeAdapter

from podium.app import runner_process
from podium.model.rules.steps import Tree
from podium.runs import context
from podium.runs.runner import Runner
from podium.runs.runner_lock import take_runner_lock


def main(root: Path, tree: Tree | None) -> int:
    """Run until no run is due; return the exit code."""
    with ExitStack() as changed:
        often = partial(Runner, look_again_seconds=0.2)
        changed.enter_context(patch.object(runner_process, "Runner", often))
        if tree is not None:
            changed.enter_context(patch.object(context, "tree_of", return_value=tree))
        lock = take_runner_lock(root)
        assert lock is not None, "another runner is at work"
        changed.callback(lock.close)
        return runner_process.run_runner(root, lock)


if __name__ == "__main__":
    adapter = TypeAdapter[Tree](Tree)
    sys.exit(main(Path(sys.argv[1]), adapter.validate_json(sys.argv[2]) if sys.argv[2:] else None))
