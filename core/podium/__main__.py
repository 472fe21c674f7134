"""The engine's own processes: `python -P -m podium shim|runner …`; people use `podium`."""

import sys


def main() -> int:
    """Run the process that the first argument names and return its exit code."""
    name, *arguments = sys.argv[1:]
    match name:
        case "shim":
            from podium.running.shim import main as shim

            return shim(arguments)
        case "runner":
            from podium.app import run_runner

            return run_runner(arguments)
        case _:
            sys.stderr.write("python -m podium shim|runner is for Podium itself; use `podium`\n")
            return 2


if __name__ == "__main__":
    sys.exit(main())
