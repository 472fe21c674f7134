"""The entry point: answers `--version` without loading anything, and turns errors into exit codes.

0    done
1    negative answer: a plan is not complete, a run did not complete
2    invalid command line or parameter
3    the object does not exist
4    not possible in the current state: not approved, conflict
5    a tool failed: git, the file system, a missing agent
6    an agent ran but did not complete its task
70   a bug in Podium; the path of the log is printed
130  interrupted
"""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: the arguments after the program's name; by default this process's own.

    Returns:
        the exit code.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words in (["--version"], ["-V"]):
        from podium import __version__

        print(f"podium {__version__}")
        return 0
    if words[:1] == ["mcp"]:
        # MCP hosts wait for the first reply; importing the other commands would delay it.
        from podium_mcp.start import start

        return start(words[1:])
    if words[:1] == ["lsp"]:
        from podium_lsp.start import start as start_lsp

        return start_lsp(words[1:])
    if arguments is None:
        return _run_as_process(words)
    return _run(words)


def _run_as_process(words: Sequence[str]) -> int:
    """Run a command line in a process that exits afterwards.

    Imports do not create garbage, but searching for it takes a tenth of a short command's time,
    both at the start and when the interpreter exits.
    """
    import gc

    gc.disable()  # `context.invoke` enables it when the imports are done.
    gc.set_threshold(50_000, 20, 100)
    try:
        return _run(words)
    finally:
        gc.freeze()


def _run(words: Sequence[str]) -> int:
    if words[:1] == ["tasks"]:
        from podium_cli.kept_list import show_kept_tasks

        if show_kept_tasks(words[1:]):
            return 0
    from podium_cli.run import run_command_line

    return run_command_line(words)


if __name__ == "__main__":
    sys.exit(main())
