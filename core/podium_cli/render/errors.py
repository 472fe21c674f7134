"""Prints errors: what happened, why, and what to do next."""

from podium.errors import InternalError, PodiumError
from podium_cli.render.style import error_console, escaped


def print_error(error: PodiumError) -> None:
    """Print an error to stderr."""
    console = error_console()
    label = "Bug" if isinstance(error, InternalError) else "Error"
    if error.why and len(error.what) + len(error.why) < 90 and "; " not in error.why:
        console.print(f"[bad]{label}[/]  {escaped(error.what)}: {escaped(error.why)}")
    else:
        console.print(f"[bad]{label}[/]  {escaped(error.what)}")
        for part in error.why.split("; ") if error.why else ():
            console.print(f"  [quiet]·[/] {escaped(part)}")
    for hint in error.hints:
        console.print(f"[quiet]Hint[/]   [next]{escaped(hint)}[/]")
