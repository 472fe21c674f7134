"""Quickly checks whether a process has any remaining descendants.

On Linux, a process can become the parent of all its orphaned descendants, including those that
have detached. If it has no children, it has no descendants, so there is no need to read the whole
process table.
"""

import os
import sys

_PR_SET_CHILD_SUBREAPER = 36
_adopts = False


def adopt_orphans() -> None:
    """Become the parent of orphaned descendants; does nothing on platforms without support for it.

    Call it before starting the first descendant.
    """
    global _adopts
    if _adopts or sys.platform != "linux":
        return
    import ctypes  # only needed on Linux

    _adopts = ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def has_no_descendants() -> bool:
    """Return whether this process certainly has no descendants; False if that is unknown."""
    if not _adopts:
        return False
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return False
