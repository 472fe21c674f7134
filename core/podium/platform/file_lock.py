"""Advisory file locks. Quick to import, because a new runner locks before it loads anything
else."""

import fcntl


def lock(fd: int, *, shared: bool = False, block: bool = True) -> bool:
    """Acquire the lock of an open file; return False if it is held and `block` is False.

    The lock is held until every duplicate of this descriptor is closed, including inherited ones.
    """
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(fd, kind if block else kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(fd: int) -> None:
    """Release the lock, including for child processes that inherited the descriptor."""
    fcntl.flock(fd, fcntl.LOCK_UN)
