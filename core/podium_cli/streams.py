"""Configures the standard streams of a command."""

import io
import os
import sys


def replace_unencodable() -> None:
    """Replace characters that the terminal's encoding cannot represent, instead of raising."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def discard_output() -> None:
    """Stop writing after the reader, such as `head`, has closed the pipe.

    Otherwise Python would report the closed pipe when it exits.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
