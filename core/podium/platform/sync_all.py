"""System calls that Python does not provide: syncing a file system, the id of the last start."""

import ctypes
import os
import platform
import re
import sys

_FIRST_THAT_TELLS = (5, 8)
"""The first kernel version that reports whether all files were written."""


def sync_file_system(fd: int) -> bool:
    """Make everything on the file system of an open file durable.

    Returns: False if the platform cannot do this or does not report success.

    Raises:
        OSError: something could not be written.
    """
    if sys.platform != "linux" or _kernel() < _FIRST_THAT_TELLS:
        return False
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "syncfs"):
        return False
    if library.syncfs(fd) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return True


def boot_session() -> str:
    """Return the id of the last start of a macOS machine; empty on failure."""
    library = ctypes.CDLL(None, use_errno=True)
    found = ctypes.create_string_buffer(64)
    size = ctypes.c_size_t(len(found))
    if library.sysctlbyname(b"kern.bootsessionuuid", found, ctypes.byref(size), None, 0) != 0:
        return ""
    return found.value.decode()


def _kernel() -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", platform.release())
    return (int(found[1]), int(found[2])) if found else (0, 0)
