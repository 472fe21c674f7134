"""The engine's own processes: `python -P -m podium shim|runner …`; people use `podium`."""

import gc
import sys
from pathlib import Path


def main() -> int:
    """Run the process that the first argument names and return its exit code."""
    # What loading makes stays; to look for garbage in it again and again costs a tenth of it.
    gc.set_threshold(50_000, 20, 100)
    name, *arguments = sys.argv[1:]
    match name:
        case "shim":
            from podium.agents.shim import main as shim

            return shim(arguments)
        case "runner":
            return _run_runner(Path(arguments[0]))
        case _:
            sys.stderr.write("`python -m podium` is internal; use `podium`\n")
            return 2


def _run_runner(root: Path) -> int:
    """Be the project's runner, unless there is one; the engine is loaded with the lock held."""
    from podium.runs.runner_lock import take_runner_lock

    if take_runner_lock(root) is None:
        return 0
    from podium.app.runner_process import run_runner

    return run_runner(root)


if __name__ == "__main__":
    sys.exit(main())
