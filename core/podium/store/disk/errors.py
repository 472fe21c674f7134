"""Turns operating system errors into errors that state the cause and the remedy."""

import contextlib
import errno
from collections.abc import Generator

from podium.errors import StorageError, StoreCorrupted, StoreReadOnly
from podium.platform.installation import newer_program_hint

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_KEPT = "saved data is safe, and reading still works"


@contextlib.contextmanager
def storage_errors(action: str) -> Generator[None, None, None]:
    """Turn any `OSError` in a block into the error for `action` ("save the change").

    Raises:
        StoreReadOnly: the folder is not writable.
        StorageError: any other storage failure.
    """
    try:
        yield
    except OSError as error:
        raise storage_error(action, error) from error


def storage_error(action: str, error: OSError) -> StorageError:
    """Return the error that explains why `action` failed."""
    what = f"Podium cannot {action}"
    if error.errno in _FULL:
        return StorageError(
            what,
            why="the disk is full, or your quota is used up",
            hints=["free some space and repeat the command", _KEPT],
        )
    if error.errno in _FORBIDDEN:
        return StoreReadOnly(
            what,
            why=f"the system refused: {error.strerror}",
            hints=["make the .podium folder writable for you and repeat the command", _KEPT],
        )
    return StorageError(
        what,
        why=f"the system reports: {error.strerror or error}",
        hints=["check the disk and repeat the command", _KEPT],
    )


def damaged_journal(segment: str, offset: int, reason: str) -> StoreCorrupted:
    """Return the error for an acknowledged journal line that is no longer readable."""
    return StoreCorrupted(
        f"The journal file {segment} is damaged at byte {offset}",
        why=f"{reason}; the store is read-only until this is repaired",
        hints=[
            f"restore run/journal/{segment} from a backup of the .podium folder",
            "copy the .podium folder before you change anything in it",
        ],
    )


def invalid_document(path: str, reason: str) -> StoreCorrupted:
    """Return the error for a document whose content is invalid."""
    return StoreCorrupted(
        f"{path} cannot be used",
        why=reason,
        hints=[f"fix .podium/{path} in an editor; Podium picks up the fixed file"],
    )


def newer_document(path: str, reason: str) -> StoreReadOnly:
    """Return the error for a document that a newer program wrote."""
    return StoreReadOnly(
        f"{path} was written by a newer Podium", why=reason, hints=[newer_program_hint()]
    )
