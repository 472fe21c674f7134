"""How long the worker may take for one file: by its size, and by how busy the machine is."""

import os

_BYTES = 256 * 1024
"""Size of a file that may take the basic limit; a larger one may take more in proportion."""
_WALL_FACTOR = 4
_MAX_LOAD = 8.0


def processor_seconds(seconds: float, size: int) -> float:
    """Return the limit of the worker's processor time.

    Args:
        seconds: the limit for a file of usual size.
        size: the number of bytes to check, including the base.
    """
    return seconds * max(1.0, size / _BYTES)


def wall_seconds(seconds: float, size: int) -> float:
    """Return the time after which a worker counts as hanging, with the same arguments.

    On a busy machine, a worker gets only its share of the processors.
    """
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return processor_seconds(seconds, size) * _WALL_FACTOR * min(max(load, 1.0), _MAX_LOAD)
