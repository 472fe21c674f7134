"""Entry point of the engine's own processes: `python -P -m podium shim|fork-server|runner …`."""

import gc
import sys
from pathlib import Path


def main() -> int:
    """Run the process named by the first argument and return its exit code."""
    # Imported objects live as long as the process; collecting them costs a tenth of the import.
    gc.set_threshold(50_000, 20, 100)
    name, *arguments = sys.argv[1:]
    match name:
        case "shim":
            from podium.agents.shim import main as shim

            return shim(arguments)
        case "fork-server":
            from podium.agents.fork_server import main as fork_server

            return fork_server(arguments)
        case "runner":
            return _run_runner(Path(arguments[0]))
        case _:
            sys.stderr.write("`python -m podium` is internal; use `podium`\n")
            return 2


def _run_runner(root: Path) -> int:
    """Become the project's runner unless there is one; import the engine after taking the lock."""
    from podium.runs.runner_lock import take_runner_lock

    if (lock := take_runner_lock(root)) is None:
        return 0
    from podium.app.runner_process import run_runner

    return run_runner(root, lock)


if __name__ == "__main__":
    sys.exit(main())
