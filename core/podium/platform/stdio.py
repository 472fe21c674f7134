"""Reserves standard input and output for a protocol.

Imports only the standard library, because the MCP server answers before it loads anything else.
"""

import os
import sys
from typing import BinaryIO


def reserve_stdio() -> tuple[BinaryIO, BinaryIO]:
    """Return the streams for standard input and output, and redirect all other output.

    Everything that other code prints, in this process or in a child, goes to standard error.
    """
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, sink
