"""Standard input and output for a protocol alone; must import next to nothing.

The MCP server answers before it has loaded anything, so this imports the standard library only.
"""

import os
import sys
from typing import BinaryIO


def reserve_stdio() -> tuple[BinaryIO, BinaryIO]:
    """Return the streams of standard input and output, and point everything else at the log.

    What any other code prints, in this process or a child, goes to standard error.
    """
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, sink
