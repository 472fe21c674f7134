"""Runs a command line and turns every outcome into an exit code."""

import json
import sys
from collections.abc import Sequence

import click

from podium.errors import InternalError, PathOutsideWorkspace, PodiumError
from podium_cli.group import program
from podium_cli.streams import discard_output, replace_unencodable

INTERRUPTED = 130


def run_command_line(words: Sequence[str]) -> int:
    """Run a command line and return its exit code; no exception leaves this function."""
    as_json = "--json" in words
    replace_unencodable()
    try:
        result = program.main(list(words), prog_name="podium", standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        return _report_usage(error, as_json)
    except (click.Abort, KeyboardInterrupt):
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED
    except PodiumError as error:
        return _report(error, as_json)
    except BrokenPipeError:
        discard_output()
        return 0
    except Exception as error:  # noqa: BLE001 - the outermost handler: our own bug
        return _report(_internal_error(error), as_json)
    return result if isinstance(result, int) else 0


def _report(error: PodiumError, as_json: bool) -> int:
    if as_json:
        facts = {
            "code": error.code,
            "what": error.what,
            "why": error.why,
            "hints": list(error.hints),
        }
        print(json.dumps({"error": facts}, indent=2))
        return error.exit_code
    from podium_cli.render.errors import print_error

    print_error(error)
    return error.exit_code


def _report_usage(error: click.ClickException, as_json: bool) -> int:
    if as_json:
        facts: dict[str, object] = {
            "code": "usage",
            "what": error.format_message(),
            "why": "",
            "hints": [],
        }
        print(json.dumps({"error": facts}, indent=2))
    else:
        error.show()
    return 2


def _internal_error(error: Exception) -> InternalError:
    from podium.app.crash_log import write_crash
    from podium.operations.installation import restart_hint

    try:
        trace = f"the traceback is in {write_crash(error, 'cli').path}"
    except (OSError, PathOutsideWorkspace) as refused:
        trace = f"the crash log cannot be written: {refused}"
    if restart := restart_hint(error):
        return InternalError(
            f"Internal error: {type(error).__name__}",
            why="Podium was updated while this command ran",
            hints=[restart, trace],
        )
    return InternalError(
        f"Internal error: {type(error).__name__}",
        why="this is a bug in Podium; no acknowledged change is lost",
        hints=[
            trace,
            "please report it with your command",
        ],
    )
