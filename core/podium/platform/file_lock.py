"""Advisory locks of open files; must be quick to import: a new runner locks before it loads."""

import fcntl


def lock(fd: int, *, shared: bool = False, block: bool = True) -> bool:
    """Take the lock of an open file; return False when it is held and `block` is off.

    It is held until every descriptor of this opening is closed, children's included.
    """
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(fd, kind if block else kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(fd: int) -> None:
    """Release the lock, also for children that inherited the descriptor."""
    fcntl.flock(fd, fcntl.LOCK_UN)
