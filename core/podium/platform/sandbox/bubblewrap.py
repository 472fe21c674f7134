"""Bubblewrap, for Linux: every command gets its own view of the disk, made of mounts.

There is no option that ends the commands together with bubblewrap: they would be killed before
they could handle SIGTERM. Their tree is ended by its session, its mark and its descent, as usual.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from podium.model.sandbox import Confinement

_TEMPORARY = "/tmp"  # noqa: S108 - it is private in the sandbox
PRIVATE = (_TEMPORARY, f"/var{_TEMPORARY}", "/run")
"""Folders of which commands get an empty one. `/run` has the sockets of other programs, which
would do anything for a command."""

_OF_THE_SYSTEM = (
    "/run/systemd/resolve",
    "/run/NetworkManager",
    "/run/resolvconf",
    "/run/nscd",
    "/run/current-system",
    "/run/wrappers",
)
"""Parts of `/run` that every program needs to find names and other programs."""


def bubblewrap_prefix(confinement: Confinement) -> tuple[str, ...]:
    """Return the words before a command."""
    mounts = [*_mounts(confinement)]
    return (
        confinement.program,
        *("--unshare-user", "--unshare-pid", "--unshare-ipc"),
        *(() if confinement.network else ("--unshare-net",)),
        *("--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
        *(word for each in PRIVATE for word in ("--tmpfs", each)),
        *(word for each in _OF_THE_SYSTEM for word in ("--ro-bind-try", each, each)),
        *(word for mount in mounts for word in mount),
        # Last, because the places of other mounts are made in them.
        *(
            word
            for kind, *place in mounts
            if kind == "--tmpfs"
            for word in ("--remount-ro", *place)
        ),
        *(("--setenv", "TMPDIR", _TEMPORARY) if confinement.own_temporary else ()),
        *("--chdir", confinement.folder, "--"),
    )


def _mounts(confinement: Confinement) -> Iterator[tuple[str, ...]]:
    """Yield the mounts, those of outer folders first."""
    mounts = {
        **{each: ("--ro-bind", each, each) for each in confinement.read_only},
        **{each: ("--tmpfs", each) for each in confinement.hidden_folders},
        **{each: ("--ro-bind", "/dev/null", each) for each in confinement.hidden_files},
        **{each: ("--bind", each, each) for each in confinement.writable},
    }
    yield from (mounts[each] for each in sorted(mounts, key=_depth))


def _depth(path: str) -> tuple[int, str]:
    return len(PurePosixPath(path).parts), path
